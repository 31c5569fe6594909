import { accountParts, type Journal, usd } from '@holdfast/domain';
import type { EventOf, escrowEvents, payoutsEvents } from '@holdfast/events';

/**
 * Escrow's side of withdrawals: payouts sends the money and tells; escrow keeps the cash and the clearing
 * account, and decides nothing (M-2).
 */

type Told<Type extends string> = Readonly<
  Omit<Extract<EventOf<typeof payoutsEvents>, { type: Type }>, 'type'>
>;
export type WithdrawalPaid = Told<'payouts.withdrawal.paid'>;
export type WithdrawalReturned = Told<'payouts.withdrawal.returned'>;
export type ClearingApplied = Extract<EventOf<typeof escrowEvents>, { type: 'escrow.clearing.applied' }>;

/** Mirrors `P.clearing.escrow`, transfer by transfer (M-2). */
export const clearingAccount = 'E.clearing.payouts';

/** The answer to a transfer of payouts (M-22); none where a journal posts nothing on clearing. */
export function clearingApplied(
  kind: ClearingApplied['kind'],
  { accountId, transferId, lines }: Journal,
): ClearingApplied | undefined {
  const posted = lines.find(({ account }) => accountParts(account).code === clearingAccount);
  if (!posted) return undefined;
  if (!accountId || !transferId) throw new RangeError('a clearing posting without its transfer (M-22)');
  const { amountMinor } = posted;
  const amount = usd(amountMinor < 0n ? -amountMinor : amountMinor);
  return { type: 'escrow.clearing.applied', accountId, transferId, amount, kind };
}
