import { plusDays, Rejection } from '@holdfast/domain';
import type { EventOf, MethodDisabledReason, MethodKind, payoutsEvents } from '@holdfast/events';
import { isRoutingNumber } from './routing-number.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
export type MethodAdded = Extract<PayoutsEvent, { type: 'payouts.method.added' }>;
export type MethodActivated = Extract<PayoutsEvent, { type: 'payouts.method.activated' }>;
export type MethodRemoved = Extract<PayoutsEvent, { type: 'payouts.method.removed' }>;
export type MethodDisabled = Extract<PayoutsEvent, { type: 'payouts.method.disabled' }>;
export type MethodEvent = MethodActivated | MethodRemoved | MethodDisabled;
export type ScreeningEvent = Extract<
  PayoutsEvent,
  {
    type: 'payouts.screening.cleared' | 'payouts.screening.review_started' | 'payouts.screening.blocked';
  }
>;

/** What sanctions screening says of the person behind a method (W-17). */
export type ScreeningResult = 'clear' | 'review' | 'blocked';
/** What comes of asking: an outage is no answer, and no answer is never a clear. */
export type ScreeningAnswer = ScreeningResult | 'no_answer';

export type MethodScreening = Readonly<
  | { id: string; result: 'pending' }
  | {
      /** Under which the vendor knows it. */
      id: string;
      result: ScreeningResult;
      /** Of the last answer or decision: an attempt needs a clear of its own day (0.3 of the protocols). */
      at: Date;
      /** The last word was an operator's: nothing waits for one. */
      isDecided: boolean;
    }
>;

/**
 * A way out of the system: a US bank account (W-1 to W-3). `added` = it cools off, is screened and registered
 * at the bank; `active` = withdrawals may be sent to it; the other two are final.
 */
export type WithdrawalMethod = Readonly<{
  id: string;
  accountId: string;
  kind: MethodKind;
  /** Of the account number; the only part of the details that anybody sees again. */
  lastFour: string;
  /** Holder, routing number, account number and type, encrypted for this method's place (AD-18). */
  detailsSealed: Buffer;
  usableAt: Date;
  screening: MethodScreening;
  /** The bank's own id of the account, once it is registered there. */
  receivingAccountId?: string;
  /** Of the act that added it, for what a worker does later. */
  correlationId: string;
  traceparent?: string;
}> &
  (
    | { status: 'added'; isCooling: boolean; nextCallAt?: Date }
    | { status: 'active' | 'removed' }
    | { status: 'disabled'; reason: MethodDisabledReason }
  );

/** How the name on the method compares with the name that identity verification found (W-2). */
export type NameCheck = 'same' | 'different' | 'not_verified';

/** A bank account as its owner names it, with the instant and the setting that count. */
export type NewMethod = Readonly<{
  methodId: string;
  accountId: string;
  kind: MethodKind;
  routingNumber: string;
  name: NameCheck;
  now: Date;
  /** `method.cooling_days` as it is now. */
  coolingDays: number;
}>;

/**
 * A new method becomes usable `method.cooling_days` x 24 hours after it was added, at the earliest (W-1). Its
 * name is compared at once where one is verified already, else when one is (W-2).
 * @throws Rejection method.routing_number_invalid | method.name_mismatch
 */
export function addMethod(added: NewMethod): MethodAdded {
  const { methodId, accountId, kind, routingNumber, name, now, coolingDays } = added;
  if (!isRoutingNumber(routingNumber)) throw new Rejection('method.routing_number_invalid');
  if (name === 'different') throw new Rejection('method.name_mismatch');
  return { type: 'payouts.method.added', accountId, methodId, kind, dueAt: plusDays(now, coolingDays) };
}

/** The state with which a method begins: it cools off, and screening is asked at once (W-1, W-17). */
export function startMethod(
  { methodId: id, accountId, kind, dueAt }: MethodAdded,
  rest: Readonly<
    Pick<WithdrawalMethod, 'lastFour' | 'detailsSealed' | 'correlationId' | 'traceparent'> & {
      screeningId: string;
      now: Date;
    }
  >,
): WithdrawalMethod {
  const { screeningId, now, ...kept } = rest;
  const screening = { id: screeningId, result: 'pending' } as const;
  const method = { id, accountId, kind, usableAt: dueAt, screening, ...kept };
  return { ...method, status: 'added', isCooling: true, nextCallAt: now };
}

/**
 * What an account's methods become when something about them or their owner has changed. An added one is
 * activated once it has cooled off, is screened clear, bears the verified name and is registered at the bank,
 * whichever comes last, and while no safety or closed hold stands (W-1, W-2, W-17). A name that turns out to
 * be another ends also an active one, and an operator's `blocked` one that is not active yet.
 */
