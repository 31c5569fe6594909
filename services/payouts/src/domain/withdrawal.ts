import { isLate, type Money, Rejection, subtract, usd } from '@holdfast/domain';
import type {
  EventOf,
  HoldCause,
  PayoutProviderName,
  payoutsEvents,
  ReturnReason,
  WithdrawalFailure,
} from '@holdfast/events';
import type { Attempt } from './attempt.ts';
import { arrivalOf, cutOffAfter, isBusinessDay } from './business-days.ts';
import { hasTaxForm, neededForm, type Person } from './person.ts';
import type { WithdrawalMethod } from './withdrawal-method.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
type Fact<Type extends PayoutsEvent['type']> = Extract<PayoutsEvent, { type: Type }>;
export type WithdrawalRequested = Fact<'payouts.withdrawal.requested'>;
export type WithdrawalHeld = Fact<'payouts.withdrawal.held'>;
export type WithdrawalResumed = Fact<'payouts.withdrawal.resumed'>;
export type WithdrawalCancelled = Fact<'payouts.withdrawal.cancelled'>;
export type WithdrawalSent = Fact<'payouts.withdrawal.sent'>;
export type WithdrawalUnconfirmed = Fact<'payouts.withdrawal.unconfirmed'>;
export type WithdrawalFailed = Fact<'payouts.withdrawal.failed'>;
export type WithdrawalPaid = Fact<'payouts.withdrawal.paid'>;
export type WithdrawalReturned = Fact<'payouts.withdrawal.returned'>;
/** What may follow the request. */
export type WithdrawalEvent =
  | WithdrawalHeld
  | WithdrawalResumed
  | WithdrawalCancelled
  | WithdrawalSent
  | WithdrawalUnconfirmed
  | WithdrawalFailed
  | WithdrawalPaid
  | WithdrawalReturned;

type Paid = Readonly<{ transferId: string; paidAt: Date }>;

/**
 * What a freelancer asked for, in our words (W-16): one key and one set of bytes at the provider is an attempt.
 * Its money is in transit from the request on, and leaves the system when the provider has paid.
 */
export type Withdrawal = Readonly<{
  id: string;
  accountId: string;
  methodId: string;
  provider: PayoutProviderName;
  amount: Money;
  fee: Money;
  /** When it is sent, or was (W-9). */
  cutOffAt: Date;
  arrivesBy: Date;
}> &
  (
    | { status: 'requested' | 'sent' | 'unknown' | 'cancelled' }
    | { status: 'held'; causes: readonly HoldCause[] }
    | { status: 'failed'; reason: WithdrawalFailure }
    | { status: 'paid'; paid: Paid }
    | {
        status: 'returned';
        reason: ReturnReason;
        /** What the provider gave back. */
        back: Money;
        feeKept: boolean;
        returnedAt: Date;
        /** Where it had been paid before. */
        paid?: Paid;
        transferId?: string;
      }
  );

/** W-5: the fee comes out of the amount. */
export const sentOf = ({ amount, fee }: Pick<Withdrawal, 'amount' | 'fee'>): Money => subtract(amount, fee);

/** The current settings of withdrawals (0.2 of the rules). */
export type WithdrawalSettings = Readonly<{ 'fee.ach': number; 'min.ach': number; 'payout.cutoff': string }>;

/** What a withdrawal costs and when it arrives, were it asked for now; the request and the quote are made of it (P-17). */
export type WithdrawalTerms = Readonly<{ fee: Money; minimum: Money; cutOffAt: Date; arrivesBy: Date }>;

export function withdrawalTerms(now: Date, settings: WithdrawalSettings): WithdrawalTerms {
  const cutOffAt = cutOffAfter(now, settings['payout.cutoff']);
  const [fee, minimum] = [usd(BigInt(settings['fee.ach'])), usd(BigInt(settings['min.ach']))];
  return { fee, minimum, cutOffAt, arrivesBy: arrivalOf(cutOffAt) };
}

export type WithdrawalRequest = Readonly<{
  withdrawalId: string;
  person: Person;
  method: WithdrawalMethod;
  amount: Money;
  now: Date;
}>;

