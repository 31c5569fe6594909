import { usd } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Funding, FundingStep } from '../domain/funding.ts';

export const FundingTable = defineEntity({
  name: 'Funding',
  tableName: 'fundings',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    /** The first of those it pays for; none where it pays a bonus. */
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    clientId: p.text(),
    freelancerId: p.text(),
    methodId: p.uuid().nullable(),
    kind: p.text().$type<BillingMethodKind>(),
    termsVersion: p.integer(),
    unattended: p.boolean(),
    status: p.text().$type<Funding['status']>(),
    step: p.text().$type<FundingStep>().nullable(),
    principalMinor: p.bigint(),
    clientFeeMinor: p.bigint(),
    initiationFeeMinor: p.bigint(),
    taxMinor: p.bigint(),
    totalMinor: p.bigint(),
    /** The client pays in one step: what the charge funds is released with it. */
    pays: p.boolean(),
    /** The rest that rolls over when the charge succeeds (E-9). */
    rollFrom: p.uuid().nullable(),
    rollMinor: p.bigint(),
    /** Exact bytes of the calls, stored before the first of them is made (0.1 of the protocols). */
    createBody: p.text(),
    confirmBody: p.text(),
    intentId: p.text().nullable(),
    confirmSent: p.boolean(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    keySince: p.datetime(),
    ending: p.text().$type<Funding['ending']>().nullable(),
    payerUrl: p.text().nullable(),
    /** When the worker has its next step at the provider. */
    nextCallAt: p.datetime().nullable(),
    /** When the payer's time is over (E-26). */
    expiresAt: p.datetime().nullable(),
    /** Of the act that started it, for what a worker does later. */
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type FundingRow = Omit<InferEntity<typeof FundingTable>, 'version'>;

/** What a funding carries besides its state: whose it is, and the bytes. */
export type FundingFrame = Pick<
  FundingRow,
  | 'agreementId'
  | 'milestoneId'
  | 'bonusId'
  | 'clientId'
  | 'freelancerId'
  | 'methodId'
  | 'termsVersion'
  | 'pays'
  | 'rollFrom'
  | 'rollMinor'
  | 'createBody'
  | 'confirmBody'
  | 'correlationId'
  | 'traceparent'
>;

export function toRow(funding: Funding, frame: FundingFrame): FundingRow {
  return {
    ...frame,
    kind: funding.kind,
    unattended: funding.unattended,
    principalMinor: funding.parts.principal.amountMinor,
    clientFeeMinor: funding.parts.clientFee.amountMinor,
    initiationFeeMinor: funding.parts.initiationFee.amountMinor,
    taxMinor: funding.parts.tax.amountMinor,
    totalMinor: funding.parts.total.amountMinor,
    ...courseToRow(funding),
  };
}

/** How far a charge has come at its provider, whatever it pays. */
export type CourseRow = Pick<
  FundingRow,
  | 'id'
  | 'status'
  | 'step'
  | 'intentId'
  | 'confirmSent'
  | 'misses'
  | 'firstMissAt'
  | 'keySince'
  | 'ending'
  | 'payerUrl'
  | 'nextCallAt'
  | 'expiresAt'
>;

export function courseToRow(funding: Funding): CourseRow {
  const waiting = funding.status === 'waiting' ? funding : undefined;
  return {
    id: funding.id,
    status: funding.status,
    step: waiting?.step ?? null,
    intentId: funding.intentId ?? null,
    confirmSent: funding.confirmSent,
    misses: funding.misses,
    firstMissAt: funding.firstMissAt ?? null,
    keySince: funding.keySince,
    ending: funding.ending ?? null,
    payerUrl: funding.status === 'awaiting_payer' ? (funding.payerUrl ?? null) : null,
    nextCallAt: waiting?.nextCallAt ?? null,
    expiresAt: ('expiresAt' in funding ? funding.expiresAt : undefined) ?? null,
  };
}

export function fromRow(row: FundingRow): Funding {
  const parts = {
    principal: usd(row.principalMinor),
    clientFee: usd(row.clientFeeMinor),
    initiationFee: usd(row.initiationFeeMinor),
    tax: usd(row.taxMinor),
    total: usd(row.totalMinor),
  };
  return courseFromRow(row, { kind: row.kind, unattended: row.unattended, parts });
}

export function courseFromRow(
  row: CourseRow,
  charge: Pick<Funding, 'kind' | 'unattended' | 'parts'>,
): Funding {
  const known = {
    ...charge,
    id: row.id,
    intentId: row.intentId ?? undefined,
    confirmSent: row.confirmSent,
    misses: row.misses,
    firstMissAt: row.firstMissAt ?? undefined,
    keySince: row.keySince,
    ending: row.ending ?? undefined,
  };
  const expiresAt = row.expiresAt ?? undefined;
  switch (row.status) {
    case 'waiting':
      return { ...known, status: 'waiting', step: row.step!, nextCallAt: row.nextCallAt!, expiresAt };
    case 'awaiting_payer':
      return {
        ...known,
        status: 'awaiting_payer',
        expiresAt: expiresAt!,
        payerUrl: row.payerUrl ?? undefined,
      };
    case 'failed':
      return { ...known, status: 'failed', ending: row.ending! };
    default:
      return { ...known, status: row.status };
  }
}

export async function loadFunding(
  tx: Tx,
  id: string,
): Promise<{ funding: Funding; frame: FundingFrame } | undefined> {
  const row = await tx.one(FundingTable, { id });
  return row && { funding: fromRow(row), frame: frameOf(row) };
}

const frameOf = (row: FundingRow): FundingFrame => ({
  agreementId: row.agreementId,
  milestoneId: row.milestoneId,
  bonusId: row.bonusId,
  clientId: row.clientId,
  freelancerId: row.freelancerId,
  methodId: row.methodId,
  termsVersion: row.termsVersion,
  pays: row.pays,
  rollFrom: row.rollFrom,
  rollMinor: row.rollMinor,
  createBody: row.createBody,
  confirmBody: row.confirmBody,
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});

/** What a charge pays of which milestone, at which version of its terms (E-2, R-5). */
export const FundingShareTable = defineEntity({
  name: 'FundingShare',
  tableName: 'funding_shares',
  properties: {
    id: p.uuid().primary(),
    fundingId: p.uuid(),
    milestoneId: p.uuid(),
    termsVersion: p.integer(),
    principalMinor: p.bigint(),
    clientFeeMinor: p.bigint(),
    taxMinor: p.bigint(),
    version: p.integer(),
  },
});

export const insertFunding = (tx: Tx, funding: Funding, frame: FundingFrame): void =>
  tx.insert(FundingTable, toRow(funding, frame));
export const saveFunding = (tx: Tx, funding: Funding, frame: FundingFrame): void =>
  tx.save(FundingTable, toRow(funding, frame));
