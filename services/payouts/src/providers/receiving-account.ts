import { z } from 'zod';
import type { BankDetails } from '../tables/withdrawal-method.table.ts';
import type { BankClient } from './bank-client.ts';
import type { MethodDetails, SealedMethod } from './method-details.ts';

/**
 * Registration of a freelancer's account at the bank (3.6 of the provider protocols). It moves no money: after
 * a lost answer the same call goes again, under the same key with the same bytes.
 */
export type RegistrationAnswer =
  | { kind: 'registered'; receivingAccountId: string }
  /** The bank does not take these details, for good. */
  | { kind: 'refused' }
  | { kind: 'again'; retryAfterMs?: number };

const Counterparty = z.object({
  accounts: z.array(z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/) })).length(1),
});
/** "These details cannot be processed": the only answer that speaks of the account itself. */
const unprocessable = 422;

export class ReceivingAccounts {
  readonly #client: BankClient;
  readonly #details: MethodDetails;

  constructor(client: BankClient, details: MethodDetails) {
    this.#client = client;
    this.#details = details;
  }

  async register(method: SealedMethod): Promise<RegistrationAnswer> {
    const details = await this.#details.of(method);
    // Whoever was erased has no account to pay to (C-9).
    if (!details) return { kind: 'again' };
    const outcome = await this.#client.call({
      operation: 'counterparty.create',
      method: 'POST',
      path: '/api/counterparties',
      body: counterpartyBody(method.id, details),
      idempotencyKey: method.id,
    });
    switch (outcome.status) {
      case 'accepted': {
        const account = Counterparty.safeParse(outcome.body).data?.accounts[0];
        return account ? { kind: 'registered', receivingAccountId: account.id } : { kind: 'again' };
      }
      case 'refused':
        return { kind: outcome.httpStatus === unprocessable ? 'refused' : 'again' };
      case 'not_sent':
        return { kind: 'again', retryAfterMs: outcome.retryAfterMs };
      case 'unknown':
        return { kind: 'again' };
    }
  }
}

const counterpartyBody = (methodId: string, details: BankDetails): string =>
  JSON.stringify({
    name: details.holderName,
    accounts: [
      {
        party_name: details.holderName,
        account_type: details.accountType,
        account_details: [{ account_number: details.accountNumber }],
        routing_details: [{ routing_number: details.routingNumber, routing_number_type: 'aba' }],
      },
    ],
    metadata: { method_id: methodId },
  });
