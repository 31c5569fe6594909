import type { Money } from '@holdfast/domain';
import type { ChargedPart } from './charged-parts.ts';

/**
 * A client's bank takes the money of a charge back (P-9 to P-11). `inquiry` moves no money; `received` waits for our
 * answer; `recovering` = lost, and payouts has not said yet what it took; `lost` may still be won at a later stage.
 */
export type ChargebackStatus =
  | 'inquiry'
  | 'received'
  | 'contested'
  | 'accepted'
  | 'recovering'
  | 'lost'
  | 'won'
  | 'closed';

export type Chargeback = Readonly<{
  id: string;
  /** The provider's name of it. */
  disputeId: string;
  fundingId: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  amount: Money;
  /** What the bank took besides. */
  fee: Money;
  /** What of the fee came back with the money. */
  feeReturned: Money;
  dueAt: Date;
  /** What the charge paid: as it was when the money was taken, and from the loss on what was lost. */
  parts: readonly ChargedPart[];
  status: ChargebackStatus;
  /** Where unprotected pay is recovered or restored: the transfer of M-22. */
  transferId?: string;
  restoreTransferId?: string;
}>;

/** What the provider says of a dispute (4.4 of the provider protocols). */
export type DisputeView = Readonly<{
  id: string;
  intentId: string;
  status:
    | 'warning_needs_response'
    | 'warning_under_review'
    | 'warning_closed'
    | 'needs_response'
    | 'under_review'
    | 'won'
    | 'lost'
    | 'other';
  amountMinor: bigint;
  /** Where the bank has taken the money: with which fee. */
  debited?: Readonly<{ feeMinor: bigint }>;
  /** Where it gave the money back: with how much of the fee. */
  reinstated?: Readonly<{ feeMinor: bigint }>;
  dueAt?: Date;
}>;

/** What a look at the provider's dispute shows to have happened since the last one. */
export type ChargebackStep =
  | 'warn'
  | 'receive'
  | 'contest'
  | 'expire'
  | 'lose'
  | 'win'
  | 'win_later'
  | 'close';

/**
 * The edges of P-11, in order: a look may show several at once. While payouts has not answered a loss nothing is
 * booked on top of it.
 */
export function stepsOf(known: ChargebackStatus | undefined, view: DisputeView): ChargebackStep[] {
  const steps: ChargebackStep[] = [];
  let status = known;
  const go = (step: ChargebackStep): void => {
    steps.push(step);
    status = after[step];
  };
  if (!status && view.status.startsWith('warning_')) go('warn');
  if ((!status || status === 'inquiry') && view.debited) go('receive');
  switch (view.status) {
    case 'warning_closed':
      if (status === 'inquiry') go('close');
      break;
    case 'under_review':
      if (status === 'received') go('contest');
      break;
    case 'lost':
      if (status === 'received') go('expire');
      if (status === 'contested' || status === 'accepted') go('lose');
      break;
    case 'won':
      if (!view.reinstated) break;
      if (status === 'received' || status === 'contested' || status === 'accepted') go('win');
      else if (status === 'lost') go('win_later');
  }
  return steps;
}

/** The state after a step; a loss that payouts must answer is `recovering` first. */
const after: Readonly<Record<ChargebackStep, ChargebackStatus>> = {
  warn: 'inquiry',
  receive: 'received',
  contest: 'contested',
  expire: 'accepted',
  lose: 'lost',
  win: 'won',
  win_later: 'won',
  close: 'closed',
};

/** While it is open no refund call is made on the charge, and its lots are frozen (E-22, E-23). */
export const isOpen = (status: ChargebackStatus): boolean =>
  status === 'received' || status === 'contested' || status === 'accepted';

/** The client's bank has the money, or is about to decide: whatever is paid on the charge pays the client twice (M-13). */
export const isTaken = (status: ChargebackStatus): boolean => isUnsettled(status) || status === 'lost';

/** Open, or lost while payouts has not answered yet what it takes back (P-11). */
export const isUnsettled = (status: ChargebackStatus): boolean => isOpen(status) || status === 'recovering';
