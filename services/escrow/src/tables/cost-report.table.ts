import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { BreakReason, CostProvider } from '../domain/processing-cost.ts';

/** When each provider's report is read by itself, and how far it was read (P-8). */
export const CostReadingTable = defineEntity({
  name: 'CostReading',
  tableName: 'cost_readings',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    /** When the last report that was read to its end had been asked for; null until the first one. */
    readTo: p.datetime().nullable(),
    nextReadAt: p.datetime(),
    version: p.integer(),
  },
});
export type CostReadingRow = Omit<InferEntity<typeof CostReadingTable>, 'version'>;

/** Readings of the providers' reports: who asked for it, how far it is read, and what it has brought (P-8). */
export const CostReportTable = defineEntity({
  name: 'CostReport',
  tableName: 'cost_reports',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    status: p.text().$type<'requested' | 'read'>(),
    /** Lines from then on. */
    since: p.datetime(),
    /** Where the last page ended: the next one begins behind it. */
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

/** What the providers took, once for each line of their reports (P-8). */
export const ProcessingCostTable = defineEntity({
  name: 'ProcessingCost',
  tableName: 'processing_costs',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    /** The provider's own name of the line. */
    lineId: p.text(),
    reportId: p.uuid(),
    amountMinor: p.bigint(),
    takenAt: p.datetime(),
    version: p.integer(),
  },
});

/** Lines of the reports, each once and beside its movement; one with a `reason` is a break, and not booked (P-8). */
export const ReportLineTable = defineEntity({
  name: 'ReportLine',
  tableName: 'report_lines',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    lineId: p.text(),
    reportId: p.uuid(),
    category: p.text(),
    /** The provider's own name of what moved. */
    sourceId: p.text().nullable(),
    /** Names of ours that the provider gives with it. */
    marks: p.json<readonly string[]>(),
    grossMinor: p.bigint(),
    feeMinor: p.bigint(),
    currency: p.text(),
    createdAt: p.datetime(),
    movementId: p.uuid().nullable(),
    reason: p.text().$type<BreakReason>().nullable(),
    foundAt: p.datetime(),
    version: p.integer(),
  },
});
export type ReportLineRow = Omit<InferEntity<typeof ReportLineTable>, 'version'>;

/** Movements of ours that no report has told of in time: breaks until one does (P-8). */
export const MovementBreakTable = defineEntity({
  name: 'MovementBreak',
  tableName: 'movement_breaks',
  properties: {
    /** Of the movement: a funding, a refund's attempt or a settlement. */
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    bookedAt: p.datetime(),
    foundAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

/** A view: what the provider was asked to move, by the name that it was told. */
export const KnownMovementView = defineEntity({
  name: 'KnownMovement',
  tableName: 'known_movements',
  properties: { id: p.uuid().primary(), provider: p.text().$type<CostProvider>(), amountMinor: p.bigint() },
});

/** A view: what was booked by hand under the provider's own name of it (M-24). */
export const AdjustedMovementView = defineEntity({
  name: 'AdjustedMovement',
  tableName: 'adjusted_movements',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<CostProvider>(),
    reference: p.text(),
    amountMinor: p.bigint(),
  },
});

/** A view: movements that are booked, that no line of a report has named, and that are no breaks yet. */
export const UnreportedMovementView = defineEntity({
  name: 'UnreportedMovement',
  tableName: 'unreported_movements',
  properties: { id: p.uuid().primary(), provider: p.text().$type<CostProvider>(), bookedAt: p.datetime() },
});

/** A view: charges of PayPal whose cost has not been read. */
export const UnreportedCaptureView = defineEntity({
  name: 'UnreportedCapture',
  tableName: 'unreported_captures',
  properties: { id: p.uuid().primary(), orderId: p.text() },
});
