import { payoutsEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { type PersonKey, PersonKeyTable, type PersonTexts } from '@holdfast/service';
import { keepsMethodsFrom, type Person } from '../domain/person.ts';
import { sameName } from '../domain/person-name.ts';
import { evolve, type NameCheck, settle, type WithdrawalMethod } from '../domain/withdrawal-method.ts';
import { namePlace, type VerifiedName } from '../tables/person.table.ts';
import {
  type BankDetails,
  detailsPlace,
  loadMethodsOf,
  saveMethod,
} from '../tables/withdrawal-method.table.ts';

/**
 * Saves a method that has changed, as what it becomes thereby: active, disabled, or as it is (W-1, W-2,
 * W-17).
 */
export async function saveSettled(
  tx: Tx,
  texts: PersonTexts,
  { person, method }: { person: Person; method: WithdrawalMethod },
): Promise<WithdrawalMethod> {
  const event = eventOf(texts, await keyOf(tx, person), person, method);
  const settled = event ? evolve(method, event) : method;
  saveMethod(tx, settled);
  if (event) tx.publish(payoutsEvents, [event]);
  return settled;
}

/** The same for all methods of a person whose identity or holds have changed. */
export async function settleMethods(tx: Tx, texts: PersonTexts, person: Person): Promise<void> {
  const key = await keyOf(tx, person);
  for (const method of await loadMethodsOf(tx, person.id)) {
    const event = eventOf(texts, key, person, method);
    if (!event) continue;
    saveMethod(tx, evolve(method, event));
    tx.publish(payoutsEvents, [event]);
  }
}

const keyOf = (tx: Tx, { id }: Person): Promise<PersonKey | undefined> => tx.peek(PersonKeyTable, { id });

function eventOf(
  texts: PersonTexts,
  key: PersonKey | undefined,
  person: Person,
  method: WithdrawalMethod,
): ReturnType<typeof settle> {
  const details = texts.open<BankDetails>(key, detailsPlace(method.id), method.detailsSealed);
  const name = checkName(texts, key, person, details?.holderName);
  return settle(method, { name, isHeld: keepsMethodsFrom(person) });
}

/**
 * The name on a method against the verified one, which leaves its encryption only for this (W-2). Of a person
 * who was erased (C-9) nothing can be compared.
 */
export function checkName(
  texts: PersonTexts,
  key: PersonKey | undefined,
  person: Person,
  holderName: string | undefined,
): NameCheck {
  if (person.identity !== 'verified' || holderName === undefined) return 'not_verified';
  const verified = texts.open<VerifiedName>(key, namePlace(person.id), person.nameSealed);
  if (!verified) return 'not_verified';
  return sameName(verified.name, holderName) ? 'same' : 'different';
}
