import { isLate, plusDays, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, HoldKind, payoutsEvents } from '@holdfast/events';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
export type IdentityVerified = Extract<PayoutsEvent, { type: 'payouts.identity.verified' }>;
export type IdentityFailed = Extract<PayoutsEvent, { type: 'payouts.identity.failed' }>;

type AccountOpened = Extract<EventOf<typeof contractsEvents>, { type: 'contracts.account.opened' }>;
/** Where the person says to live, as they said when they opened the account. */
export type Region = AccountOpened['region'];

/** Type, status and date: the system never withholds tax, so it needs nothing else of the form (P-13). */
export type TaxForm = Readonly<{
  type: 'W-9' | 'W-8BEN';
  status: 'on_file' | 'rejected';
  recordedAt: Date;
}>;

/** What payouts alone knows of a person (S-3, P-13), and the holds that contracts has placed (S-5). */
export type Person = Readonly<{
  id: string;
  /** Unknown of an account that was opened before payouts kept it. */
  region?: Region;
  taxForm?: TaxForm;
  /** The kinds that stand, each once. */
  holds: readonly HoldKind[];
  /** They owe the platform something: nothing is withdrawn until it is paid (B-6). */
  isInDebt?: boolean;
}> &
  (
    | { identity: 'unverified' | 'in_review' | 'failed' }
    /** Unanswered until then it fails. */
    | { identity: 'requested'; answerDueAt: Date }
    /** The name is kept, encrypted, only while it is verified. */
    | { identity: 'verified'; nameSealed: Buffer }
  );
export type Identity = Person['identity'];

/** What an operator may record of an identity check. */
export type IdentityChange =
  | { status: 'requested'; answerDays: number }
  | { status: 'in_review' | 'failed' }
  | { status: 'verified'; nameSealed: Buffer };

/** S-3; asked again after `verified` (S-4), and after `failed` as an appeal. */
const goesOnTo: Readonly<Record<Identity, readonly Identity[]>> = {
  unverified: ['requested'],
  requested: ['in_review'],
  in_review: ['verified', 'failed'],
  verified: ['requested'],
  failed: ['requested'],
};

/**
 * What an operator records of a person's identity (S-3). An answer at the due instant is late: the timer has
 * the word then.
 * @throws Rejection identity.wrong_state
 */
export function changeIdentity(person: Person, change: IdentityChange, now: Date): Person {
  const isOver = person.identity === 'requested' && isLate(now, person.answerDueAt);
  if (isOver || !goesOnTo[person.identity].includes(change.status)) {
    throw new Rejection('identity.wrong_state', { identity: person.identity });
  }
  const { id, region, taxForm, holds } = person;
  const kept = { id, region, taxForm, holds };
  switch (change.status) {
    case 'requested':
      return { ...kept, identity: 'requested', answerDueAt: plusDays(now, change.answerDays) };
    case 'verified':
      return { ...kept, identity: 'verified', nameSealed: change.nameSealed };
    default:
      return { ...kept, identity: change.status };
  }
}

/** Only these two facts leave payouts, and without the data (S-3). */
export function identityFact({
  id: accountId,
  identity,
}: Person): IdentityVerified | IdentityFailed | undefined {
  if (identity === 'verified') return { type: 'payouts.identity.verified', accountId };
  if (identity === 'failed') return { type: 'payouts.identity.failed', accountId, reason: 'refused' };
  return undefined;
}

/** The timer of S-3. Undefined where the request was answered, or asked anew. */
export function identityUnanswered(person: Person, now: Date): IdentityFailed | undefined {
  if (person.identity !== 'requested' || !isLate(now, person.answerDueAt)) return undefined;
  return { type: 'payouts.identity.failed', accountId: person.id, reason: 'unanswered' };
}

/** The state after a failed check. */
export const failedIdentity = ({ id, region, taxForm, holds }: Person): Person => {
  return { id, region, taxForm, holds, identity: 'failed' };
};

/** A person in the US files a W-9, everybody else a W-8BEN (P-13). Undefined where the region is not known. */
export const neededForm = ({ region }: Pick<Person, 'region'>): TaxForm['type'] | undefined =>
  region && (region === 'US' ? 'W-9' : 'W-8BEN');

/**
 * What an operator records of a tax form (P-13). The form of others is none of theirs, but may be recorded as rejected.
 * @throws Rejection tax_form.wrong_type
 */
export function recordTaxForm(
  person: Person,
  { type, status }: Omit<TaxForm, 'recordedAt'>,
  now: Date,
): Person {
  const needed = neededForm(person);
  if (status === 'on_file' && needed && type !== needed)
    throw new Rejection('tax_form.wrong_type', { needed });
  return { ...person, taxForm: { type, status, recordedAt: now } };
}

/** The one that this person must file is on file (P-13, W-4). */
export const hasTaxForm = (person: Pick<Person, 'region' | 'taxForm'>): boolean => {
  const { taxForm } = person;
  return taxForm?.status === 'on_file' && taxForm.type === (neededForm(person) ?? taxForm.type);
};

/** No method of theirs becomes usable while one of these stands (S-5, W-1). */
export const keepsMethodsFrom = ({ holds }: Person): boolean =>
  holds.some((kind) => kind === 'safety' || kind === 'closed');
