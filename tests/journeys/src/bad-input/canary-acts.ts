import { createHmac } from 'node:crypto';
import { expect } from '@jest/globals';
import {
  accept,
  addCard,
  arrangeFunded,
  moneyOf,
  openAccounts,
  payBonus,
  release,
  untilStatus,
} from '../agreement.ts';
import { type Json, type Person, until } from '../marketplace.ts';
import { query } from '../running-inside.ts';
import { digits, newRoutingNumber } from './canaries.ts';
import type { CanaryStage } from './canary-stage.ts';
import { type Route, type Scene } from './route.ts';
import { routes } from './routes.ts';
import { kafkaOf } from './written.ts';

/** An ordinary deal, from the offer to the payment of the work. */
export async function workAndPay(stage: CanaryStage): Promise<Pick<Scene, DealId>> {
  const { market } = stage;
  const client = market.newPerson('client', ['client']);
  const freelancer = market.newPerson('payee', ['freelancer']);
  await openAccounts(client, freelancer);
  // The one before is told of the change, so both are kept and both are written to.
  for (const person of [client, client, freelancer]) {
    const email = `${stage.canaries.word('address', 'an e-mail address')}@people.example`;
    await stage.act(person, 'contracts PUT /v1/accounts/me/email', { email });
  }
  const billingMethodId = await addCard(client);
  const token = `pm_${stage.canaries.word('cardToken', 'the token of a card')}`;
  await stage.act(client, 'escrow POST /v1/billing-methods', { kind: 'card', token });
  const first = { freelancerId: freelancer.id, ...termsOf(stage, 'first') };
  const offer = await stage.act(client, 'contracts POST /v1/offers', first);
  await stage.act(client, `contracts POST /v1/offers/${offer.offerId}/versions`, termsOf(stage, 'second'));
  await stage.providerSays('charge.create');
  const agreement = await accept({ client, freelancer, ...offer, version: 2 });
  await market.settle();
  await untilStatus(agreement, 0, 'funded');
  const { milestoneId } = agreement.milestones[0]!;
  const submit = async (time: string): Promise<string> => {
    await market.settle();
    const files = [{ name: stage.text(`${time} file`), sha256: 'a'.repeat(64) }];
    const work = { message: stage.text(`${time} submission`), files };
    const path = `/v1/milestones/${milestoneId}/submissions` as const;
    const { submissionId } = await stage.act(freelancer, `contracts POST ${path}`, work);
    await untilStatus(agreement, 0, 'submitted');
    return submissionId;
  };
  const changes = { submissionId: await submit('first'), reason: stage.text('a change request') };
  await stage.act(client, `escrow POST /v1/milestones/${milestoneId}/request-changes`, changes);
  const submissionId = await submit('second');
  await release(agreement, 0, submissionId);
  const { bonusId } = await payBonus(agreement, 10_000n);
  await market.settle();
  const { offerId, agreementId } = agreement;
  return {
    client,
    freelancer,
    offerId,
    agreementId,
    milestoneId,
    laterMilestoneId: milestoneId,
    submissionId,
    bonusId,
    billingMethodId,
  };
}
type DealId = Exclude<keyof Scene, 'amendmentId' | 'methodId' | 'withdrawalId' | 'noticeId' | 'holdId'>;

const termsOf = (stage: CanaryStage, version: string): Json => ({
  title: stage.text(`${version} title`),
  scope: stage.text(`${version} scope`),
  deliverables: stage.text(`${version} deliverables`),
  startDate: '2027-01-04',
  type: 'fixed',
  milestones: [
    {
      title: stage.text(`${version} milestone`),
      price: { amountMinor: '100000', currency: 'USD' },
      dueDate: '2027-06-01',
    },
  ],
});

/** What operators record about a chargeback, and why they move the platform's own money. */
export async function answerChargeback(stage: CanaryStage): Promise<void> {
  const { market } = stage;
  const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 10_000n }] });
  const { milestones } = await moneyOf(agreement);
  const disputeId = await market.dispute(milestones[0].funding.fundingId);
  await market.settle();
  const { chargebacks } = await market.operator.get('escrow', '/v1/chargebacks');
  const { chargebackId } = chargebacks.find((one: Json) => one.disputeId === disputeId);
  const answer = stage.reason('an answer to a chargeback');
  await stage.act(market.operator, `escrow POST /v1/chargebacks/${chargebackId}/contest`, answer);
  await market.settle();
  const { short } = await market.operator.get('escrow', '/v1/treasury');
  const what = short.amountMinor === '0' ? 'sweep' : 'top-up';
  const { movementId: reference, amount } = await byStaff(stage, what, {}, 'a movement of money');
  const direction = what === 'sweep' ? 'out' : 'in';
  await market.bankTransfer({ reference, direction, amount: amount.amountMinor });
}

