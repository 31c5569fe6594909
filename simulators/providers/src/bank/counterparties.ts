import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { behaviourOf } from './magic-accounts.ts';
import { type Counterparty, counterparties, type ExternalAccount, externalAccounts } from './model.ts';
import { metadata, text } from './params.ts';
import { counterpartyObject } from './render.ts';
import { isRoutingNumber } from './routing-numbers.ts';

const Account = z.strictObject({
  party_name: text,
  party_type: z.enum(['individual', 'business']).optional(),
  account_type: z.enum(['checking', 'savings']),
  account_details: z.tuple([
    z.strictObject({ account_number: z.string().regex(/^\d{4,17}$/, 'Not an account number') }),
  ]),
  routing_details: z.tuple([
    z.strictObject({
      routing_number: z.string().refine(isRoutingNumber, 'Not a routing number'),
      routing_number_type: z.literal('aba'),
    }),
  ]),
});

export const CreateCounterparty = z.strictObject({
  name: text,
  accounts: z.array(Account).min(1).max(10),
  metadata,
});

/** An account that is named with the order itself, by the token of whoever verified its holder: no number is told. */
export const InlineAccount = z.strictObject({
  party_name: text.optional(),
  plaid_processor_token: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/, 'Not a token'),
});

export function addTokenAccount(
  { tx, atMs }: Step,
  { party_name, plaid_processor_token: token }: z.output<typeof InlineAccount>,
): ExternalAccount {
  const numberSha256 = createHash('sha256').update(token).digest('hex');
  const account: ExternalAccount = {
    id: tx.newId('ea'),
    createdAtMs: atMs,
    counterparty: null,
    partyName: party_name ?? null,
    partyType: null,
    accountType: 'checking',
    lastFour: numberSha256.slice(-4),
    numberSha256,
    routingNumber: null,
    behaviour: 'pays',
  };
  tx.put(externalAccounts, account.id, account);
  return account;
}

export function createCounterparty(step: Step, given: z.output<typeof CreateCounterparty>): Answer {
  const { tx, atMs } = step;
  const id = tx.newId('cp');
  const accounts = given.accounts.map((account) => addAccount(step, id, account));
  const counterparty: Counterparty = {
    id,
    createdAtMs: atMs,
    name: given.name,
    accounts: accounts.map((account) => account.id),
    metadata: given.metadata,
  };
  tx.put(counterparties, id, counterparty);
  return { status: 201, body: counterpartyObject(counterparty, accounts) };
}

function addAccount(
  { tx, atMs }: Step,
  counterparty: string,
  { party_name, party_type, account_type, account_details, routing_details }: z.output<typeof Account>,
): ExternalAccount {
  const [{ account_number }] = account_details;
  const [{ routing_number }] = routing_details;
  const account: ExternalAccount = {
    id: tx.newId('ea'),
    createdAtMs: atMs,
    counterparty,
    partyName: party_name,
    partyType: party_type ?? null,
    accountType: account_type,
    lastFour: account_number.slice(-4),
    numberSha256: createHash('sha256').update(`${routing_number}/${account_number}`).digest('hex'),
    routingNumber: routing_number,
    behaviour: behaviourOf(account_number),
  };
  tx.put(externalAccounts, account.id, account);
  return account;
}
