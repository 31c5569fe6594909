import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Agreement, arrangeFunded, release, requestChanges, submit, untilStatus } from '../agreement.ts';
import type { Answer, Json, Marketplace, Service } from '../marketplace.ts';
import { everyRow, type Inside, query, runningInside } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { expectProblem } from './problems.ts';
import { withRoles } from './route.ts';

describe('what is asked at the wrong moment, or again', () => {
  let market: Marketplace;
  let inside: Inside;
  let agreement: Agreement;
  let firstSubmission: string;
  let submission: string;

  /** The first milestone is under review for the second time, the second one is not funded. */
  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    agreement = await arrangeFunded(market, {
      milestones: [{ amountMinor: 100_000n }, { amountMinor: 50_000n }],
    });
    firstSubmission = (await submit(agreement, 0)).submissionId;
    await untilStatus(agreement, 0, 'submitted');
    await requestChanges(agreement, 0, firstSubmission);
    await market.settle();
    submission = (await submit(agreement, 0)).submissionId;
    await untilStatus(agreement, 0, 'submitted');
    await market.settle();
  }, 60_000);

  const routeOf = (index: number, act: string): string =>
    `/v1/milestones/${agreement.milestones[index]!.milestoneId}/${act}`;
  const post = (path: string, body: Json = {}, key?: string) =>
    agreement.client.request('escrow', 'POST', path, { body, key });
  const problem = (service: Service, answer: Answer) => ({ service, ms: 0, ...answer });

  /** Refused aloud, and nothing has changed but that the refusal is kept for a repeat (AD-9). */
  async function refused(
    ask: () => Promise<Answer>,
    expected: { status: number; code: string },
  ): Promise<void> {
    const { 'escrow.inbox': _, ...before } = await everyRow(inside);
    expectProblem(problem('escrow', await ask()), expected);
    const { 'escrow.inbox': __, ...after } = await everyRow(inside);
    expect(after).toEqual(before);
  }

  it('an unknown milestone', async () => {
    const acts: [string, Json][] = [
      ['fund', { version: 1 }],
      ['release', {}],
      ['request-changes', { submissionId: randomUUID(), reason: 'x' }],
    ];
    await Promise.all(
      acts.map(([act, body]) =>
        refused(() => post(`/v1/milestones/${randomUUID()}/${act}`, body), {
          status: 404,
          code: 'milestone.unknown',
        }),
      ),
    );
  });

  it('a release of work that is not funded (E-7)', () =>
    refused(() => post(routeOf(1, 'release')), { status: 409, code: 'milestone.not_funded' }));

  it('a charge for a second milestone while the first is not settled (E-2)', () =>
    refused(() => post(routeOf(1, 'fund'), { version: 1 }), { status: 409, code: 'funding.one_at_a_time' }));

  it('a charge for terms that the client has not seen (E-26)', () =>
    refused(() => post(routeOf(1, 'fund'), { version: 2 }), { status: 409, code: 'terms.version_outdated' }));

  it('a charge for a milestone that is funded', () =>
    refused(() => post(routeOf(0, 'fund'), { version: 1 }), {
      status: 409,
      code: 'milestone.already_funded',
    }));

  it.each([
    ['older', () => firstSubmission],
    ['unknown', () => randomUUID()],
  ])('judging an %s submission (E-6)', async (_, idOf) => {
    const submissionId = idOf();
    const outdated = { status: 409, code: 'submission.outdated' };
    await refused(() => post(routeOf(0, 'release'), { submissionId }), outdated);
    await refused(() => post(routeOf(0, 'request-changes'), { submissionId, reason: 'x' }), outdated);
  });

  it('a second submission while one is under review (E-4)', async () => {
    const path = `/v1/milestones/${agreement.milestones[0]!.milestoneId}/submissions`;
    const answer = await agreement.freelancer.request('contracts', 'POST', path, {
      body: { message: 'Again', files: [] },
    });
    expectProblem(problem('contracts', answer), { status: 409, code: 'submission.pending' });
  });

  it('the same key with another body (F59), while the refusal it got is kept', async () => {
    const key = randomUUID();
    const refusal = await post(routeOf(0, 'release'), { submissionId: firstSubmission }, key);
    expectProblem(problem('escrow', refusal), { status: 409, code: 'submission.outdated' });
    const before = await everyRow(inside);
    expectProblem(problem('escrow', await post(routeOf(0, 'release'), { submissionId: submission }, key)), {
      status: 422,
      code: 'idempotency.key_reused',
    });
    expect((await post(routeOf(0, 'release'), { submissionId: firstSubmission }, key)).body).toEqual(
      refusal.body,
    );
    expect(await everyRow(inside)).toEqual(before);
  });

  it('the same key of another caller is another key (F60)', async () => {
    const key = randomUUID();
    await post(routeOf(1, 'release'), {}, key);
    const other = withRoles(market.newPerson('other', []), ['client']);
    const answer = await other.request('escrow', 'POST', '/v1/billing-methods', {
      body: { kind: 'card', token: 'pm_card_visa' },
      key,
    });
    expect(answer.status).toBe(202);
    const released = await other.request('escrow', 'POST', routeOf(1, 'release'), { body: {}, key });
    expectProblem(problem('escrow', released), { status: 404, code: 'milestone.unknown' });
    await market.settle();
  });

  it('one key, ten times at once: one release, and each gets its answer (F58)', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(routeOf(0, 'release'), { submissionId: submission }, key)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.transferId)).size).toBe(1);
    const transfers = await query(inside, 'escrow', 'select id from transfers where agreement_id = $1', [
      agreement.agreementId,
    ]);
    expect(transfers).toHaveLength(1);
    await market.settle();
  });

  it('a second release, and whatever else comes too late (E-7)', async () => {
    const over = { status: 409, code: 'milestone.released' };
    await refused(() => post(routeOf(0, 'release'), {}), over);
    await refused(() => post(routeOf(0, 'release'), { submissionId: submission }), over);
    await refused(() => post(routeOf(0, 'request-changes'), { submissionId: submission, reason: 'x' }), over);
    const path = `/v1/milestones/${agreement.milestones[0]!.milestoneId}/submissions`;
    const answer = await agreement.freelancer.request('contracts', 'POST', path, {
      body: { message: 'Again', files: [] },
    });
    expectProblem(problem('contracts', answer), over);
  });

  it('has paid exactly once', async () => {
    await expect(release(agreement, 0)).rejects.toMatchObject({ code: 'milestone.released' });
    const { journals } = await market.operator.get(
      'payouts',
      `/v1/journals?agreement=${agreement.agreementId}`,
    );
    expect(journals.map((journal: Json) => journal.kind)).toEqual(['release']);
    const balances = await agreement.freelancer.get('payouts', '/v1/balances/me');
    expect(balances.pending.amountMinor).toBe('90000');
  });
});