/** Where it needs two persons, another operator says why as well (S-11). */
async function byStaff(
  stage: CanaryStage,
  what: 'top-up' | 'sweep' | 'settle-card',
  named: Json,
  why: string,
): Promise<Json> {
  const { market } = stage;
  const path = `escrow POST /v1/treasury/${what}` as const;
  const said = await stage.act(market.operator, path, { ...named, ...stage.reason(why) });
  if (said.status !== 'proposed') return said;
  const second = market.newPerson('second-operator', ['operator']);
  const words = stage.reason(`${why}, by another`);
  return stage.act(second, path, { amount: said.amount, ...words });
}

/** What operators record about a person, and the person's way out to a bank account. */
export async function payOut(
  stage: CanaryStage,
  freelancer: Person,
): Promise<Pick<Scene, 'methodId' | 'withdrawalId'> & { orderId: string }> {
  const { market, canaries } = stage;
  const holderName = `Ada ${stage.secret('a verified name')}`;
  await clear(stage, freelancer, holderName);
  await market.fault({ op: 'screening.ask', fault: 'screening', params: { result: 'review' } });
  const { methodId, usableAt } = await stage.act(freelancer, 'payouts POST /v1/withdrawal-methods', {
    kind: 'ach',
    holderName,
    routingNumber: canaries.keep('secret', 'a routing number', newRoutingNumber()),
    // An order to it comes back two days after it was paid (simulators/providers/README.md).
    accountNumber: canaries.keep('secret', 'an account number', `9000${digits(12)}5`),
    accountType: 'checking',
  });
  await market.settle();
  const decision = { decision: 'clear', reason: stage.text('a screening') };
  await stage.act(market.operator, `payouts POST /v1/screenings/${methodId}/decision`, decision);
  await market.advance({ to: usableAt });
  await market.advance({ by: 'P5D' });
  const amount = { amountMinor: '50000', currency: 'USD' };
  await stage.providerSays('settlement.create');
  await byStaff(stage, 'settle-card', { amount }, 'a settlement');
  const asked = await stage.act(freelancer, 'payouts POST /v1/withdrawals', { amount, methodId });
  const { withdrawalId, cutOffAt } = asked;
  await stage.providerSays('payout.read');
  await market.advance({ to: cutOffAt });
  await market.advance({ by: 'PT5H' });
  const text = 'select provider_reference as id from attempts where withdrawal_id = $1';
  const [order] = await query<{ id: string }>(stage.inside, 'payouts', text, [withdrawalId]);
  return { methodId, withdrawalId, orderId: order!.id };
}

async function clear(stage: CanaryStage, freelancer: Person, verifiedName: string): Promise<void> {
  const account = `/v1/accounts/${freelancer.id}`;
  const { operator } = stage.market;
  const because = (what: string) => ({ reason: stage.text(what) });
  for (const status of ['requested', 'in_review', 'verified']) {
    const name = status === 'verified' ? { verifiedName } : {};
    const identity = { status, ...name, ...because(`an identity that is ${status}`) };
    await stage.act(operator, `payouts PUT ${account}/identity`, identity);
  }
  const form = { type: 'W-9', status: 'on_file', ...because('a tax form') };
  await stage.act(operator, `payouts PUT ${account}/tax-form`, form);
  const hold = { kind: 'safety', reason: 'other', note: stage.text('a hold') };
  const { holdId } = await stage.act(operator, `contracts POST ${account}/holds`, hold);
  const appeal = `/v1/accounts/me/holds/${holdId}/appeal`;
  const said = { note: stage.text('an appeal') };
  const { appealId } = await stage.act(freelancer, `contracts POST ${appeal}`, said);
  const refusal = { reason: 'other', note: stage.text('a refused appeal') };
  const second = stage.market.newPerson('second-operator', ['operator']);
  await stage.act(second, `contracts POST /v1/appeals/${appealId}/refuse`, refusal);
  const lifting = { reason: 'appeal', note: stage.text('a lifted hold') };
  await stage.act(operator, `contracts POST ${account}/holds/${holdId}/lift`, lifting);
}

