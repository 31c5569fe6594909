import { usd } from '@holdfast/domain';
import { newId, type Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { PartyRole } from '../domain/agreement.ts';
import type { Amendment, Change, LapseReason } from '../domain/amendment.ts';
import type { Milestone } from '../domain/milestone.ts';

type PricedChange = Omit<Change, 'price'> & { priceMinor: string };

/** Changes of terms, lapsed ones too; their texts are encrypted under the key of who proposed them. */
export const AmendmentTable = defineEntity({
  name: 'Amendment',
  tableName: 'amendments',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    proposedBy: p.text().$type<PartyRole>(),
    termsVersion: p.integer(),
    termsHash: p.text(),
    changes: p.json<PricedChange[]>(),
    proposedAt: p.datetime(),
    status: p.text().$type<Amendment['status']>(),
    reason: p.text().$type<LapseReason>().nullable(),
    /** When it lapses unanswered; null once it is answered. */
    dueAt: p.datetime().nullable(),
    /** Since when it waits for escrow; null before and after (M-15). */
    acceptedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
type Row = Omit<InferEntity<typeof AmendmentTable>, 'version'>;

/** Titles and scopes by change, in its order; written once. */
export const AmendmentTextsTable = defineEntity({
  name: 'AmendmentTexts',
  tableName: 'amendment_texts',
  properties: { id: p.uuid().primary(), texts: p.blob().$type<Buffer>(), version: p.integer() },
});

/** Each version of a milestone's terms, from the offer or from an amendment: earlier ones stay readable. */
export const MilestoneVersionTable = defineEntity({
  name: 'MilestoneVersion',
  tableName: 'milestone_versions',
  properties: {
    id: p.uuid().primary(),
    milestoneId: p.uuid(),
    agreementId: p.uuid(),
    termsVersion: p.integer(),
    priceMinor: p.bigint(),
    dueDate: p.text(),
    /** Null: the offer. */
    amendmentId: p.uuid().nullable(),
    /** Its place among the milestones of the offer, or among the changes of the amendment, from 0. */
    textIndex: p.integer(),
    agreedAt: p.datetime(),
    version: p.integer(),
  },
});

export const toRow = (amendment: Amendment): Row => ({
  id: amendment.id,
  agreementId: amendment.agreementId,
  clientId: amendment.clientId,
  freelancerId: amendment.freelancerId,
  proposedBy: amendment.by,
  termsVersion: amendment.termsVersion,
  termsHash: amendment.termsHash,
  changes: amendment.changes.map(({ price, ...change }) => ({
    ...change,
    priceMinor: String(price.amountMinor),
  })),
  proposedAt: amendment.proposedAt,
  status: amendment.status,
  reason: amendment.status === 'lapsed' ? amendment.reason : null,
  dueAt: amendment.status === 'proposed' ? amendment.dueAt : null,
  acceptedAt: amendment.status === 'waiting' ? amendment.acceptedAt : null,
});

export function fromRow(row: Row): Amendment {
  const {
    id,
    agreementId,
    clientId,
    freelancerId,
    proposedBy: by,
    termsVersion,
    termsHash,
    proposedAt,
  } = row;
  const changes = row.changes.map(({ priceMinor, ...change }) => ({
    ...change,
    price: usd(BigInt(priceMinor)),
  }));
  const proposal = {
    id,
    agreementId,
    clientId,
    freelancerId,
    by,
    termsVersion,
    termsHash,
    changes,
    proposedAt,
  };
  switch (row.status) {
    case 'proposed':
      return { ...proposal, status: row.status, dueAt: row.dueAt! };
    case 'waiting':
      return { ...proposal, status: row.status, acceptedAt: row.acceptedAt! };
    case 'lapsed':
      return { ...proposal, status: row.status, reason: row.reason! };
    default:
      return { ...proposal, status: row.status };
  }
}

export async function loadAmendment(
  tx: Tx,
  where: { id: string; agreementId?: string },
): Promise<Amendment | undefined> {
  const row = await tx.one(AmendmentTable, where);
  return row && fromRow(row);
}

/** At most one of an agreement is proposed or waits for escrow. */
export async function loadOpenAmendment(tx: Tx, agreementId: string): Promise<Amendment | undefined> {
  const proposed = await tx.one(AmendmentTable, { agreementId, status: 'proposed' });
  const open = proposed ?? (await tx.one(AmendmentTable, { agreementId, status: 'waiting' }));
  return open && fromRow(open);
}

export const insertAmendment = (tx: Tx, amendment: Amendment, texts: Buffer): void => {
  tx.insert(AmendmentTable, toRow(amendment));
  tx.insert(AmendmentTextsTable, { id: amendment.id, texts });
};
export const saveAmendment = (tx: Tx, amendment: Amendment): void =>
  tx.save(AmendmentTable, toRow(amendment));

/** The terms of a milestone as the offer brought them. */
export const insertFirstVersion = (tx: Tx, milestone: Milestone): void =>
  tx.insert(MilestoneVersionTable, {
    id: newId(),
    milestoneId: milestone.id,
    agreementId: milestone.agreementId,
    termsVersion: milestone.termsVersion,
    priceMinor: milestone.price.amountMinor,
    dueDate: milestone.dueDate,
    amendmentId: null,
    textIndex: milestone.order - 1,
    agreedAt: tx.now,
  });