/**
 * What must be true for a withdrawal (rule W-4); whether the balance covers it is for the ledger to say, which
 * alone knows what others take at the same time (F57).
 * @throws Rejection identity.not_verified | account.on_hold | account.in_debt | tax_form.missing |
 *   method.cooling_off | method.not_active | withdrawal.below_minimum | withdrawal.not_above_fee
 */
export function requestWithdrawal(
  { withdrawalId, person, method, amount, now }: WithdrawalRequest,
  settings: WithdrawalSettings,
): WithdrawalRequested {
  const { fee, minimum, cutOffAt: dueAt } = withdrawalTerms(now, settings);
  if (person.identity !== 'verified') throw new Rejection('identity.not_verified');
  if (person.holds.length > 0) throw new Rejection('account.on_hold');
  if (person.isInDebt) throw new Rejection('account.in_debt');
  if (!hasTaxForm(person)) {
    const needed = neededForm(person);
    throw new Rejection('tax_form.missing', needed ? { needed } : {});
  }
  assertUsable(method);
  if (amount.amountMinor < minimum.amountMinor) {
    throw new Rejection('withdrawal.below_minimum', { minimumMinor: String(minimum.amountMinor) });
  }
  if (amount.amountMinor <= fee.amountMinor) {
    throw new Rejection('withdrawal.not_above_fee', { feeMinor: String(fee.amountMinor) });
  }
  return {
    type: 'payouts.withdrawal.requested',
    accountId: person.id,
    withdrawalId,
    methodId: method.id,
    amount,
    fee,
    dueAt,
  };
}

/** Why a request would be refused now (rule P-17): by the function that decides it, then by what is available. */
export function refusalOf(
  request: WithdrawalRequest,
  settings: WithdrawalSettings,
  availableMinor: bigint,
): Rejection | undefined {
  try {
    requestWithdrawal(request, settings);
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  return request.amount.amountMinor > availableMinor ? new Rejection('money.insufficient') : undefined;
}

function assertUsable(method: WithdrawalMethod): void {
  if (method.status === 'active') return;
  if (method.status === 'added' && method.isCooling) {
    throw new Rejection('method.cooling_off', { usableAt: method.usableAt.toISOString() });
  }
  throw new Rejection('method.not_active');
}

/** The state with which a withdrawal begins. */
export const startWithdrawal = (requested: WithdrawalRequested): Withdrawal => ({
  id: requested.withdrawalId,
  accountId: requested.accountId,
  methodId: requested.methodId,
  provider: 'bank',
  amount: requested.amount,
  fee: requested.fee,
  cutOffAt: requested.dueAt,
  arrivesBy: arrivalOf(requested.dueAt),
  status: 'requested',
});

/**
 * The freelancer takes it back, while nothing of it may have left (rule W-10).
 * @throws Rejection withdrawal.sent_already | withdrawal.ended
 */
export function cancelWithdrawal(withdrawal: Withdrawal, attempt: Attempt | undefined): WithdrawalCancelled {
  const { status, accountId, id: withdrawalId, amount } = withdrawal;
  if (status === 'failed' || status === 'cancelled') throw new Rejection('withdrawal.ended');
  const isInHand = status === 'requested' || status === 'held';
  if (!isInHand || mayHaveLeft(attempt)) throw new Rejection('withdrawal.sent_already');
  return { type: 'payouts.withdrawal.cancelled', accountId, withdrawalId, amount };
}

/** An attempt that is being sent, or was in doubt once: what is proven then suffices to send again, not to pay out. */
const mayHaveLeft = (attempt: Attempt | undefined): boolean =>
  attempt !== undefined &&
  (attempt.state !== 'created' || attempt.callingSince !== undefined || attempt.keySince !== undefined);

/** What stands in the way of sending: the person's holds and debts, the screening of the method, operators' stops. */
export type Obstacles = Readonly<{
  person: Pick<Person, 'holds' | 'isInDebt'>;
  method: Pick<WithdrawalMethod, 'screening'>;
  stoppedProviders: readonly (PayoutProviderName | 'all')[];
}>;

/** Why it may not be sent now (B-6, S-5, W-17, W-18); empty where it may. */
export function holdCauses(
  { provider }: Pick<Withdrawal, 'provider'>,
  { person, method, stoppedProviders }: Obstacles,
): HoldCause[] {
  const { result } = method.screening;
  const isStopped = stoppedProviders.some((stopped) => stopped === provider || stopped === 'all');
  return [
    ...(result === 'review' || result === 'blocked' ? (['screening'] as const) : []),
    ...(person.holds.length > 0 ? (['account_hold'] as const) : []),
    ...(person.isInDebt ? (['debt'] as const) : []),
    ...(isStopped ? (['sending_stopped'] as const) : []),
  ];
}

/** An attempt is made only under a clear of its own day, in UTC (0.3 of the protocols). */
export const isScreened = ({ screening }: Pick<WithdrawalMethod, 'screening'>, now: Date): boolean =>
  screening.result === 'clear' && screening.at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10);

