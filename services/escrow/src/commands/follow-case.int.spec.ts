import { plusDays, plusHours, usd } from '@holdfast/domain';
import { Deadlines, newId, partitionOf, saveWatermark } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { describe, expect, jest, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { escrowDeadlines } from '../deadlines.ts';
import { Cases } from '../testing/cases.ts';
import { Dormancies } from '../testing/dormancies.ts';
import { Endings } from '../testing/endings.ts';
import { event, useEscrow } from '../testing/escrow.ts';
import { ReleaseBySilenceHandler } from './release-milestone.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const cases = () => new Cases(escrow());
const endings = () => new Endings(escrow());
const dormancies = () => new Dormancies(escrow());
const lastOf = async (agreementId: string, count: number) =>
  (await escrow().published(agreementId)).slice(-count);
const freezesOf = (milestoneId: string) =>
  escrow().rows(
    'select cause, cause_id, amount_minor, ended, since from freezes where milestone_id = $1 order by id',
    [milestoneId],
  );
const reviewOf = async (milestoneId: string) =>
  (
    await escrow().rows(
      'select status, review_due_at as "dueAt", review_left_ms as "leftMs" from milestones where id = $1',
      [milestoneId],
    )
  )[0]!;
const answersOf = async (agreementId: string) =>
  (await escrow().typesOf(agreementId)).filter((type) =>
    /^escrow\.milestone\.(un)?fr(ozen|eeze_refused)$/.test(type),
  );

describe('D-1, D-19: a case is answered with what is really frozen', () => {
  test('E-16, D-15: the review stands still, nothing claimed moves, and withdrawn all is as before', async () => {
    const agreed = await escrow().submitted();
    const { agreementId, clientId, submissionId, dueAt } = agreed;
    const milestoneId = agreed.milestoneIds[0]!;
    const openedAt = escrow().now();
    const caseId = await cases().open(agreed, { openedAt });
    const leftMs = dueAt.getTime() - openedAt.getTime();
    const named = { agreementId, milestoneId, cause: 'case', causeId: caseId };
    expect(await lastOf(agreementId, 2)).toEqual([
      {
        type: 'escrow.milestone.frozen',
        ...named,
        amount: usd(30_000n),
        balance: usd(100_000n),
        frozenAt: openedAt,
      },
      { type: 'escrow.review.suspended', agreementId, milestoneId, submissionId, leftMs, cause: 'case' },
    ]);
    expect(await freezesOf(milestoneId)).toEqual([
      { cause: 'case', cause_id: caseId, amount_minor: 30_000n, ended: false, since: openedAt },
    ]);
    await expect(escrow().release(clientId, milestoneId, { submissionId })).rejects.toMatchObject({
      code: 'milestone.frozen',
    });
    await expect(escrow().giveBack(agreed.freelancerId, milestoneId)).rejects.toMatchObject({
      code: 'milestone.frozen',
    });
    escrow().pass(plusDays(dueAt, 30));
    await escrow().silence(milestoneId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('submitted');

    await cases().withdraw(agreed, caseId);
    const [unfrozen, resumed] = await lastOf(agreementId, 2);
    expect(unfrozen).toEqual({ type: 'escrow.milestone.unfrozen', ...named, balance: usd(100_000n) });
    const { dueAt: until } = resumed as unknown as { dueAt: Date };
    expect(resumed).toMatchObject({ type: 'escrow.review.resumed', submissionId });
    expect(until.getTime()).toBeGreaterThanOrEqual(plusDays(dueAt, 30).getTime() + leftMs);
    expect(await reviewOf(milestoneId)).toEqual({ status: 'submitted', dueAt: until, leftMs: null });
    await escrow().silence(milestoneId, until);
    expect(await escrow().statusOf(milestoneId)).toBe('released');
  });

  test('D-2: what is not claimed moves on', async () => {
    const agreed = await escrow().funded();
    const [milestoneId] = agreed.milestoneIds;
    await cases().open(agreed);
    const part = (amountMinor: bigint) => escrow().release(agreed.clientId, milestoneId!, { amountMinor });
    await expect(part(70_001n)).rejects.toMatchObject({ code: 'milestone.frozen' });
    expect(await part(70_000n)).toMatchObject({ status: 'funded' });
    await expect(part(1n)).rejects.toMatchObject({ code: 'milestone.frozen' });
  });

  test('a balance below the claim is frozen as it is', async () => {
    const agreed = await escrow().funded();
    await escrow().release(agreed.clientId, agreed.milestoneIds[0]!, { amountMinor: 60_000n });
    await cases().open(agreed, { claimMinor: 90_000n });
    expect(await lastOf(agreed.agreementId, 1)).toMatchObject([
      { type: 'escrow.milestone.frozen', amount: usd(40_000n), balance: usd(40_000n) },
    ]);
  });

  test('E-22: beside a safety hold; the review goes on when both have ended', async () => {
    const agreed = await escrow().submitted();
    const [milestoneId, holdId] = [agreed.milestoneIds[0]!, newId()];
    const caseId = await cases().open(agreed);
    await escrow().hold(agreed.clientId, { holdId });
    await cases().withdraw(agreed, caseId);
    expect((await reviewOf(milestoneId)).dueAt).toBeNull();
    await escrow().hold(agreed.clientId, { holdId, isStanding: false });
    expect((await reviewOf(milestoneId)).dueAt).toBeInstanceOf(Date);
  });

  test('AD-12: the same message twice is answered once, and so is a withdrawal', async () => {
    const agreed = await escrow().funded();
    const [opening, ending, caseId] = [event(), event(), newId()];
    const openedAt = escrow().now();
    for (let time = 0; time < 2; time += 1) {
      await cases().open(agreed, { message: opening, caseId, openedAt });
      await cases().withdraw(agreed, caseId, ending);
    }
    expect(await answersOf(agreed.agreementId)).toEqual([
      'escrow.milestone.frozen',
      'escrow.milestone.unfrozen',
    ]);
  });
});

describe('D-19: a case is refused, and why', () => {
  const refusalOf = async (agreementId: string) => {
    const [last] = await lastOf(agreementId, 1);
    expect(last).toMatchObject({ type: 'escrow.milestone.freeze_refused', cause: 'case' });
    const { reason, balance } = last as unknown as { reason: string; balance: unknown };
    return { reason, balance };
  };

  test('nothing is held: not yet, or not any more', async () => {
    const agreed = await escrow().agreement();
    await cases().open(agreed);
    expect(await refusalOf(agreed.agreementId)).toEqual({ reason: 'nothing_held', balance: usd(0n) });
    const paid = await escrow().funded();
    await escrow().release(paid.clientId, paid.milestoneIds[0]!);
    await cases().open(paid);
    expect(await refusalOf(paid.agreementId)).toEqual({ reason: 'settled', balance: usd(0n) });
    expect(await freezesOf(paid.milestoneIds[0]!)).toEqual([]);
  });

  test('a second case on the milestone; after the first is withdrawn it may be opened', async () => {
    const agreed = await escrow().funded();
    const first = await cases().open(agreed);
    await cases().open(agreed);
    expect(await refusalOf(agreed.agreementId)).toEqual({
      reason: 'already_in_dispute',
      balance: usd(100_000n),
    });
    await cases().withdraw(agreed, first);
    const second = await cases().open(agreed);
    expect(await freezesOf(agreed.milestoneIds[0]!)).toMatchObject([
      { cause_id: first, ended: true },
      { cause_id: second, ended: false },
    ]);
  });

  test('the milestone of another contract: its money, its facts and its balance are untouched', async () => {
    const [own, other] = [await escrow().funded(), await escrow().funded()];
    const before = await escrow().typesOf(other.agreementId);
    await cases().open(own, { milestoneId: other.milestoneIds[0]! });
    expect(await refusalOf(own.agreementId)).toEqual({ reason: 'other_contract', balance: usd(0n) });
    expect(await escrow().typesOf(other.agreementId)).toEqual(before);
    expect(await freezesOf(other.milestoneIds[0]!)).toEqual([]);
    const ending = cases().withdraw({ ...own, milestoneIds: other.milestoneIds }, newId());
    await expect(ending).rejects.toMatchObject({ code: 'case.other_contract' });
  });

  test('D-3: the client cannot open one, nor a stranger', async () => {
    const agreed = await escrow().funded();
    for (const openedBy of [agreed.clientId, 'stranger']) {
      await cases().open(agreed, { openedBy });
      expect(await refusalOf(agreed.agreementId)).toMatchObject({ reason: 'not_the_freelancer' });
    }
  });

  test('a milestone that is not known yet is waited for', async () => {
    const agreed = await escrow().funded();
    const opening = cases().open(agreed, { milestoneId: newId() });
    await expect(opening).rejects.toMatchObject({ name: 'NotYet', code: 'milestone.unknown' });
  });

  test('AD-2a: one that froze nothing is withdrawn: that nothing is frozen is the answer', async () => {
    const agreed = await escrow().funded();
    await escrow().release(agreed.clientId, agreed.milestoneIds[0]!);
    const caseId = await cases().open(agreed);
    await cases().withdraw(agreed, caseId);
    expect(await lastOf(agreed.agreementId, 1)).toMatchObject([
      { type: 'escrow.milestone.unfrozen', cause: 'case', causeId: caseId, balance: usd(0n) },
    ]);
  });
});

describe('E-14: a case on money that is asked back', () => {
  test('the freelancer disputes the request: silence takes nothing, and withdrawn it has the time left', async () => {
    const asked = await endings().asked();
    const { agreementId, refundRequestId, milestoneId, freelancerId, dueAt } = asked;
    for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
    const openedAt = plusDays(dueAt, -1);
    const caseId = await cases().open(asked, { claimMinor: 40_000n, openedAt });
    expect(await endings().requestRow(refundRequestId)).toMatchObject({
      status: 'suspended',
      due_at: null,
      left_ms: 86_400_000n,
    });
    await endings().silence(refundRequestId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
    await expect(endings().approve(freelancerId, refundRequestId)).rejects.toMatchObject({
      code: 'milestone.frozen',
    });
    escrow().pass(plusDays(dueAt, 1));
    await cases().withdraw(asked, caseId);
    const [unfrozen, moved] = await lastOf(agreementId, 2);
    expect(unfrozen).toMatchObject({ type: 'escrow.milestone.unfrozen', causeId: caseId });
    expect(moved).toMatchObject({ type: 'escrow.deadline.moved', reason: 'unfrozen' });
    await endings().silence(refundRequestId, (moved as unknown as { dueAt: Date }).dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  });

  test('M-16: at the end of the seven days it is too late, also before the timer has fired', async () => {
    const asked = await endings().asked();
    const { agreementId, refundRequestId, milestoneId, dueAt } = asked;
    for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
    await cases().open(asked, { openedAt: dueAt });
    expect(await lastOf(agreementId, 1)).toMatchObject([
      { type: 'escrow.milestone.freeze_refused', reason: 'too_late', balance: usd(40_000n) },
    ]);
    await endings().silence(refundRequestId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  });

  test.each([
    ['12 hours before', -12],
    ['6 hours after', 6],
  ])(
    'C-8: the second notice is proven %s the end: the case is in time, and the new end does not run out',
    async (_, hours) => {
      const asked = await endings().asked();
      const { refundRequestId, milestoneId, dueAt } = asked;
      const [first, second] = [plusDays(dueAt, -7), plusHours(dueAt, hours)];
      await endings().notice(asked, first);
      const caseId = await cases().open(asked, { openedAt: plusHours(dueAt, 1) });
      await endings().notice(asked, second);
      await endings().silence(refundRequestId, dueAt);
      expect(await endings().requestRow(refundRequestId)).toMatchObject({ status: 'suspended' });
      await endings().silence(refundRequestId, plusHours(second, 24));
      expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
      escrow().pass(plusDays(dueAt, 3));
      await cases().withdraw(asked, caseId);
      const { due_at: movedTo } = await endings().requestRow(refundRequestId);
      await endings().silence(refundRequestId, movedTo as Date);
      expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    },
  );
});

describe('M-17: the end of a review waits for what disputes may still say, where it is deployed', () => {
  const waitingFor = ['contracts', 'disputes'];

  /** The sweep with its gate. */
  async function sweeping(
    keys: string[],
    work: (reach: (service: string, instant: Date) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { pool, orm, clock, unitOfWork } = escrow().database;
    const handler = new ReleaseBySilenceHandler(unitOfWork);
    const known = new Map<unknown, unknown>([
      [CommandBus, { execute: (command: never) => handler.execute(command) }],
      [CONFIG, { DEPLOYED_SERVICES: waitingFor }],
    ]);
    const app = { get: (token: unknown) => known.get(token) };
    const silence = escrowDeadlines(app as never).filter(({ kind }) => kind === 'review.silence');
    const deadlines = new Deadlines({ pool, orm, clock }, silence);
    deadlines.start();
    try {
      await work(async (service, instant) => {
        for (const key of keys) await saveWatermark(pool, `${service}.events`, partitionOf(key), instant);
        deadlines.wake();
      });
    } finally {
      await deadlines.stop();
    }
  }

  test('AD-14a: a timely case that is heard of after the end still stops it; the late one is refused', async () => {
    const [timely, late] = [await escrow().submitted(), await escrow().submitted()];
    const keys = [timely, late].flatMap(({ agreementId, clientId, freelancerId }) => {
      return [agreementId, clientId, freelancerId];
    });
    const over = plusDays(late.dueAt, 1);
    await sweeping(keys, async (reach) => {
      escrow().pass(over);
      await reach('contracts', over);
      await reach('disputes', new Date(timely.dueAt.getTime() - 1));
      await cases().open(late, { openedAt: late.dueAt });
      await cases().open(timely, { openedAt: new Date(timely.dueAt.getTime() - 1) });
      expect(await escrow().statusOf(late.milestoneIds[0]!)).toBe('submitted');
      await reach('disputes', over);
      await eventually(
        () => escrow().statusOf(late.milestoneIds[0]!),
        (status) => status === 'released',
      );
    });
    expect(await answersOf(late.agreementId)).toEqual(['escrow.milestone.freeze_refused']);
    expect(await answersOf(timely.agreementId)).toEqual(['escrow.milestone.frozen']);
    expect(await reviewOf(timely.milestoneIds[0]!)).toEqual({ status: 'submitted', dueAt: null, leftMs: 1n });
  });
});

describe('F81: a case and a release at once', () => {
  test('M-16: whoever is first wins, and the case is over what is really there', async () => {
    for (let round = 0; round < 12; round += 1) {
      const agreed = await escrow().funded();
      const [milestoneId] = agreed.milestoneIds;
      const isWhole = round % 2 === 0;
      const pay = () =>
        escrow().release(agreed.clientId, milestoneId!, isWhole ? {} : { amountMinor: 80_000n });
      const claim = () => cases().open(agreed, { claimMinor: 50_000n });
      const acts = round % 4 < 2 ? [pay, claim] : [claim, pay];
      await Promise.allSettled(acts.map((act) => act()));
      const answers = await answersOf(agreed.agreementId);
      expect(answers).toHaveLength(1);
      const released = (await escrow().typesOf(agreed.agreementId)).includes('escrow.milestone.released');
      const [freeze] = await freezesOf(milestoneId!);
      const [row] = await escrow().rows('select held_minor as held from milestones where id = $1', [
        milestoneId,
      ]);
      const expected = {
        'escrow.milestone.frozen': released ? 20_000n : 50_000n,
        'escrow.milestone.freeze_refused': undefined,
      }[answers[0]!];
      expect(freeze?.amount_minor).toBe(expected);
      expect(released || answers[0] === 'escrow.milestone.frozen').toBe(true);
      expect((row!.held as bigint) >= ((freeze?.amount_minor as bigint | undefined) ?? 0n)).toBe(true);
    }
  });
});

describe('E-20: a case about money that nobody did anything about', () => {
  test('is a step: what was asked by dormancy is over, opened and withdrawn the days start again', async () => {
    const agreed = await dormancies().freelancerAsked();
    const { agreementId } = agreed;
    const openedAt = escrow().now();
    const caseId = await cases().open(agreed, { openedAt });
    expect(await lastOf(agreementId, 2)).toMatchObject([
      { type: 'escrow.milestone.frozen', causeId: caseId },
      { type: 'escrow.dormancy.cancelled', reason: 'activity' },
    ]);
    const row = await dormancies().row(agreementId);
    expect(row).toMatchObject({ status: 'watching', turn_at: plusDays(openedAt, 76) });
    escrow().pass(plusDays(openedAt, 10));
    await cases().withdraw(agreed, caseId);
    const { turn_at: turnAt } = await dormancies().row(agreementId);
    expect((turnAt as Date).getTime()).toBeGreaterThanOrEqual(plusDays(openedAt, 86).getTime());
  });

  test('D-19, M-16: opened at the end of the step that silence has lost, it comes too late', async () => {
    const agreed = await dormancies().freelancerAsked();
    const { agreementId, freelancerId } = agreed;
    await dormancies().twoNotices(agreementId, freelancerId);
    const { due_at: dueAt } = (await dormancies().row(agreementId)) as Record<string, Date>;
    await cases().open(agreed, { openedAt: dueAt! });
    expect(await lastOf(agreementId, 1)).toMatchObject([
      { type: 'escrow.milestone.freeze_refused', reason: 'too_late', balance: usd(40_000n) },
    ]);
    await dormancies().fire(agreementId);
    expect(await escrow().statusOf(agreed.milestoneIds[0]!)).toBe('refunding');
  });

  test('C-8: where the notices are not proven no silence counts yet, and it is in time', async () => {
    const agreed = await dormancies().freelancerAsked();
    const { agreementId } = agreed;
    const { due_at: dueAt } = (await dormancies().row(agreementId)) as Record<string, Date>;
    await cases().open(agreed, { openedAt: dueAt! });
    expect(await answersOf(agreementId)).toEqual(['escrow.milestone.frozen']);
    await dormancies().fire(agreementId);
    expect(await escrow().statusOf(agreed.milestoneIds[0]!)).toBe('funded');
  });
});
