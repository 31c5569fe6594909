import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { PayoutObservation, PayoutView, SettlementFailure } from '../domain/settlement.ts';
import { isKeyConflict, type NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';

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
/** A list is searched by our own mark, so that one payout of an unknown form does not hide another. */
const Page = z.object({
  data: z.array(z.looseObject({ id: z.string(), metadata: z.record(z.string(), z.string()).default({}) })),
  has_more: z.boolean().default(false),
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

  /** Finds the payout whose call got no answer, by our mark, newest first. */
  async find(settlementId: string, after?: string): Promise<Answer> {
    const page = new URLSearchParams({ limit: '100', ...(after ? { starting_after: after } : {}) });
    const outcome = await this.#client.call({
      operation: 'settlement.read',
      method: 'GET',
      path: `/v1/payouts?${page}`,
    });
    const found = outcome.status === 'accepted' ? Page.safeParse(outcome.body) : undefined;
    if (!found?.success) return notSentOf(outcome);
    const { data, has_more } = found.data;
    const ours = data.find(({ metadata }) => metadata.settlement_id === settlementId);
    if (ours) return readingOf({ status: 'accepted', body: ours });
    const last = has_more ? data.at(-1) : undefined;
    return last ? this.find(settlementId, last.id) : { kind: 'absent' };
  }
}

/** A list that did not come says nothing, whatever its status: it has no id that could be unknown. */
const notSentOf = (outcome: CallOutcome): NotSent => ({
  kind: 'not_sent',
  ...(outcome.status === 'not_sent' ? { retryAfterMs: outcome.retryAfterMs } : {}),
});
