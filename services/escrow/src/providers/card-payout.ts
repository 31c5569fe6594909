import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { PayoutObservation, PayoutView, SettlementFailure } from '../domain/settlement.ts';
import { isKeyConflict, type NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';
import { findMarked } from './card-list.ts';

/** The card provider pays out its own balance to our bank (provider protocols, 4.7). */

/** Exact bytes of the call, stored before it is made. */
export const payoutBodyOf = (settlementId: string, { amountMinor, currency }: Money): string =>
  new URLSearchParams({
    amount: String(amountMinor),
    currency: currency.toLowerCase(),
    'metadata[settlement_id]': settlementId,
  }).toString();

const Payout = z.object({
  id: z.string().regex(/^po_[A-Za-z0-9_]{1,100}$/),
  status: z.enum(['pending', 'in_transit', 'paid', 'failed', 'canceled']),
  amount: z.int().nonnegative(),
  currency: z.string().max(3),
  failure_code: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).default({}),
});
/** With our mark, for a notice that names only the payout. */
type ReadPayout = PayoutView & { settlementId?: string };
type Answer = Exclude<PayoutObservation, { kind: 'seen' }> | { kind: 'seen'; payout: ReadPayout } | NotSent;

const Refusal = z.object({ error: z.object({ code: z.string().nullish() }) });

/** The provider's words for what is wrong with the account that it pays to. */
const bankAccountCodes =
  /^(account_(closed|frozen)|bank_(account|ownership)_\w+|(in(valid|correct)|no)_account\w*|debit_not_authorized)$/;

function failureOf(code: string | null | undefined): SettlementFailure | undefined {
  if (!code) return undefined;
  if (/^(balance_insufficient|insufficient_funds)$/.test(code)) return 'balance_insufficient';
  return bankAccountCodes.test(code) ? 'bank_account_unusable' : undefined;
}

const viewOf = (payout: z.output<typeof Payout>): ReadPayout => ({
  id: payout.id,
  status: payout.status,
  amountMinor: BigInt(payout.amount),
  currency: payout.currency,
  failure: payout.status === 'canceled' ? 'cancelled' : (failureOf(payout.failure_code) ?? 'provider_failed'),
  settlementId: z.uuid().safeParse(payout.metadata.settlement_id).data,
});

/** An answer whose form is not the documented one may have executed: it is asked about. */
function observationOf(outcome: CallOutcome): Answer {
  switch (outcome.status) {
    case 'accepted': {
      const payout = Payout.safeParse(outcome.body);
      return payout.success ? { kind: 'seen', payout: viewOf(payout.data) } : { kind: 'unknown' };
    }
    case 'refused': {
      if (isKeyConflict(outcome.body)) return { kind: 'unknown' };
      const code = Refusal.safeParse(outcome.body).data?.error.code;
      return { kind: 'refused', failure: failureOf(code) ?? 'refused' };
    }
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/**
 * Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again.
 */
function readingOf(outcome: CallOutcome): Answer {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const observation = observationOf(outcome);
  return observation.kind === 'seen' || observation.kind === 'not_sent' ? observation : { kind: 'not_sent' };
}

export class CardPayout {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** The key is the settlement's: the provider executes it once. */
  async create(settlementId: string, body: string): Promise<Answer> {
    return observationOf(
      await this.#client.call({
        operation: 'settlement.create',
        method: 'POST',
        path: '/v1/payouts',
        body,
        idempotencyKey: `${settlementId}.payout`,
      }),
    );
  }

  async read(payoutId: string): Promise<Answer> {
    return readingOf(
      await this.#client.call({
        operation: 'settlement.read',
        method: 'GET',
        path: `/v1/payouts/${encodeURIComponent(payoutId)}`,
      }),
    );
  }

  /** Finds the payout whose call got no answer. */
  async find(settlementId: string): Promise<Answer> {
    const mark = { name: 'settlement_id', value: settlementId };
    const found = await findMarked(this.#client, 'settlement.read', { path: '/v1/payouts', of: {}, mark });
    return 'status' in found ? readingOf(found) : found;
  }
}
