import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type Agreement,
  accept,
  addressOf,
  arrangeFunded,
  arrangeOffer,
  requestChanges,
  submit,
  untilStatus,
} from './agreement.ts';
import { call, expectProblem } from './bad-input/problems.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { everyRow, type Inside, runningInside } from './running-inside.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(180_000);

const day = 86_400_000;

describe('who is told what, by mail and after login (C-4, C-7, C-8)', () => {
  let market: Marketplace;
  let inside: Inside;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    await market.clearMailFaults();
  });

  const subjectsTo = async (person: Person): Promise<string[]> =>
    (await market.mailsTo(addressOf(person))).map(({ subject }) => subject);
  const feedOf = async (person: Person): Promise<Json[]> =>
    (await person.get('contracts', '/v1/notices')).notices;

  async function underReview(): Promise<{ agreement: Agreement; dueAt: number }> {
    const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }] });
    await submit(agreement, 0);
    await untilStatus(agreement, 0, 'submitted');
    const { deadlines } = await agreement.client.get('escrow', '/v1/deadlines');
    const { dueAt } = deadlines.find(({ kind }: Json) => kind === 'review.silence');
    return { agreement, dueAt: Date.parse(dueAt) };
  }

  it('E-5: the client is reminded on days 7, 11 and 13 of the review, and of nothing once it is over', async () => {
    const { agreement, dueAt } = await underReview();
    const { client, freelancer } = agreement;
    await market.settle();
    const submitted = 'Work was submitted: please review it';
    const reminder = 'Submitted work still waits for your review';
    const asked = async () =>
      (await subjectsTo(client)).filter((subject) => [submitted, reminder].includes(subject));
    expect(await asked()).toEqual([submitted]);
    for (const [left, count] of [
      [7.1, 0],
      [7, 1],
      [3, 2],
      [1, 3],
    ] as const) {
      await market.advance({ to: new Date(dueAt - left * day).toISOString() });
      expect(await asked()).toEqual([submitted, ...Array(count).fill(reminder)]);
    }
    await market.advance({ to: new Date(dueAt).toISOString() });
    await market.settle();
    expect((await subjectsTo(freelancer)).at(-1)).toBe('You have been paid USD 360.00');
    const { text } = (await market.mailsTo(addressOf(client))).find(({ subject }) => subject === reminder)!;
    expect(text).toContain(`/agreements/${agreement.agreementId}`);
  });

  it('E-6: a review that was answered is not reminded of', async () => {
    const { agreement } = await underReview();
    const [{ submissionId }] = (
      await agreement.client.get('contracts', `/v1/agreements/${agreement.agreementId}`)
    ).milestones[0].submissions;
    await requestChanges(agreement, 0, submissionId);
    await market.settle();
    const before = await subjectsTo(agreement.client);
    expect((await subjectsTo(agreement.freelancer)).at(-1)).toBe('Changes were requested');
    await market.advance({ by: 'P8D' });
    expect(await subjectsTo(agreement.client)).toEqual(before);
  });

  it('A-4: an offer is announced when it is sent, and a day before it expires', async () => {
    const { freelancer } = await arrangeOffer(market, { milestones: [{ amountMinor: 10_000n }] });
    await market.advance({ by: 'P5D' });
    expect(await subjectsTo(freelancer)).toEqual(['You have an offer']);
    await market.advance({ by: 'P1D' });
    expect(await subjectsTo(freelancer)).toEqual(['You have an offer', 'An offer to you is about to expire']);
  });

  it('W-1: the owner of a new withdrawal method is told at once', async () => {
    const { freelancer } = await arrangeOffer(market, { milestones: [{ amountMinor: 10_000n }] });
    await freelancer.post('payouts', '/v1/withdrawal-methods', {
      kind: 'ach',
      holderName: 'Ada Lovelace',
      routingNumber: '021000021',
      accountNumber: '123456789',
      accountType: 'checking',
    });
    await until(
      'the mail is there',
      () => subjectsTo(freelancer),
      (subjects) => subjects.includes('A withdrawal method was added'),
    );
  });

  it('C-7: a mail that comes back is a fact; what is shown after login is proven again', async () => {
    const { client } = await arrangeFunded(market, { milestones: [{ amountMinor: 10_000n }] });
    await market.settle();
    const [mail] = (await market.mailsTo(addressOf(client))).slice(-1);
    expect(await market.mailBounces(mail.messageId)).toEqual({ status: 200 });
    const noticeId = mail.messageId.slice(1, 37);
    const seen = async () => (await feedOf(client)).find((notice) => notice.noticeId === noticeId);
    expect(await seen()).toMatchObject({ mail: 'bounced', subject: mail.subject });
    expect(await seen()).not.toHaveProperty('provenAt');
    const { shownAt } = await client.post('contracts', `/v1/notices/${noticeId}/shown`);
    expect(await seen()).toMatchObject({ shownAt, provenAt: shownAt });
  });

  it('C-7: a mail server that refuses, or is away for a moment', async () => {
    const offer = await arrangeOffer(market, { milestones: [{ amountMinor: 10_000n }] });
    const [client, freelancer] = [addressOf(offer.client), addressOf(offer.freelancer)];
    await market.settle();
    await market.mailFault({ fault: 'refuse-recipient', to: freelancer, times: 1_000 });
    await market.mailFault({ fault: 'temporary-failure', to: client, times: 2 });
    const agreement = await accept(offer);
    await untilStatus(agreement, 0, 'funded');
    await market.settle();
    const outcomes = async (person: Person) =>
      (await feedOf(person)).map(({ template, mail }) => `${template} ${mail}`);
    expect(await outcomes(offer.client)).toEqual(['charge_receipt accepted', 'offer_accepted accepted']);
    expect(await outcomes(offer.freelancer)).toEqual(['milestone_funded bounced', 'offer_sent accepted']);
    await market.clearMailFaults();
  });

  it('the feed is the person’s own, newest first, page by page', async () => {
    const { client, freelancer } = await arrangeFunded(market, { milestones: [{ amountMinor: 10_000n }] });
    await market.settle();
    const all = await feedOf(client);
    expect(all.map(({ template }) => template)).toEqual(['charge_receipt', 'offer_accepted']);
    const page = async (after = '') =>
      client.get('contracts', `/v1/notices?limit=1${after && `&after=${after}`}`);
    const first = await page();
    const second = await page(first.next);
    expect([...first.notices, ...second.notices]).toEqual(all);
    expect((await page(second.next)).notices).toEqual([]);
    const foreign = (await feedOf(freelancer))[0].noticeId;
    expect((await page(foreign)).notices).toEqual(first.notices);
  });

  describe('C-4: news are refused by one click, and nothing else', () => {
    let client: Person;
    let url: URL;
    const refuse = (path: string, more: Partial<Parameters<typeof call>[3]> = {}) =>
      call(market.urls, 'contracts', path, {
        method: 'POST',
        body: 'List-Unsubscribe=One-Click',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        ...more,
      });
    const newsByMail = async () => (await client.get('contracts', '/v1/accounts/me')).newsByMail;

    beforeAll(async () => {
      ({ client } = await arrangeFunded(market, { milestones: [{ amountMinor: 10_000n }] }));
      await market.settle();
      const mails = await market.mailsTo(addressOf(client));
      const news = mails.find(({ subject }) => subject === 'Your offer was accepted')!;
      expect(mails.filter(({ headers }) => headers['list-unsubscribe'])).toEqual([news]);
      url = new URL(/^<(.*)>$/.exec(news.headers['list-unsubscribe'])![1]!);
    });

    it('the link shows a page and changes nothing: programs follow links', async () => {
      const page = await call(market.urls, 'contracts', url.pathname + url.search, { method: 'GET' });
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.body).toContain('<form method="post">');
      expect(await newsByMail()).toBe(true);
    });

    it('a token that is not ours is refused, and a form is taken nowhere else', async () => {
      const before = await everyRow(inside);
      for (const token of [
        '',
        'x',
        `${randomUUID()}.${'A'.repeat(43)}`,
        `${url.searchParams.get('token')}A`,
      ]) {
        const problem = await refuse(`/v1/unsubscribe?token=${token}`);
        expectProblem(problem, { status: 400, code: 'unsubscribe.token_invalid' });
      }
      expectProblem(await refuse('/v1/accounts'), { status: 415, code: 'request.media_type' });
      expect(await everyRow(inside)).toEqual(before);
    });

    it('a click is enough, and a second one is harmless', async () => {
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        const answer = await refuse(url.pathname + url.search, { headers: { 'content-type': type } });
        expect([answer.status, answer.body]).toEqual([200, { newsByMail: false }]);
      }
      expect(await newsByMail()).toBe(false);
    });
  });

  describe('a report of the mail server, told by somebody else or told again (F50 to F53)', () => {
    const sign = (body: string, secret = inside.mailWebhookSecret) =>
      createHmac('sha256', secret).update(body).digest('hex');
    const post = (body: string, signature: string | undefined = sign(body)) =>
      call(market.urls, 'contracts', '/v1/webhooks/mail', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'x-signature': signature },
      });
    const reportOf = (messageId: string, more: object = {}) =>
      JSON.stringify({ id: `dsr_${randomUUID()}`, event: 'bounced', messageId, ...more });

    it('forged, of no documented form, or of nothing of ours: nothing is left of it', async () => {
      const body = reportOf(`<${randomUUID()}@holdfast.example>`);
      const before = await everyRow(inside);
      for (const signature of ['', 'x', sign(body, 'another'), `${sign(body)}00`, sign(`${body} `)]) {
        expectProblem(await post(body, signature), { status: 401, code: 'webhook.signature_invalid' });
      }
      for (const report of ['{}', '[]', 'null', reportOf('x'), reportOf(`${randomUUID()}@a b`), '{"id":']) {
        expectProblem(await post(report), { status: 400, code: ['webhook.malformed', 'request.malformed'] });
      }
      expect((await post(reportOf(`<${randomUUID()}@holdfast.example>`, { event: 'delayed' }))).status).toBe(
        200,
      );
      expect(await everyRow(inside)).toEqual(before);
      expect((await post(body)).status).toBe(200);
      const { 'contracts.inbox': _, ...after } = await everyRow(inside);
      const { 'contracts.inbox': __, ...unchanged } = before;
      expect(after).toEqual(unchanged);
    });
  });
});
