import { Rejection } from '@holdfast/domain';
import { newId, type Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';

/** What becomes of a refund that failed: who proposed it and who decided it, and why (E-23, E-25, S-11). */
export const RefundDecisionTable = defineEntity({
  name: 'RefundDecision',
  tableName: 'refund_decisions',
  properties: {
    id: p.uuid().primary(),
    refundId: p.uuid(),
    /** The attempt that failed. */
    attempt: p.integer(),
    /** Sent again to its source, sent by the bank, or given up. */
    decision: p.text().$type<Decision['decision']>(),
    /** The client's account to which the bank is to send it. */
    billingMethodId: p.uuid().nullable(),
    proposedBy: p.text(),
    proposedReason: p.text(),
    proposedAt: p.datetime(),
    /** Another person than the first. */
    approvedBy: p.text().nullable(),
    approvedReason: p.text().nullable(),
    approvedAt: p.datetime().nullable(),
    /** Under which payouts gives the net back, and when it said so (M-22). */
    transferId: p.uuid().nullable(),
    answeredAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

type Decision = Readonly<{
  refundId: string;
  attempt: number;
  decision: 'retry' | 'reroute' | 'reverse';
  billingMethodId?: string;
}>;

/**
 * The first call proposes, that of another person decides (S-11). Whoever calls saves the refund as well: of two who
 * propose at once the second one decides again, and meets the proposal.
 * @returns whether it is decided
 * @throws Rejection refund.second_person_needed
 */
export async function decideByTwo(
  tx: Tx,
  { billingMethodId, ...of }: Decision,
  { by, reason, transferId = null }: Readonly<{ by: string; reason: string; transferId?: string | null }>,
): Promise<boolean> {
  const decision = { ...of, billingMethodId: billingMethodId ?? null };
  const proposals = await tx.many(RefundDecisionTable, of);
  const proposal = proposals.find((one) => (one.billingMethodId ?? null) === decision.billingMethodId);
  if (!proposal) {
    const proposed = { proposedBy: by, proposedReason: reason, proposedAt: tx.now };
    const open = {
      approvedBy: null,
      approvedReason: null,
      approvedAt: null,
      transferId: null,
      answeredAt: null,
    };
    tx.insert(RefundDecisionTable, { id: newId(), ...decision, ...proposed, ...open });
    return false;
  }
  if (proposal.proposedBy === by) throw new Rejection('refund.second_person_needed');
  const approved = { approvedBy: by, approvedReason: reason, approvedAt: tx.now };
  tx.save(RefundDecisionTable, { ...proposal, ...approved, transferId });
  return true;
}