export function settle(
  method: WithdrawalMethod,
  { name, isHeld }: Readonly<{ name: NameCheck; isHeld: boolean }>,
): MethodActivated | MethodDisabled | undefined {
  if (name === 'different') return disable(method, 'name_mismatch');
  if (method.status !== 'added') return undefined;
  const { screening, isCooling, receivingAccountId } = method;
  if (screening.result === 'blocked' && screening.isDecided) return disable(method, 'screening');
  const isReady = !isCooling && screening.result === 'clear' && receivingAccountId !== undefined;
  if (!isReady || name !== 'same' || isHeld) return undefined;
  return { type: 'payouts.method.activated', ...idsOf(method) };
}

/** Its owner takes it back (W-3). @throws Rejection method.ended */
export function removeMethod(method: WithdrawalMethod): MethodRemoved {
  if (hasEnded(method)) throw new Rejection('method.ended');
  return { type: 'payouts.method.removed', ...idsOf(method) };
}

/** It cannot be used any more (W-2, W-13, W-17). Undefined where it has ended already. */
export function disable(method: WithdrawalMethod, reason: MethodDisabledReason): MethodDisabled | undefined {
  if (hasEnded(method)) return undefined;
  return { type: 'payouts.method.disabled', ...idsOf(method), reason };
}

/** The timer of W-1. Undefined where there is nothing to end: too early, or it has ended otherwise. */
export function endCooling(method: WithdrawalMethod, now: Date): WithdrawalMethod | undefined {
  if (method.status !== 'added' || !method.isCooling || now < method.usableAt) return undefined;
  return { ...method, isCooling: false };
}

const severity = { pending: 0, clear: 0, review: 1, blocked: 2 } as const;

/**
 * The vendor's answer (W-17). What is under review or blocked becomes better only by an operator's word. No
 * answer leaves a method that is not active as it is, to be asked about again; of one that is about to be
 * paid it begins a review (0.3 of the protocols).
 */
export function screened(method: WithdrawalMethod, answer: ScreeningAnswer, now: Date): WithdrawalMethod {
  if (answer === 'no_answer' && method.status !== 'active') return method;
  const result = answer === 'no_answer' ? 'review' : answer;
  const known = severity[method.screening.result];
  if (known > 0 && severity[result] <= known) return method;
  return withScreening(method, result, { now, isDecided: false });
}

/** An operator's word, which counts as asked at that instant (W-17). */
export const decided = (
  method: WithdrawalMethod,
  decision: 'clear' | 'blocked',
  now: Date,
): WithdrawalMethod => withScreening(method, decision, { now, isDecided: true });

function withScreening(
  method: WithdrawalMethod,
  result: ScreeningResult,
  { now: at, isDecided }: { now: Date; isDecided: boolean },
): WithdrawalMethod {
  const screening = { id: method.screening.id, result, at, isDecided };
  if (method.status !== 'added') return { ...method, screening };
  const toRegister = result === 'clear' && method.receivingAccountId === undefined;
  return { ...method, screening, nextCallAt: toRegister ? at : undefined };
}

/** Told only when the state has changed, not each time that it is asked for (W-17). */
export function screeningFact(
  before: WithdrawalMethod,
  { id: methodId, accountId, screening }: WithdrawalMethod,
): ScreeningEvent | undefined {
  if (screening.result === before.screening.result) return undefined;
  const ids = { accountId, screeningId: screening.id, methodId };
  switch (screening.result) {
    case 'clear':
      return { type: 'payouts.screening.cleared', ...ids };
    case 'review':
      return { type: 'payouts.screening.review_started', ...ids };
    case 'blocked':
      return { type: 'payouts.screening.blocked', ...ids };
    case 'pending':
      return undefined;
  }
}

/** The bank knows the account now. */
export function registered(method: WithdrawalMethod, receivingAccountId: string): WithdrawalMethod {
  if (method.status !== 'added') return method;
  return { ...method, receivingAccountId, nextCallAt: undefined };
}

/** The state after an event. */
export function evolve(method: WithdrawalMethod, event: MethodEvent): WithdrawalMethod {
  switch (event.type) {
    case 'payouts.method.activated':
      return { ...frameOf(method), status: 'active' };
    case 'payouts.method.removed':
      return { ...frameOf(method), status: 'removed' };
    case 'payouts.method.disabled':
      return { ...frameOf(method), status: 'disabled', reason: event.reason };
  }
}

const hasEnded = ({ status }: WithdrawalMethod): boolean => status === 'removed' || status === 'disabled';
const idsOf = ({ id: methodId, accountId, kind }: WithdrawalMethod) => ({ accountId, methodId, kind });

/** What outlives a state: neither a due instant nor a reason does. */
function frameOf(method: WithdrawalMethod) {
  const { id, accountId, kind, lastFour, detailsSealed, usableAt, screening } = method;
  const { receivingAccountId, correlationId, traceparent } = method;
  return {
    id,
    accountId,
    kind,
    lastFour,
    detailsSealed,
    usableAt,
    screening,
    receivingAccountId,
    correlationId,
    traceparent,
  };
}
