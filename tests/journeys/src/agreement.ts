import { type Json, type Marketplace, type Person, until } from './marketplace.ts';

export interface MilestoneDraft {
  title?: string;
  amountMinor?: bigint;
  percentHundredths?: number;
}

export interface AgreementDraft {
  milestones: readonly MilestoneDraft[];
  budgetMinor?: bigint;
  /** Of each milestone. */
  dueDate?: string;
  /** The provider's token of the client's card. */
  card?: string;
}

/** An offer between two new people: everything up to, but not including, its acceptance. */
export interface Offer {
  client: Person;
  freelancer: Person;
  offerId: string;
  agreementId: string;
  version: number;
}

export const usd = (amountMinor: bigint) => ({ amountMinor: String(amountMinor), currency: 'USD' });

/** Where a person of these journeys reads mail. */
export const addressOf = ({ id }: Person): string => `${id}@people.example`;

export const openAccount = (person: Person): Promise<Json> =>
  person.post('contracts', '/v1/accounts', { roles: person.roles, region: 'US', email: addressOf(person) });

/** Opens both accounts. */
export async function openAccounts(client: Person, freelancer: Person): Promise<void> {
  await openAccount(client);
  await openAccount(freelancer);
}

/** Adds a card and waits for the provider's set-up: verification and mandate in one (P-2). */
export async function addCard(client: Person, token = 'pm_card_visa'): Promise<string> {
  const { methodId } = await client.post('escrow', '/v1/billing-methods', { kind: 'card', token });
  await untilSetUp(client, methodId);
  return methodId;
}

/** Adds a US bank account and waits for the provider's set-up (P-2). */
export async function addBankDebit(client: Person, token = 'pm_usBankAccount_success'): Promise<string> {
  const { methodId } = await client.post('escrow', '/v1/billing-methods', { kind: 'bank', token });
  await untilSetUp(client, methodId);
  return methodId;
}

/** Adds a PayPal account, which its holder approves on PayPal's page; `account` is how it pays from then on. */
export async function addPaypal(market: Marketplace, client: Person, account?: string): Promise<string> {
  const { methodId } = await client.post('escrow', '/v1/billing-methods', { kind: 'paypal' });
  const { payerUrl } = await until(
    'the payer is sent to PayPal',
    () => methodOf(client, methodId),
    (method) => method?.payerUrl !== undefined,
  );
  await market.payer(new URL(payerUrl).searchParams.get('approval_session_id')!, 'approve', account);
  // PayPal sends no notice of an approval: it is asked.
  await market.advance({ by: 'PT1M' });
  await untilSetUp(client, methodId);
  return methodId;
}

async function methodOf(client: Person, methodId: string): Promise<Json> {
  const { methods } = await client.get('escrow', '/v1/billing-methods');
  return methods.find((method: Json) => method.methodId === methodId);
}

const untilSetUp = (client: Person, methodId: string): Promise<Json> =>
  until(
    'the billing method is set up',
    () => methodOf(client, methodId),
    (method) => method !== undefined && method.status !== 'verifying',
  );

export const untilMethod = (client: Person, methodId: string, status: string): Promise<Json> =>
  until(
    `the billing method is ${status}`,
    () => methodOf(client, methodId),
    (method) => method?.status === status,
  );

/** Contracts hears of the accounts at once, of the client's card a moment after escrow. */
export async function sendOffer(client: Person, freelancer: Person, draft: AgreementDraft): Promise<Offer> {
  const offer = await client.postSoon('contracts', '/v1/offers', {
    freelancerId: freelancer.id,
    title: 'Website for a bakery',
    scope: 'A website with an order form',
    deliverables: 'Source code and a running site',
    startDate: '2027-01-04',
    type: 'fixed',
    ...(draft.budgetMinor === undefined ? {} : { budget: usd(draft.budgetMinor) }),
    milestones: draft.milestones.map((milestone, index) => ({
      title: milestone.title ?? `Part ${index + 1}`,
      dueDate: draft.dueDate ?? '2027-06-01',
      ...(milestone.amountMinor === undefined
        ? { percentHundredths: milestone.percentHundredths }
        : { price: usd(milestone.amountMinor) }),
    })),
  });
  return { client, freelancer, ...offer };
}

/** New people, accounts, a verified card, and an offer that waits for its answer. */
export async function arrangeOffer(market: Marketplace, draft: AgreementDraft): Promise<Offer> {
  const client = market.newPerson('client', ['client']);
  const freelancer = market.newPerson('freelancer', ['freelancer']);
  await openAccounts(client, freelancer);
  await addCard(client, draft.card);
  return sendOffer(client, freelancer, draft);
}

