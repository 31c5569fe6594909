import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Agreement, arrangeOffer, submit, untilStatus } from './agreement.ts';
import {
  chainOf,
  collectedResources,
  collectedSpans,
  everyExport,
  labelOf,
  type Span,
} from './collected-spans.ts';
import { type Json, type Marketplace, until } from './marketplace.ts';
import { type Inside, runningInside } from './running-inside.ts';
import { runningMarketplace } from './running-system.ts';
import { arrangeMethod } from './withdrawals.ts';

/** All that a span may tell (AD-18, AD-22): ids, types, route templates; nothing that a person wrote. */
const allowed: Record<string, RegExp> = {
  'holdfast.correlation_id': /^[0-9a-f-]{36}$/,
  'holdfast.deadline': /^[a-z_]+\.[a-z_]+$/,
  'holdfast.operation': /^[a-z_]+(\.[a-z_]+)*$/,
  'holdfast.provider': /^(card|paypal|bank|screening|mail)$/,
  'http.request.method': /^(GET|POST|PUT)$/,
  'http.route': /^\/[a-z0-9/:A-Z_-]*$/,
  'messaging.destination.name': /^(contracts|escrow|payouts)\.events$/,
  'messaging.message.id': /^[0-9a-f-]{36}$/,
  'messaging.operation.type': /^process$/,
  'messaging.system': /^kafka$/,
};
const allowedOfResource = /^(service\.(name|instance\.id)|telemetry\.sdk\.(language|name|version))$/;
const [server, client, consumer] = [2, 3, 5];

