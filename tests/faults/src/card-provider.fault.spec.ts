import {
  type Agreement,
  accept,
  addCard,
  arrangeOffer,
  fund,
  type Json,
  openAccounts,
  sendOffer,
  until,
} from '@holdfast/journeys';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { untilMoney } from './load.ts';
import { type Rig, useRig } from './rig.ts';

const minuteMs = 60_000;

interface Case {
  op: 'charge.create' | 'charge.confirm' | 'webhook';
  fault: string;
  params?: object;
  /** Another one on the same funding. */
  also?: Omit<Case, 'also'>;
}

/** Faults 1 to 7 and 19 of the provider protocols, each on both calls of a charge. */
const calls: readonly Pick<Case, 'fault' | 'params'>[] = [
  { fault: 'slow-executed' },
  { fault: 'slow-not-executed' },
  { fault: 'error-before-execution' },
  { fault: 'error-after-execution' },
  { fault: 'too-many-requests', params: { retryAfter: 1 } },
  { fault: 'too-many-requests', params: { retryAfter: 'date', seconds: 2 } },
  { fault: 'too-many-requests' },
  { fault: 'connection-reset', params: { when: 'before' } },
  { fault: 'connection-reset', params: { when: 'within' } },
  { fault: 'connection-refused', params: { seconds: 1 } },
  { fault: 'duplicate-key', params: { answer: '409' } },
  { fault: 'duplicate-key', params: { answer: 'idempotency_error' } },
  { fault: 'duplicate-key', params: { answer: '409', executed: false } },
];

const cases: readonly Case[] = [
  ...calls.map((call) => ({ op: 'charge.create' as const, ...call })),
  ...calls.map((call) => ({ op: 'charge.confirm' as const, ...call })),
  { op: 'charge.confirm', fault: 'webhook-before-response' },
  { op: 'webhook', fault: 'duplicate-webhook', params: { count: 10, concurrent: true } },
  { op: 'webhook', fault: 'lost-webhook' },
  { op: 'webhook', fault: 'bad-signature', params: { kind: 'signature', attempts: 2 } },
  { op: 'webhook', fault: 'bad-signature', params: { kind: 'timestamp', attempts: 2 } },
  { op: 'webhook', fault: 'bad-signature', params: { kind: 'missing', attempts: 2 } },
  // Neither the answer nor the notice arrives: only asking finds it.
  { op: 'charge.confirm', fault: 'error-after-execution', also: { op: 'webhook', fault: 'lost-webhook' } },
];

const titled = cases.map((each): [string, Case] => {
  const { op, fault, params = {}, also } = each;
  return [`${fault} ${JSON.stringify(params)} on ${op}${also ? ` and ${also.fault}` : ''}`, each];
});