export interface Agreement extends Offer {
  /** In the order of the offer. */
  milestones: { milestoneId: string; order: number }[];
}

/** The freelancer accepts; escrow charges the first milestone at once (E-3). */
export async function accept(offer: Offer): Promise<Agreement> {
  const { offerId, version, freelancer } = offer;
  const { milestones } = await freelancer.post('contracts', `/v1/offers/${offerId}/accept`, { version });
  return { ...offer, milestones };
}

/** Accepted, and the first milestone's money is held. */
export async function arrangeFunded(market: Marketplace, draft: AgreementDraft): Promise<Agreement> {
  const agreement = await accept(await arrangeOffer(market, draft));
  await untilStatus(agreement, 0, 'funded');
  return agreement;
}

export const moneyOf = (agreement: Offer): Promise<Json> =>
  agreement.client.get('escrow', `/v1/agreements/${agreement.agreementId}/money`);

export async function untilStatus(agreement: Agreement, index: number, status: string): Promise<Json> {
  const { milestoneId } = agreement.milestones[index]!;
  const read = async () => {
    const answer = await agreement.client.request(
      'escrow',
      'GET',
      `/v1/agreements/${agreement.agreementId}/money`,
    );
    return answer.body.milestones?.find((milestone: Json) => milestone.milestoneId === milestoneId);
  };
  return until(`milestone ${index + 1} is ${status}`, read, (milestone) => milestone?.status === status);
}

const routeOf = ({ milestones }: Agreement, index: number, act: string): string =>
  `/v1/milestones/${milestones[index]!.milestoneId}/${act}`;

export const submit = (agreement: Agreement, index: number): Promise<Json> =>
  agreement.freelancer.post('contracts', routeOf(agreement, index, 'submissions'), {
    message: 'The work is done.',
    files: [],
  });

export const fund = (agreement: Agreement, index: number, version = 1): Promise<Json> =>
  agreement.client.post('escrow', routeOf(agreement, index, 'fund'), { version });

/** All that is held or a part of it (E-8), alone or with a bonus beside it (E-10). */
export const release = (
  agreement: Agreement,
  index: number,
  submissionId?: string,
  { amountMinor, bonusMinor }: { amountMinor?: bigint; bonusMinor?: bigint } = {},
): Promise<Json> =>
  agreement.client.post('escrow', routeOf(agreement, index, 'release'), {
    ...(submissionId ? { submissionId } : {}),
    ...(amountMinor === undefined ? {} : { amount: usd(amountMinor) }),
    ...(bonusMinor === undefined ? {} : { bonus: { amount: usd(bonusMinor) } }),
  });

/** A milestone that was never funded, charged and released in one step (E-28). */
export const pay = (agreement: Agreement, index: number, version = 1): Promise<Json> =>
  agreement.client.post('escrow', routeOf(agreement, index, 'pay'), { version });

export const payBonus = ({ client, agreementId }: Agreement, amountMinor: bigint): Promise<Json> =>
  client.post('escrow', `/v1/agreements/${agreementId}/bonus`, { amount: usd(amountMinor) });

export const requestChanges = (agreement: Agreement, index: number, submissionId: string): Promise<Json> =>
  agreement.client.post('escrow', routeOf(agreement, index, 'request-changes'), {
    submissionId,
    reason: 'The order form lacks a date.',
  });

/** The client ends, and says of each milestone of which money is held how much is paid (E-13). */
export const endAgreement = (
  { client, agreementId }: Offer,
  pays: readonly { milestoneId: string; payMinor: bigint }[],
): Promise<Json> =>
  client.post('escrow', `/v1/agreements/${agreementId}/end`, {
    milestones: pays.map(({ milestoneId, payMinor }) => ({ milestoneId, pay: usd(payMinor) })),
  });

export const approveRefund = ({ freelancer }: Offer, refundRequestId: string): Promise<Json> =>
  freelancer.post('escrow', `/v1/refund-requests/${refundRequestId}/approve`);

export const giveBack = (agreement: Agreement, index: number): Promise<Json> =>
  agreement.freelancer.post('escrow', routeOf(agreement, index, 'give-back'));

/** By the bank to the client's own verified account: one operator proposes it, another decides (E-23, S-11). */
export const rerouteRefund = (operator: Person, refundId: string): Promise<Json> =>
  operator.post('escrow', `/v1/refunds/${refundId}/reroute`, { reason: 'The card is closed.' });

/** Of what was released; without an amount, all of it (E-18). */
export const refund = (agreement: Agreement, index: number, amountMinor?: bigint): Promise<Json> =>
  agreement.freelancer.post(
    'escrow',
    routeOf(agreement, index, 'refund'),
    amountMinor === undefined ? {} : { amount: usd(amountMinor) },
  );
