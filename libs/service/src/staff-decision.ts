import { isLate, plusHours, Rejection } from '@holdfast/domain';

/** What waits for another person's word, as far as that word needs it. */
export type StaffProposal = Readonly<{ proposedBy: string; amountMinor: bigint; lapsesAt: Date }>;

/** One person's word: alone it moves the money, or it is a proposal; on another's proposal it decides. */
export type StaffVerdict = 'alone' | 'proposed' | 'approved';

/** In which small steps count together. */
const alongHours = 24;

/** Whether a proposal can still be decided: of the same amount, and in its time. */
export const stands = (proposal: StaffProposal, amountMinor: bigint, now: Date): boolean =>
  proposal.amountMinor === amountMinor && !isLate(now, proposal.lapsesAt);

/**
 * What single persons have moved in the last 24 hours: nobody passes the limit in small steps, nor from one kind of
 * decision to another (S-11).
 */
export const aloneMinorOf = (
  decided: readonly Readonly<{ amountMinor: bigint; decidedAt: Date }>[],
  now: Date,
): bigint =>
  decided
    .filter(({ decidedAt }) => !isLate(now, plusHours(decidedAt, alongHours)))
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);

/**
 * Above the limit the first person proposes and another decides (S-11). A proposal that stands is the other person's to
 * decide also where one would be enough by now.
 * @param proposal the one that stands, of the same amount
 * @throws Rejection decision.second_person_needed
 */
export function verdictOf(
  { by, amountMinor }: Readonly<{ by: string; amountMinor: bigint }>,
  proposal: StaffProposal | undefined,
  { aloneMinor, limitMinor }: Readonly<{ aloneMinor: bigint; limitMinor: bigint }>,
): StaffVerdict {
  if (proposal && proposal.proposedBy !== by) return 'approved';
  if (aloneMinor + amountMinor <= limitMinor) return 'alone';
  if (proposal) throw new Rejection('decision.second_person_needed');
  return 'proposed';
}