// Journeys across processes on whatever machine.
describe('traces, as they reach an OTLP collector (AD-22)', () => {
  let market: Marketplace;
  let inside: Inside;
  let agreement: Agreement;
  let correlationId: string;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    const offer = await arrangeOffer(market, { milestones: [{ amountMinor: 100_000n }] });
    const path = `/v1/offers/${offer.offerId}/accept`;
    const accepted = await offer.freelancer.request('contracts', 'POST', path, {
      body: { version: offer.version },
    });
    correlationId = accepted.headers.get('correlation-id')!;
    agreement = { ...offer, milestones: accepted.body.milestones };
    await untilStatus(agreement, 0, 'funded');
  });

  const correlationOf = ({ attributes }: Span): unknown => attributes['holdfast.correlation_id'];
  const ofPayment = (span: Span): boolean => correlationOf(span) === correlationId;
  const traceWith = (...names: [string, ...string[]]) => traceOfLife(correlationId, ...names);

  /** All spans, once the trace of that life with the named one is whole: each service exports twice a second. */
  async function traceOfLife(
    life: string,
    ...names: [string, ...string[]]
  ): Promise<{ spans: Span[]; trace: Span[]; span: Span }> {
    const traceOf = (spans: Span[]): Span[] => {
      const named = spans.find((one) => labelOf(one) === names[0] && correlationOf(one) === life);
      return spans.filter(({ traceId }) => traceId === named?.traceId);
    };
    const isWhole = (trace: Span[]): boolean =>
      names.every((name) => trace.some((one) => labelOf(one) === name)) &&
      trace.every(({ parentSpanId }) => !parentSpanId || trace.some(({ spanId }) => spanId === parentSpanId));
    const read = async () => traceOf(await collectedSpans(inside));
    const trace = await until(`a trace with ${names.join()}`, read, isWhole);
    const spans = await collectedSpans(inside);
    return { spans, trace, span: trace.find((one) => labelOf(one) === names[0])! };
  }

  it('one joins the acceptance, the charge at the provider and the funded milestone', async () => {
    // Payouts learns of the agreement by the same act.
    const alsoKnown = 'payouts process contracts.contract.activated';
    const { spans, trace, span } = await traceWith('contracts process escrow.milestone.funded', alsoKnown);
    expect(span.kind).toBe(consumer);
    expect(chainOf(spans, span)).toEqual([
      'contracts process escrow.milestone.funded',
      'escrow provider work',
      'escrow process contracts.contract.activated',
      'contracts POST /v1/offers/:offerId/accept',
    ]);
    expect(trace.find(({ parentSpanId }) => parentSpanId === undefined)).toMatchObject({ kind: server });
    for (const call of ['card charge.create', 'card charge.confirm']) {
      const called = trace.find(({ name }) => name === call)!;
      expect({ call, kind: called?.kind }).toEqual({ call, kind: client });
      expect(chainOf(spans, called).slice(1)).toEqual(chainOf(spans, span).slice(1));
    }
  });

  it('one joins the release, the freelancer’s credit and escrow’s note of it, under the payment’s correlation id', async () => {
    const { submissionId } = await submit(agreement, 0);
    await untilStatus(agreement, 0, 'submitted');
    const path = `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`;
    const released = await agreement.client.request('escrow', 'POST', path, { body: { submissionId } });
    expect(released.headers.get('correlation-id')).toBe(correlationId);
    const { spans, trace, span } = await traceWith('escrow process payouts.funds.credited');
    expect(chainOf(spans, span)).toEqual([
      'escrow process payouts.funds.credited',
      'payouts process escrow.milestone.released',
      'escrow POST /v1/milestones/:milestoneId/release',
    ]);
    // A call to a provider, as of the notice of it by mail, belongs to its trace by its parent.
    expect(trace.filter((one) => one.kind !== client && !ofPayment(one))).toEqual([]);
    const funding = spans.find(
      ({ name, ...one }) => name === 'process escrow.milestone.funded' && ofPayment({ name, ...one }),
    )!;
    expect(funding.traceId).not.toBe(span.traceId);
  });

  it('what a timer does has one of its own, linked to the fact that set it', async () => {
    await market.settle();
    await market.advance({ by: 'PT120H' });
    const { spans, span } = await traceWith('escrow process payouts.funds.matured');
    expect(chainOf(spans, span)).toEqual(['escrow process payouts.funds.matured', 'payouts timer hold.end']);
    const timer = spans.find(
      ({ spanId, traceId }) => spanId === span.parentSpanId && traceId === span.traceId,
    )!;
    expect(timer.parentSpanId).toBeUndefined();
    expect(timer.attributes).toMatchObject({
      'holdfast.deadline': 'hold.end',
      'holdfast.correlation_id': correlationId,
    });
    const credited = spans.find(
      (one) =>
        one.name === 'process escrow.milestone.released' && one.service === 'payouts' && ofPayment(one),
    )!;
    expect(timer.links).toEqual([
      expect.objectContaining({ traceId: credited.traceId, spanId: credited.spanId }),
    ]);
  }, 60_000);

  it('one joins the withdrawal, the call to the bank, its payment and escrow’s answer', async () => {
    const { freelancer } = agreement;
    const methodId = await arrangeMethod(market, freelancer);
    const path = '/v1/withdrawals';
    const body = { amount: { amountMinor: '45000', currency: 'USD' }, methodId };
    const asked = await freelancer.request('payouts', 'POST', path, { body });
    const ofWithdrawal = asked.headers.get('correlation-id')!;
    await market.settle();
    await market.advance({ by: 'P7D' });
    const applied = 'payouts process escrow.clearing.applied';
    const { spans, span } = await traceOfLife(ofWithdrawal, applied, 'payouts bank payout.ach');
    expect(chainOf(spans, span)).toEqual([
      'payouts process escrow.clearing.applied',
      'escrow process payouts.withdrawal.paid',
      'payouts provider work',
      'payouts POST /v1/withdrawals',
    ]);
    const called = spans.find(({ name, traceId }) => name === 'bank payout.ach' && traceId === span.traceId)!;
    expect(called.kind).toBe(client);
    expect(chainOf(spans, called)).toEqual([
      'payouts bank payout.ach',
      'payouts provider work',
      'payouts POST /v1/withdrawals',
    ]);
  }, 90_000);

  it('they tell ids, types and routes, and nothing that anybody wrote (F74, I13)', async () => {
    const unknown = new Set<string>();
    for (const { attributes, spans } of await collectedResources(inside)) {
      for (const name of Object.keys(attributes))
        if (!allowedOfResource.test(name)) unknown.add(`resource ${name}`);
      for (const { name, attributes: own } of spans) {
        for (const [key, value] of Object.entries<Json>(own))
          if (!allowed[key]?.test(value)) unknown.add(`${name}: ${key} ${value}`);
      }
    }
    expect([...unknown]).toEqual([]);
    const text = await everyExport(inside);
    expect(text).not.toMatch(
      /Bearer|select |insert |pm_card|whsec_|sk_test|Website for a bakery|The work is done/i,
    );
    for (const { id } of [agreement.client, agreement.freelancer]) expect(text).not.toContain(id);
    expect(text).not.toContain('"events":[{');
  });
});
