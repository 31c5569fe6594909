import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { evolve, type Matter, type MatterFact } from '../domain/matter.ts';
import type { EscrowFact } from '../domain/milestone-facts.ts';

/** Refunds, chargebacks, bonuses and dormancy of an agreement, as escrow last spoke of them. */
export const MatterTable = defineEntity({
  name: 'Matter',
  tableName: 'agreement_matters',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    kind: p.text().$type<Matter['kind']>(),
    status: p.text().$type<Matter['status']>(),
    milestoneId: p.uuid().nullable(),
    amountMinor: p.bigint().nullable(),
    dueAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
/** A view: agreements of which escrow has told a refund, a chargeback or a bonus that has not come to its end. */
export const UnsettledView = defineEntity({
  name: 'UnsettledAgreement',
  tableName: 'unsettled_agreements',
  properties: { id: p.uuid().primary(), clientId: p.text(), freelancerId: p.text() },
});
type DeadlineFact = Extract<EscrowFact, { type: 'escrow.deadline.moved' | 'escrow.deadline.suspended' }>;
type Row = Omit<InferEntity<typeof MatterTable>, 'version'>;

export const toRow = ({ milestoneId, amount, dueAt, ...matter }: Matter): Row => ({
  ...matter,
  milestoneId: milestoneId ?? null,
  amountMinor: amount?.amountMinor ?? null,
  dueAt: dueAt ?? null,
});

export const fromRow = ({ id, agreementId, kind, status, ...row }: Row): Matter => ({
  id,
  agreementId,
  kind,
  status,
  milestoneId: row.milestoneId ?? undefined,
  amount: typeof row.amountMinor === 'bigint' ? usd(row.amountMinor) : undefined,
  dueAt: row.dueAt ?? undefined,
});

/** Keeps what a fact says; its first one begins the row. */
export async function noteMatter(tx: Tx, event: MatterFact): Promise<void> {
  const { id, ...first } = evolve(undefined, event);
  const row = await tx.one(MatterTable, { id, agreementId: first.agreementId });
  if (row) tx.save(MatterTable, toRow(evolve(fromRow(row), event)));
  else tx.insert(MatterTable, toRow({ id, ...first }));
}

/** A step of dormancy waits for its second notice, or stands still (C-8); other deadlines belong to milestones. */
export async function moveDormancy(tx: Tx, event: DeadlineFact): Promise<void> {
  const { agreementId, deadlineKind } = event;
  if (deadlineKind !== 'dormancy.step') return;
  const dueAt = 'dueAt' in event ? event.dueAt : undefined;
  const row = await tx.one(MatterTable, { id: agreementId });
  if (row) tx.save(MatterTable, toRow({ ...fromRow(row), dueAt }));
}