/**
 * Holds what is not sent yet while a cause stands, a fact for each, and resumes it when the last one is gone.
 * One that was to be sent meanwhile goes at once on a business day, under the screening of that day, else at
 * the next cut-off.
 */
export function applyCauses(
  withdrawal: Withdrawal,
  causes: readonly HoldCause[],
  { now, cutOff }: { now: Date; cutOff: string },
): (WithdrawalHeld | WithdrawalResumed)[] {
  if (withdrawal.status !== 'requested' && withdrawal.status !== 'held') return [];
  const known = withdrawal.status === 'held' ? withdrawal.causes : [];
  const ids = idsOf(withdrawal);
  if (causes.length > 0) {
    return causes
      .filter((reason) => !known.includes(reason))
      .map((reason) => ({ type: 'payouts.withdrawal.held', ...ids, reason }));
  }
  if (known.length === 0) return [];
  const { cutOffAt } = withdrawal;
  const dueAt = !isLate(now, cutOffAt) ? cutOffAt : isBusinessDay(now) ? now : cutOffAfter(now, cutOff);
  return [{ type: 'payouts.withdrawal.resumed', ...ids, reason: 'hold_gone', dueAt }];
}

/** It cannot be sent any more: its method has ended (W-16). */
export const failUnsent = (withdrawal: Withdrawal): WithdrawalFailed => ({
  type: 'payouts.withdrawal.failed',
  ...idsOf(withdrawal),
  amount: withdrawal.amount,
  reason: 'method_disabled',
});

/** A second attempt is the last one (W-13). */
const attemptsMax = 2;

/**
 * What an attempt's new state means for its withdrawal (W-12, W-13, W-16); nothing where it told that already.
 * `transferId` names the clearing posting, if there is one.
 */
export function follow(
  withdrawal: Withdrawal,
  attempt: Attempt,
  at: Readonly<{ now: Date; cutOff: string; transferId: string }>,
): WithdrawalEvent | undefined {
  const { status } = withdrawal;
  const sending = { ...idsOf(withdrawal), attemptId: attempt.key, sent: attempt.sent };
  const isBefore = status === 'requested' || status === 'held' || status === 'unknown';
  const isUnderWay = isBefore || status === 'sent';
  switch (attempt.state) {
    case 'created':
      if (status !== 'unknown') return undefined;
      return resumed(withdrawal, 'not_executed', at.now);
    case 'unknown':
      if (status !== 'requested' && status !== 'held') return undefined;
      return { type: 'payouts.withdrawal.unconfirmed', ...sending };
    case 'submitted':
    case 'processing':
      if (!isBefore) return undefined;
      return { type: 'payouts.withdrawal.sent', ...sending, arrivesBy: arrivalOf(at.now) };
    case 'failed':
    case 'cancelled': {
      if (!isUnderWay || attempt.failure === 'taken_back') return undefined;
      const isPassing = attempt.failure === 'provider_failed' && attempt.number < attemptsMax;
      if (isPassing) return resumed(withdrawal, 'second_attempt', cutOffAfter(at.now, at.cutOff));
      const { sent: _, ...ids } = sending;
      const { amount } = withdrawal;
      const reason = attempt.failure === 'not_executed' ? 'provider_failed' : attempt.failure;
      return { type: 'payouts.withdrawal.failed', ...ids, amount, reason };
    }
    case 'paid':
      if (!isUnderWay) return undefined;
      return {
        type: 'payouts.withdrawal.paid',
        ...sending,
        fee: withdrawal.fee,
        subAccount: withdrawal.provider,
        transferId: at.transferId,
        paidAt: at.now,
      };
    case 'returned':
      if (!isUnderWay && status !== 'paid') return undefined;
      return returned(withdrawal, attempt, at);
  }
}

