import { randomUUID } from 'node:crypto';
import { type Json, type Service } from '../marketplace.ts';
import { holderName } from '../withdrawals.ts';
import { nameOf, type Route } from './route.ts';

export const price = { amountMinor: '10000', currency: 'USD' };
const terms = {
  title: 'Website',
  scope: 'A website with an order form',
  deliverables: 'Source code',
  startDate: '2027-01-04',
  type: 'fixed',
  budget: price,
  milestones: [{ title: 'All of it', price, dueDate: '2027-06-01' }],
};
const sha256 = 'a'.repeat(64);

const ofEveryService = (service: Service, setting: Json): Route[] => [
  { service, method: 'GET', path: '/health/live', of: 'everybody' },
  { service, method: 'GET', path: '/health/ready', of: 'everybody' },
  { service, method: 'GET', path: '/v1/policy', of: 'operator' },
  {
    service,
    method: 'PUT',
    path: '/v1/policy',
    of: 'operator',
    body: () => ({ settings: setting, reason: 'a trial' }),
  },
  { service, method: 'GET', path: '/v1/deadlines', of: 'caller' },
  { service, method: 'GET', path: '/v1/deadlines/all', of: 'operator' },
  { service, method: 'GET', path: '/v1/alarms', of: 'operator' },
  { service, method: 'GET', path: '/v1/parked-messages', of: 'operator' },
  {
    service,
    method: 'POST',
    path: '/v1/parked-messages/redrive',
    of: 'operator',
    body: () => ({ topic: 'escrow.events', key: 'nobody', reason: 'a trial', dryRun: true }),
    keyless: true,
  },
  ...['', '/sequences', '/outbox', '/marks', '/parked', '/movements'].map(
    (page): Route => ({ service, method: 'GET', path: `/v1/proof${page}`, of: 'operator' }),
  ),
];

const ofALedger = (service: Service, account: string): Route[] => [
  { service, method: 'GET', path: '/v1/staff-decisions', of: 'operator' },
  { service, method: 'GET', path: '/v1/adjustments', of: 'operator' },
  {
    service,
    method: 'POST',
    path: '/v1/adjustments',
    of: 'operator',
    body: () => ({
      corrects: randomUUID(),
      reason: 'wrong_amount',
      note: 'The statement says otherwise',
      lines: [
        { account, side: 'debit', amount: price },
        { account, side: 'credit', amount: price },
      ],
    }),
  },
  ...['approve', 'reject', 'withdraw'].map(
    (decision): Route => ({
      service,
      method: 'POST',
      path: `/v1/adjustments/{adjustmentId}/${decision}`,
      of: 'operator',
      body: () => ({ note: 'Seen as well' }),
    }),
  ),
  { service, method: 'GET', path: '/v1/journals', of: 'operator' },
  { service, method: 'GET', path: '/v1/ledger/balances', of: 'operator' },
  ...['transfers', 'cash', 'seals'].map(
    (page): Route => ({ service, method: 'GET', path: `/v1/proof/${page}`, of: 'operator' }),
  ),
];