describe('a charge, whatever the provider does', () => {
  const rig = useRig('card-provider');
  const agreements = new Map<Case, Agreement>();
  const rules = new Map<Case, string[]>();

  beforeAll(async () => {
    const { market } = rig();
    const [client, freelancer] = [
      market.newPerson('client', ['client']),
      market.newPerson('freelancer', ['freelancer']),
    ];
    await openAccounts(client, freelancer);
    await addCard(client);
    await market.settle();
    const begin = async (each: Case): Promise<void> => {
      const offer = await sendOffer(client, freelancer, { milestones: [{ amountMinor: 100_000n }] });
      const planted: string[] = [];
      for (const { op, fault, params } of each.also ? [each, each.also] : [each]) {
        const match = { reference: offer.agreementId };
        planted.push((await market.fault({ op, fault, params, match })).id);
      }
      rules.set(each, planted);
      agreements.set(each, await accept(offer));
    };
    // A call that hangs holds up no other charge.
    const [slow, ...others] = cases;
    await begin(slow!);
    const reference = agreements.get(slow!)!.agreementId;
    const asked = () => market.providerRequests({ op: 'charge.create', reference });
    await until('the first call hangs', asked, (seen) => seen.length > 0);
    const offer = await sendOffer(client, freelancer, { milestones: [{ amountMinor: 100_000n }] });
    await untilMoney(await accept(offer), 'funded');
    expect(await rig().statusOf(agreements.get(slow!)!)).toBe('funding_pending');

    await Promise.all(others.map(begin));
    await market.settle();
    // What is in doubt is asked about for 10 minutes before anything is sent again.
    await market.advance({ by: 'PT30M' });
  }, 4 * minuteMs);

  it.each(titled)('%s: funded, charged once', async (_, each) => {
    const { market } = rig();
    const agreement = agreements.get(each)!;
    expect(await firedOf(rig(), rules.get(each)!)).toEqual(rules.get(each)!.map(() => 1));
    await untilMoney(agreement, 'funded');
    const { charges } = await market.providerBook(agreement.agreementId);
    expect(charges.map((charge: Json) => charge.amountMinor)).toEqual(['105499']);
    const sent = await market.providerRequests({ reference: agreement.agreementId });
    const posts = sent.filter(({ method }) => method === 'POST');
    // One key for each step, and never other bytes under it.
    expect(new Set(posts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
    expect(
      new Set(posts.map(({ idempotencyKey, bodySha256 }) => `${idempotencyKey} ${bodySha256}`)).size,
    ).toBe(2);
  });

  it('a notice that comes ten times at once is kept once (F50)', async () => {
    const found = cases.find(({ fault }) => fault === 'duplicate-webhook')!;
    const notices = await rig().sql(
      'escrow',
      `select n.event_type from provider_notices n join fundings f on f.intent_id = n.object_id
        where f.agreement_id = $1`,
      [agreements.get(found)!.agreementId],
    );
    expect(notices).toEqual([{ event_type: 'payment_intent.succeeded' }]);
  });

  it('and the books are exact', () => assertBooksExact(rig()).then(() => undefined), minuteMs);

  it(
    'a bank that wants the payer: the unattended charge fails, the client funds and confirms (P-16)',
    async () => {
      const agreement = await payerNeeded(rig());
      const intentId = await awaitingPayer(rig(), agreement);
      await rig().market.payer(intentId, 'confirm');
      await untilMoney(agreement, 'funded');
      const { charges } = await rig().market.providerBook(agreement.agreementId);
      expect(charges).toEqual([expect.objectContaining({ intentId, amountMinor: '105499' })]);
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'a payer lets 15 minutes pass: cancelled at the provider first, then failed; funded once more (E-26)',
    async () => {
      const { market } = rig();
      const agreement = await payerNeeded(rig());
      const intentId = await awaitingPayer(rig(), agreement);
      await market.advance({ by: 'PT14M' });
      expect(await rig().statusOf(agreement)).toBe('funding_pending');
      await market.advance({ by: 'PT1M' });
      const milestone = await untilMoney(agreement, 'agreed');
      expect([milestone.funding.status, milestone.funding.reason]).toEqual(['failed', 'expired']);
      const cancels = await market.providerRequests({ op: 'charge.cancel', reference: intentId });
      expect(cancels.map(({ outcome, status }) => [outcome, status])).toEqual([['executed', 200]]);
      await expect(market.payer(intentId, 'confirm')).rejects.toThrow();

      const again = await awaitingPayer(rig(), agreement);
      await market.payer(again, 'confirm');
      await untilMoney(agreement, 'funded');
      expect((await market.providerBook(agreement.agreementId)).charges).toHaveLength(1);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );
});

async function firedOf(rig: Rig, ids: readonly string[]): Promise<number[]> {
  const response = await fetch(`${rig.market.urls.providersControl}/__sim/faults`);
  const { faults } = (await response.json()) as { faults: { id: string; fired: number }[] };
  return ids.map((id) => faults.find((rule) => rule.id === id)!.fired);
}

/** An agreement whose charge at acceptance wanted the payer, who was not there. */
async function payerNeeded(rig: Rig): Promise<Agreement> {
  const card = 'pm_card_authenticationRequired';
  const agreement = await accept(
    await arrangeOffer(rig.market, { milestones: [{ amountMinor: 100_000n }], card }),
  );
  const milestone = await untilMoney(agreement, 'agreed');
  expect([milestone.funding.status, milestone.funding.reason]).toEqual(['failed', 'payer_needed']);
  return agreement;
}

/** @returns the provider's id of the charge that waits for its payer */
async function awaitingPayer(rig: Rig, agreement: Agreement): Promise<string> {
  const { fundingId } = await fund(agreement, 0);
  const read = () =>
    rig.sql<{ intent_id: string; status: string }>(
      'escrow',
      'select intent_id, status from fundings where id = $1',
      [fundingId],
    );
  const [funding] = await until('the payer is awaited', read, ([row]) => row?.status === 'awaiting_payer');
  const milestone = await untilMoney(agreement, 'funding_pending');
  expect(milestone.next).toEqual(expect.objectContaining({ what: 'confirm the payment', who: 'client' }));
  expect(milestone.funding.payerUrl).toMatch(/^https?:/);
  return funding!.intent_id;
}