/**
 * W-12: wrong details keep our fee and cost the freelancer what the bank kept; in every other case both are
 * given back, and the platform bears the bank's charge.
 */
function returned(
  withdrawal: Withdrawal,
  { key: attemptId, sent, back, reason }: Attempt & { state: 'returned' },
  { now, transferId }: { now: Date; transferId: string },
): WithdrawalReturned {
  const afterPaid = withdrawal.status === 'paid';
  const bankCharge = subtract(sent, back);
  const movesCash = afterPaid || bankCharge.amountMinor > 0n;
  return {
    type: 'payouts.withdrawal.returned',
    ...idsOf(withdrawal),
    attemptId,
    afterPaid,
    amountBack: back,
    bankCharge,
    feeKept: reason === 'bad_details',
    reason,
    subAccount: withdrawal.provider,
    ...(movesCash ? { transferId } : {}),
    returnedAt: now,
  };
}

const resumed = (
  withdrawal: Withdrawal,
  reason: WithdrawalResumed['reason'],
  dueAt: Date,
): WithdrawalResumed => ({ type: 'payouts.withdrawal.resumed', ...idsOf(withdrawal), reason, dueAt });

const idsOf = ({ accountId, id: withdrawalId }: Withdrawal) => ({ accountId, withdrawalId });

/** The state after an event. */
export function evolve(withdrawal: Withdrawal, event: WithdrawalEvent): Withdrawal {
  const known = frameOf(withdrawal);
  switch (event.type) {
    case 'payouts.withdrawal.held': {
      const others = withdrawal.status === 'held' ? withdrawal.causes : [];
      const causes = [...others.filter((cause) => cause !== event.reason), event.reason];
      return { ...known, status: 'held', causes };
    }
    case 'payouts.withdrawal.resumed':
      return { ...known, status: 'requested', cutOffAt: event.dueAt, arrivesBy: arrivalOf(event.dueAt) };
    case 'payouts.withdrawal.cancelled':
      return { ...known, status: 'cancelled' };
    case 'payouts.withdrawal.sent':
      return { ...known, status: 'sent', arrivesBy: event.arrivesBy };
    case 'payouts.withdrawal.unconfirmed':
      return { ...known, status: 'unknown' };
    case 'payouts.withdrawal.failed':
      return { ...known, status: 'failed', reason: event.reason };
    case 'payouts.withdrawal.paid': {
      const { transferId, paidAt } = event;
      return { ...known, status: 'paid', paid: { transferId, paidAt } };
    }
    case 'payouts.withdrawal.returned': {
      const { reason, amountBack: back, feeKept, returnedAt, transferId } = event;
      const paid = withdrawal.status === 'paid' ? withdrawal.paid : undefined;
      return { ...known, status: 'returned', reason, back, feeKept, returnedAt, paid, transferId };
    }
  }
}

/** One of several causes is gone: it stays held, and shows those that are left. */
export function withCauses(withdrawal: Withdrawal, causes: readonly HoldCause[]): Withdrawal {
  if (withdrawal.status !== 'held') return withdrawal;
  const left = withdrawal.causes.filter((cause) => causes.includes(cause));
  return left.length === withdrawal.causes.length ? withdrawal : { ...withdrawal, causes: left };
}

/** What outlives a state. */
function frameOf({ id, accountId, methodId, provider, amount, fee, cutOffAt, arrivesBy }: Withdrawal) {
  return { id, accountId, methodId, provider, amount, fee, cutOffAt, arrivesBy };
}