const contracts: Route[] = (
  [
    { method: 'POST', path: '/v1/accounts', of: 'caller', body: () => ({ roles: ['client'], region: 'US' }) },
    { method: 'GET', path: '/v1/accounts/me', of: 'caller' },
    {
      method: 'PUT',
      path: '/v1/accounts/me/email',
      of: 'caller',
      body: () => ({ email: 'somebody@people.example' }),
    },
    { method: 'GET', path: '/v1/notices', of: 'caller' },
    { method: 'POST', path: '/v1/notices/{noticeId}/shown', of: 'party' },
    { method: 'POST', path: '/v1/webhooks/mail', of: 'everybody', keyless: true },
    { method: 'GET', path: '/v1/unsubscribe', of: 'everybody' },
    { method: 'POST', path: '/v1/unsubscribe', of: 'everybody', keyless: true },
    { method: 'POST', path: '/v1/accounts/me/close', of: 'caller' },
    {
      method: 'POST',
      path: '/v1/accounts/{accountId}/close',
      of: 'operator',
      body: () => ({ note: 'Asked for by letter' }),
    },
    { method: 'GET', path: '/v1/accounts/{accountId}/holds', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/accounts/{accountId}/holds',
      of: 'operator',
      body: () => ({ kind: 'safety', reason: 'scam_signals', note: 'Asked for bank details' }),
    },
    {
      method: 'POST',
      path: '/v1/accounts/{accountId}/holds/{holdId}/lift',
      of: 'operator',
      body: () => ({ reason: 'appeal', note: 'It was somebody else' }),
    },
    {
      method: 'POST',
      path: '/v1/accounts/me/holds/{holdId}/appeal',
      of: 'party',
      body: () => ({ note: 'It was somebody else' }),
    },
    { method: 'GET', path: '/v1/appeals', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/appeals/{appealId}/uphold',
      of: 'operator',
      body: () => ({ note: 'The papers were seen' }),
    },
    {
      method: 'POST',
      path: '/v1/appeals/{appealId}/refuse',
      of: 'operator',
      body: () => ({ reason: 'proof_missing', note: 'Nothing was sent' }),
    },
    {
      method: 'POST',
      path: '/v1/offers',
      of: 'caller',
      role: 'client',
      body: ({ freelancer }) => ({ freelancerId: freelancer.id, ...terms }),
    },
    { method: 'GET', path: '/v1/offers/{offerId}', of: 'party', role: 'client' },
    { method: 'POST', path: '/v1/offers/{offerId}/versions', of: 'party', role: 'client', body: () => terms },
    { method: 'POST', path: '/v1/offers/{offerId}/withdraw', of: 'party', role: 'client' },
    {
      method: 'POST',
      path: '/v1/offers/{offerId}/accept',
      of: 'party',
      role: 'freelancer',
      body: () => ({ version: 1 }),
    },
    {
      method: 'POST',
      path: '/v1/offers/{offerId}/request-changes',
      of: 'party',
      role: 'freelancer',
      body: () => ({ version: 1, reason: 'A later date' }),
    },
    { method: 'POST', path: '/v1/offers/{offerId}/decline', of: 'party', role: 'freelancer' },
    { method: 'GET', path: '/v1/agreements/{agreementId}', of: 'party', role: 'client' },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/end',
      of: 'party',
      either: 'freelancer',
      body: ({ milestoneId }) => ({ waivedMilestoneIds: [milestoneId] }),
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/amendments',
      of: 'party',
      either: 'client',
      body: () => ({ changes: [{ kind: 'add', title: 'Care', price, dueDate: '2027-07-01' }] }),
    },
    ...(['accept', 'decline', 'withdraw'] as const).map(
      (answer): Omit<Route, 'service'> => ({
        method: 'POST',
        path: `/v1/agreements/{agreementId}/amendments/{amendmentId}/${answer}`,
        of: 'party',
        either: answer === 'withdraw' ? 'freelancer' : 'client',
      }),
    ),
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/payment-requests',
      of: 'party',
      role: 'freelancer',
      body: ({ laterMilestoneId }) => ({ milestoneIds: [laterMilestoneId] }),
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/order',
      of: 'party',
      role: 'client',
      body: ({ laterMilestoneId }) => ({ milestoneIds: [laterMilestoneId] }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/submissions',
      of: 'party',
      role: 'freelancer',
      body: () => ({ message: 'Done', files: [{ name: 'page.pdf', sha256 }] }),
    },
  ] satisfies Omit<Route, 'service'>[]
).map((route) => ({ service: 'contracts', ...route }));

const ofAProvider = (service: Service, provider: 'card' | 'bank'): Route[] => [
  { service, method: 'POST', path: `/v1/webhooks/${provider}`, of: 'everybody', keyless: true },
  { service, method: 'GET', path: '/v1/provider-notices', of: 'operator' },
  {
    service,
    method: 'POST',
    path: '/v1/provider-notices/{noticeId}/acknowledge',
    of: 'operator',
    body: () => ({ reason: 'Belongs to another account' }),
  },
];