/** Notices of both providers, in whose fields stands more than anybody reads. */
export async function notify(stage: CanaryStage, scene: Scene, orderId: string): Promise<void> {
  const noticeId = (from: string): string => stage.canaries.word('noticeId', from);
  const words = (of: string): Json => ({
    description: stage.secret(`${of}, description`),
    metadata: { note: stage.secret(`${of}, metadata`) },
    last_payment_error: { code: stage.secret(`${of}, code`), message: stage.secret(`${of}, message`) },
    vendor_failure_reason: stage.secret(`${of}, vendor_failure_reason`),
  });
  const type = 'payment_intent.succeeded';
  const ofIntent = (id: string): Json => {
    const object = { id: `pi_${noticeId('an intent')}`, ...words('an intent') };
    return { id, type, account: stage.secret('a notice, account'), data: { object } };
  };
  const ofOrder = { event: 'completed', data: { id: orderId, ...words('an order') } };
  const eventId = `evt_${noticeId('a notice of the card provider')}`;
  const [received, refused] = [{ received: true }, { code: 'request.card_number' }];
  const post = (...notice: [provider: 'card' | 'bank', body: Json, id?: string]): Promise<Json> =>
    postSigned(stage, scene, ...notice);
  expect(await post('card', ofIntent(eventId))).toEqual(received);
  expect(await post('bank', ofOrder, noticeId('a notice of the bank'))).toEqual(received);
  // A trace number may pass for a card number: a field that nobody keeps is no reason to refuse the notice.
  const traced = ofIntent(`evt_${noticeId('a notice with a trace')}`);
  expect(await post('card', { ...traced, note: stage.card })).toEqual(received);
  const withTrace = { ...ofOrder, note: stage.card };
  expect(await post('bank', withTrace, noticeId('a notice with a trace'))).toEqual(received);
  expect(await post('bank', ofOrder, stage.card)).toMatchObject(refused);
  const ofCard = { event: 'completed', data: { id: stage.card } };
  expect(await post('bank', ofCard, stage.secret('a refused notice'))).toMatchObject(refused);
  const malformed = { id: stage.secret('a malformed notice'), type, data: words('a malformed notice') };
  expect(await post('card', malformed)).toMatchObject({ code: 'webhook.malformed' });
  const listed = await until(
    'the notice waits for an operator',
    async () => (await stage.send(routeOf('/v1/provider-notices'), scene)).body.notices,
    (notices) => notices.some((notice: Json) => notice.eventId === eventId),
  );
  const { noticeId: id } = listed.find((notice: Json) => notice.eventId === eventId);
  const path = `escrow POST /v1/provider-notices/${id}/acknowledge` as const;
  await stage.act(stage.market.operator, path, stage.reason('an acknowledged notice'));
}

const routeOf = (path: string): Route => routes.find((route) => route.path === path)!;

/** With a signature that is forged, and with the right one. */
async function postSigned(
  stage: CanaryStage,
  scene: Scene,
  provider: 'card' | 'bank',
  notice: Json,
  id = '',
): Promise<Json> {
  const body = JSON.stringify(notice);
  const seconds = Math.floor(Date.now() / 1_000);
  const { canaries, inside } = stage;
  const [secret, signed] =
    provider === 'card' ? [inside.cardWebhookSecret, `${seconds}.${body}`] : [inside.bankWebhookSecret, body];
  const right = createHmac('sha256', secret).update(signed).digest('hex');
  const post = async (mac: string): Promise<Json> => {
    const headers = { 'stripe-signature': `t=${seconds},v1=${mac}`, 'x-signature': mac, 'x-webhook-id': id };
    return (await stage.send(routeOf(`/v1/webhooks/${provider}`), scene, { body, headers })).body;
  };
  await post(canaries.word('secret', `a forged signature of the ${provider}`));
  return post(canaries.keep('secret', `a signature of the ${provider}`, right));
}

/** What no service has written stands on a topic: it is parked, and a redrive leaves it parked (AD-11). */
export async function parkForeignRecords(stage: CanaryStage): Promise<void> {
  const topic = 'escrow.events';
  const name = (of: string): string => stage.canaries.word('foreignName', of);
  const content = (of: string): string => stage.canaries.word('foreign', of);
  const [misfitKey, noJsonKey, typeKey] = stage.foreignKeys as [string, string, string];
  const record = (key: string, type: string, value: string) => ({
    key,
    value,
    headers: {
      ce_specversion: '1.0',
      ce_id: name('the id of a record'),
      ce_source: '/holdfast/escrow',
      ce_type: type,
      ce_subject: content('the subject of a record'),
      ce_time: new Date().toISOString(),
      ce_sequence: '1',
      ce_causationid: 'foreign',
      ce_correlationid: 'foreign',
      note: content('a header of a record'),
    },
  });
  const misfit = { milestoneId: content('a field'), amount: { amountMinor: content('an amount') } };
  const messages = [
    record(misfitKey, 'escrow.milestone.released.v1', JSON.stringify(misfit)),
    record(noJsonKey, 'escrow.milestone.released.v1', `{"${content('no JSON')}`),
    record(typeKey, `escrow.${name('the type of a record')}.v1`, content('a value')),
  ];
  const producer = kafkaOf(stage.inside).producer();
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
  for (const service of ['contracts', 'payouts'] as const) {
    await until(
      `${service} has parked the records`,
      () => stage.market.operator.get(service, '/v1/parked-messages'),
      ({ messages: parked }) => stage.foreignKeys.every((key) => parked.some((one: Json) => one.key === key)),
    );
    const redrive = { topic, key: misfitKey, ...stage.reason('a redrive') };
    await stage.act(stage.market.operator, `${service} POST /v1/parked-messages/redrive`, redrive);
  }
}
