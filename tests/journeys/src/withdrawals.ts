import { usd } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';

/** A person of the journeys has this name, and so have their bank accounts unless a story says otherwise (W-2). */
export const holderName = 'Ada Marie Lopez';

export interface BankAccountDraft {
  holderName?: string;
  routingNumber?: string;
  /** Some numbers of the simulator's bank fail or come back (simulators/providers/README.md). */
  accountNumber?: string;
}

/** Identity verified and a tax form on file, as operators record them (S-3, P-13). */
export async function clearForWithdrawals(market: Marketplace, freelancer: Person): Promise<void> {
  const route = `/v1/accounts/${freelancer.id}`;
  const reason = 'Seen in a video call.';
  for (const status of ['requested', 'in_review'] as const) {
    await market.operator.put('payouts', `${route}/identity`, { status, reason });
  }
  const verified = { status: 'verified', verifiedName: holderName, reason };
  await market.operator.put('payouts', `${route}/identity`, verified);
  const form = { type: 'W-9', status: 'on_file', reason: 'The form has arrived.' };
  await market.operator.put('payouts', `${route}/tax-form`, form);
}

/** Adds a US bank account; it cools off before it can be used (W-1). */
export const addBankAccount = (freelancer: Person, draft: BankAccountDraft = {}): Promise<Json> =>
  freelancer.post('payouts', '/v1/withdrawal-methods', {
    kind: 'ach',
    holderName: draft.holderName ?? holderName,
    routingNumber: draft.routingNumber ?? '021000021',
    accountNumber: draft.accountNumber ?? '123456789',
    accountType: 'checking',
  });

/** Cleared, a bank account added, and three days later it can be used. */
export async function arrangeMethod(
  market: Marketplace,
  freelancer: Person,
  draft: BankAccountDraft = {},
): Promise<string> {
  await clearForWithdrawals(market, freelancer);
  const { methodId, usableAt } = await addBankAccount(freelancer, draft);
  await market.settle();
  await market.advance({ to: usableAt });
  await until(
    'the bank account can be used',
    () => freelancer.get('payouts', '/v1/withdrawal-methods'),
    ({ methods }) => methods.some((one: Json) => one.methodId === methodId && one.status === 'active'),
  );
  return methodId;
}

export const withdraw = (freelancer: Person, methodId: string, amountMinor: bigint): Promise<Json> =>
  freelancer.post('payouts', '/v1/withdrawals', { amount: usd(amountMinor), methodId });

export async function withdrawalOf(freelancer: Person, withdrawalId: string): Promise<Json> {
  return freelancer.get('payouts', `/v1/withdrawals/${withdrawalId}`);
}

/** The bank has the money; nothing is waited for that a bank does not do within a week. */
export async function untilSettled(market: Marketplace, settlementId: string): Promise<void> {
  const paid = async (): Promise<boolean> => {
    const { settlements } = await market.operator.get('escrow', '/v1/treasury/settlements');
    return settlements.some((one: Json) => one.settlementId === settlementId && one.status === 'paid');
  };
  await market.settle();
  for (let days = 0; days < 7 && !(await paid()); days += 1) await market.advance({ by: 'P1D' });
  if (!(await paid())) throw new Error(`settlement ${settlementId} is not paid after a week`);
}