const escrow: Route[] = (
  [
    { method: 'GET', path: '/v1/balances/me', of: 'caller', role: 'freelancer' },
    {
      method: 'POST',
      path: '/v1/billing-methods',
      of: 'caller',
      role: 'client',
      body: () => ({ kind: 'card', token: 'pm_card_visa' }),
    },
    { method: 'GET', path: '/v1/billing-methods', of: 'caller', role: 'client' },
    {
      method: 'POST',
      path: '/v1/billing-methods/{billingMethodId}/confirm',
      of: 'party',
      role: 'client',
      body: () => ({ amounts: [price, price] }),
    },
    {
      method: 'POST',
      path: '/v1/billing-methods/{billingMethodId}/primary',
      of: 'party',
      role: 'client',
    },
    {
      method: 'POST',
      path: '/v1/billing-methods/{billingMethodId}/remove',
      of: 'party',
      role: 'client',
    },
    { method: 'POST', path: '/v1/webhooks/paypal', of: 'everybody', keyless: true },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/fund',
      of: 'party',
      role: 'client',
      body: () => ({ version: 1 }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/pay',
      of: 'party',
      role: 'client',
      body: () => ({ version: 1 }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/release',
      of: 'party',
      role: 'client',
      body: ({ submissionId }) => ({ submissionId, amount: price, bonus: { amount: price } }),
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/bonus',
      of: 'party',
      role: 'client',
      body: () => ({ amount: price }),
    },
    {
      method: 'GET',
      path: '/v1/quotes',
      query: '?milestoneId={milestoneId}',
      of: 'party',
      role: 'client',
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/request-changes',
      of: 'party',
      role: 'client',
      body: ({ submissionId }) => ({ submissionId, reason: 'Something is missing' }),
    },
    { method: 'POST', path: '/v1/milestones/{milestoneId}/give-back', of: 'party', role: 'freelancer' },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/refund',
      of: 'party',
      role: 'freelancer',
      body: () => ({ amount: price }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/paid-refund-requests',
      of: 'party',
      role: 'client',
      body: () => ({ amount: price }),
    },
    {
      method: 'POST',
      path: '/v1/bonuses/{bonusId}/paid-refund-requests',
      of: 'party',
      role: 'client',
      body: () => ({ amount: { amountMinor: '100', currency: 'USD' } }),
    },
    {
      method: 'POST',
      path: '/v1/paid-refund-requests/{paidRefundRequestId}/decline',
      of: 'party',
      role: 'freelancer',
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/refund-by-support',
      of: 'operator',
      body: () => ({ amount: price, reason: 'The freelancer is gone' }),
    },
    {
      method: 'POST',
      path: '/v1/bonuses/{bonusId}/refund-by-support',
      of: 'operator',
      body: () => ({ reason: 'The freelancer is gone' }),
    },
    {
      method: 'POST',
      path: '/v1/bonuses/{bonusId}/refund',
      of: 'party',
      role: 'freelancer',
      body: () => ({ amount: { amountMinor: '100', currency: 'USD' } }),
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/end',
      of: 'party',
      role: 'client',
      body: ({ milestoneId }) => ({
        milestones: [{ milestoneId, pay: price }],
        reason: 'not_as_agreed',
        statement: 'The order form is missing',
      }),
    },
    {
      method: 'POST',
      path: '/v1/refund-requests/{refundRequestId}/approve',
      of: 'party',
      role: 'freelancer',
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/dormancy/request-release',
      of: 'party',
      role: 'freelancer',
    },
    {
      method: 'POST',
      path: '/v1/agreements/{agreementId}/dormancy/refuse-release',
      of: 'party',
      role: 'client',
    },
    { method: 'GET', path: '/v1/agreements/{agreementId}/money', of: 'party', role: 'client' },
    {
      method: 'POST',
      path: '/v1/refunds/{refundId}/retry',
      of: 'operator',
      body: () => ({ reason: 'The card was blocked by mistake' }),
    },
    {
      method: 'POST',
      path: '/v1/refunds/small-charges/{smallChargeId}/retry',
      of: 'operator',
      body: () => ({ reason: 'The card was blocked by mistake' }),
    },
    {
      method: 'POST',
      path: '/v1/refunds/{refundId}/reroute',
      of: 'operator',
      body: () => ({ reason: 'The card is closed' }),
    },
    {
      method: 'POST',
      path: '/v1/refunds/{refundId}/reverse',
      of: 'operator',
      body: () => ({ reason: 'Nobody can be reached' }),
    },
    {
      method: 'POST',
      path: '/v1/treasury/settle-card',
      of: 'operator',
      body: () => ({ amount: price, reason: 'Cash for withdrawals' }),
    },
    { method: 'GET', path: '/v1/treasury/settlements', of: 'operator' },
    { method: 'GET', path: '/v1/treasury', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/treasury/top-up',
      of: 'operator',
      body: () => ({ amount: price, reason: 'A chargeback' }),
    },
    {
      method: 'POST',
      path: '/v1/treasury/sweep',
      of: 'operator',
      body: () => ({ amount: price, reason: 'The evening' }),
    },
    {
      method: 'POST',
      path: '/v1/treasury/read-costs',
      of: 'operator',
      body: () => ({ reason: 'The evening' }),
    },
    { method: 'GET', path: '/v1/treasury/cost-reports', of: 'operator' },
    { method: 'GET', path: '/v1/support-refunds', of: 'operator' },
    { method: 'GET', path: '/v1/chargebacks', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/chargebacks/{chargebackId}/contest',
      of: 'operator',
      body: () => ({ reason: 'The work was delivered' }),
    },
    {
      method: 'POST',
      path: '/v1/chargebacks/{chargebackId}/accept',
      of: 'operator',
      body: () => ({ reason: 'Nothing to say' }),
    },
  ] satisfies Omit<Route, 'service'>[]
).map((route) => ({ service: 'escrow', ...route }));

const payouts: Route[] = (
  [
    { method: 'GET', path: '/v1/balances/me', of: 'caller', role: 'freelancer' },
    {
      method: 'GET',
      path: '/v1/withdrawal-quotes',
      query: '?amountMinor=50000',
      of: 'caller',
      role: 'freelancer',
    },
    { method: 'GET', path: '/v1/accounts/me', of: 'caller', role: 'freelancer' },
    {
      method: 'PUT',
      path: '/v1/accounts/{accountId}/identity',
      of: 'operator',
      body: () => ({ status: 'verified', verifiedName: holderName, reason: 'Seen in a video call' }),
    },
    { method: 'GET', path: '/v1/accounts/{accountId}/gates', of: 'operator' },
    {
      method: 'PUT',
      path: '/v1/accounts/{accountId}/tax-form',
      of: 'operator',
      body: () => ({ type: 'W-9', status: 'on_file', reason: 'The form has arrived' }),
    },
    {
      method: 'POST',
      path: '/v1/withdrawal-methods',
      of: 'caller',
      role: 'freelancer',
      body: () => ({
        kind: 'ach',
        holderName,
        routingNumber: '021000021',
        accountNumber: '123456789',
        accountType: 'checking',
      }),
      digitsIn: 'accountNumber',
    },
    { method: 'GET', path: '/v1/withdrawal-methods', of: 'caller', role: 'freelancer' },
    {
      method: 'POST',
      path: '/v1/withdrawal-methods/{methodId}/remove',
      of: 'party',
      role: 'freelancer',
    },
    {
      method: 'POST',
      path: '/v1/screenings/{methodId}/decision',
      of: 'operator',
      body: () => ({ decision: 'clear', reason: 'Another person of that name' }),
    },
    {
      method: 'POST',
      path: '/v1/withdrawals',
      of: 'caller',
      role: 'freelancer',
      body: ({ methodId }) => ({ amount: price, methodId }),
    },
    { method: 'GET', path: '/v1/withdrawals', of: 'caller', role: 'freelancer' },
    { method: 'GET', path: '/v1/withdrawals/{withdrawalId}', of: 'party', role: 'freelancer' },
    { method: 'POST', path: '/v1/withdrawals/{withdrawalId}/cancel', of: 'party', role: 'freelancer' },
    { method: 'GET', path: '/v1/withdrawals/attention', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/attempts/{key}/resolve',
      of: 'operator',
      body: () => ({ finding: 'not_executed', reason: 'The bank has said so' }),
    },
    { method: 'GET', path: '/v1/sending-stops', of: 'operator' },
    {
      method: 'POST',
      path: '/v1/sending-stops',
      of: 'operator',
      body: () => ({ provider: 'bank', reason: 'The bank has called' }),
    },
    {
      method: 'POST',
      path: '/v1/sending-stops/{stopId}/resume',
      of: 'operator',
      body: () => ({ reason: 'The bank has called again' }),
    },
  ] satisfies Omit<Route, 'service'>[]
).map((route) => ({ service: 'payouts', ...route }));

/** Every route of every service: what the OpenAPI documents list beyond these fails the test that compares them. */
export const routes: readonly Route[] = [
  ...ofEveryService('contracts', { 'offer.expiry_days': 7 }),
  ...ofEveryService('escrow', { 'funding.payer_minutes': 15 }),
  ...ofEveryService('payouts', {}),
  ...ofALedger('escrow', 'E.tax.payable'),
  ...ofALedger('payouts', 'P.revenue.withdrawal_fee'),
  ...ofAProvider('escrow', 'card'),
  ...ofAProvider('payouts', 'bank'),
  ...contracts,
  ...escrow,
  ...payouts,
];

/** For `it.each`: the routes that hold, by name. */
export const routesWhere = (holds: (route: Route) => boolean): [string, Route][] =>
  routes.filter(holds).map((route) => [nameOf(route), route]);
