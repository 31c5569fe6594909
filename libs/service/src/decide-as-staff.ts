import { Money, plusDays, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import { z } from 'zod';
import type { PersonTexts } from './person-texts.ts';
import { currentSettings } from './policy.ts';
import {
  type StaffDecision,
  StaffDecisionTable,
  StaffTurnTable,
  staffTurnId,
} from './staff-decision.table.ts';
import { aloneMinorOf, type StaffVerdict, stands, verdictOf } from './staff-decision.ts';

/** Settings of each service whose staff moves money. */
export const staffSettings = {
  shape: {
    /** Cents that one person of the staff may move alone (S-11). */
    'staff.dual_control': z.int().min(0).max(1_000_000_000_000),
    /** Days in which another person can decide what one has proposed (S-11). */
    'staff.proposal_days': z.int().min(1).max(30),
  },
  defaults: { 'staff.dual_control': 100_000, 'staff.proposal_days': 7 },
};
const currentStaff = { schema: z.object(staffSettings.shape), defaults: staffSettings.defaults };

/** One person's word about an amount, and why (AD-21). */
export type StaffWord = Readonly<{
  kind: string;
  /** What it is about: one proposal of it waits at a time. */
  subject: string;
  amount: Money;
  by: string;
  reason: string;
  /** When a proposal is of no use any more, if that is sooner than its time. */
  endsAt?: Date;
}>;

/** What a caller hears whose word alone moves nothing. */
export type Proposed = {
  status: 'proposed';
  decisionId: string;
  amount: z.input<typeof Money>;
  /** Until then another person decides it. */
  lapsesAt: string;
};

/**
 * Up to `staff.dual_control`, with what single persons have moved in the last 24 hours, one person decides; above it the
 * first call proposes, and that of another person with the same amount decides (S-11). Another amount is another
 * proposal and takes the place of the one before.
 * @returns the id of the decision, for what comes of it; `proposed` while nothing does
 * @throws Rejection decision.second_person_needed
 */
export async function decideAsStaff(
  tx: Tx,
  texts: PersonTexts,
  word: StaffWord,
): Promise<{ decisionId: string; proposed?: Proposed }> {
  tx.save(StaffTurnTable, (await tx.one(StaffTurnTable, { id: staffTurnId }))!);
  const { kind, subject, by, amount } = word;
  const { amountMinor } = amount;
  const settings = await currentSettings(tx, currentStaff);
  const open = await tx.one(StaffDecisionTable, { kind, subject, status: 'proposed' });
  const proposal = open && stands(open, amountMinor, tx.now) ? open : undefined;
  const verdict = verdictOf({ by, amountMinor }, proposal, {
    aloneMinor: aloneMinorOf(await loadAlone(tx), tx.now),
    limitMinor: BigInt(settings['staff.dual_control']),
  });
  if (open && verdict === 'proposed') tx.save(StaffDecisionTable, { ...open, status: 'dropped' });
  const lapsesAt = sooner(plusDays(tx.now, settings['staff.proposal_days']), word.endsAt);
  const said = proposal ?? (await proposed(tx, texts, word, lapsesAt));
  const decision = { ...said, ...(await decided(tx, texts, said, word, verdict)) };
  if (proposal) tx.save(StaffDecisionTable, decision);
  else tx.insert(StaffDecisionTable, decision);
  return verdict === 'proposed' ? { decisionId: said.id, proposed: answerOf(said) } : { decisionId: said.id };
}

/** What was proposed has become pointless: it was answered otherwise. */
export async function dropProposal(
  tx: Tx,
  { kind, subject }: Pick<StaffWord, 'kind' | 'subject'>,
): Promise<void> {
  const open = await tx.one(StaffDecisionTable, { kind, subject, status: 'proposed' });
  if (open) tx.save(StaffDecisionTable, { ...open, status: 'dropped' });
}

const answerOf = ({ id, amountMinor, lapsesAt }: StaffDecision): Proposed => ({
  status: 'proposed',
  decisionId: id,
  amount: Money.encode(usd(amountMinor)),
  lapsesAt: Instant.encode(lapsesAt),
});

async function proposed(tx: Tx, texts: PersonTexts, word: StaffWord, lapsesAt: Date): Promise<StaffDecision> {
  const { kind, subject, amount, by, reason } = word;
  const id = newId();
  const place = `staff_decisions/proposed_reason/${id}`;
  return {
    ...{ id, kind, subject, amountMinor: amount.amountMinor, status: 'proposed', proposedBy: by },
    proposedReason: texts.seal(await texts.keyOf(tx, by), place, { reason }),
    ...{ proposedAt: tx.now, lapsesAt },
    ...{ approvedBy: null, approvedReason: null, decidedAt: null, aloneOn: null },
  };
}

async function decided(
  tx: Tx,
  texts: PersonTexts,
  { id }: StaffDecision,
  { by, reason }: StaffWord,
  verdict: StaffVerdict,
): Promise<Partial<StaffDecision>> {
  if (verdict === 'proposed') return {};
  const now = { status: 'decided', decidedAt: tx.now } as const;
  if (verdict === 'alone') return { ...now, aloneOn: dayOf(tx.now) };
  const place = `staff_decisions/approved_reason/${id}`;
  const approvedReason = texts.seal(await texts.keyOf(tx, by), place, { reason });
  return { ...now, approvedBy: by, approvedReason };
}

const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10);
const sooner = (one: Date, other = one): Date => (other < one ? other : one);

/** Of today and of the day before: that covers the last 24 hours. */
async function loadAlone(tx: Tx): Promise<{ amountMinor: bigint; decidedAt: Date }[]> {
  const before = await tx.many(StaffDecisionTable, { aloneOn: dayOf(plusDays(tx.now, -1)) });
  const today = await tx.many(StaffDecisionTable, { aloneOn: dayOf(tx.now) });
  return [...before, ...today].map(({ amountMinor, decidedAt }) => ({ amountMinor, decidedAt: decidedAt! }));
}
