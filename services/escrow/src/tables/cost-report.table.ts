import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Readings of the card provider's report: who asked for it, how far it is read, and what it has brought (P-8). */
export const CostReportTable = defineEntity({
  name: 'CostReport',
  tableName: 'cost_reports',
  properties: {
    id: p.uuid().primary(),
    status: p.text().$type<'requested' | 'read'>(),
    /** Lines from then on. */
    since: p.datetime(),
    /** The last line that was read: the next page begins behind it. */
    afterLine: p.text().nullable(),
    costsCount: p.integer(),
    costsMinor: p.bigint(),
    requestedBy: p.text(),
    reason: p.text(),
    requestedAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});
export type CostReportRow = Omit<InferEntity<typeof CostReportTable>, 'version'>;

/** What the provider took, once for each line of its reports (P-8). */
export const ProcessingCostTable = defineEntity({
  name: 'ProcessingCost',
  tableName: 'processing_costs',
  properties: {
    id: p.uuid().primary(),
    /** The provider's own name of the line. */
    lineId: p.text(),
    reportId: p.uuid(),
    amountMinor: p.bigint(),
    takenAt: p.datetime(),
    version: p.integer(),
  },
});

/** A view: when the last report that was read had been asked for. */
export const CostsReadView = defineEntity({
  name: 'CostsRead',
  tableName: 'costs_read',
  properties: { id: p.text().$type<'card'>().primary(), lastRequestedAt: p.datetime().nullable() },
});
