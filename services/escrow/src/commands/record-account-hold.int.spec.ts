import { plusDays, usd } from '@holdfast/domain';
import { Deadlines, newId, partitionOf, saveWatermark } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { escrowDeadlines } from '../deadlines.ts';
import { Quotes } from '../queries/quotes.ts';
import { event, useEscrow } from '../testing/escrow.ts';
import { ReleaseBySilenceHandler } from './release-milestone.ts';

const escrow = useEscrow();
const freezesOf = (milestoneId: string) =>
  escrow().rows(
    'select cause, cause_id, amount_minor, ended from freezes where milestone_id = $1 order by cause_id',
    [milestoneId],
  );
const reviewOf = async (milestoneId: string) =>
  (
    await escrow().rows(
      'select status, review_due_at as "dueAt", review_left_ms as "leftMs" from milestones where id = $1',
      [milestoneId],
    )
  )[0]!;
const lastOf = async (agreementId: string, count: number) =>
  (await escrow().published(agreementId)).slice(-count);

describe('E-22: a safety hold freezes all that is held of the account', () => {
  test('E-16: rows, milestone and facts are one commit; lifted, the review goes on', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds, submissionId, dueAt } =
      await escrow().submitted();
    const milestoneId = milestoneIds[0]!;
    const [holdId, at] = [newId(), escrow().now()];
    await escrow().hold(freelancerId, { holdId, at });
    const leftMs = dueAt.getTime() - at.getTime();
    const common = { agreementId, milestoneId };
    const named = { ...common, cause: 'safety_hold', causeId: holdId };
    const amounts = { amount: usd(100_000n), balance: usd(100_000n) };
    expect(await lastOf(agreementId, 2)).toEqual([
      { type: 'escrow.milestone.frozen', ...named, ...amounts, frozenAt: at },
      { type: 'escrow.review.suspended', ...common, submissionId, leftMs, cause: 'safety_hold' },
    ]);
    expect(await reviewOf(milestoneId)).toEqual({ status: 'submitted', dueAt: null, leftMs: BigInt(leftMs) });
    const row = { cause: 'safety_hold', cause_id: holdId, amount_minor: 100_000n };
    expect(await freezesOf(milestoneId)).toEqual([{ ...row, ended: false }]);
    await expect(escrow().release(clientId, milestoneId, { submissionId })).rejects.toMatchObject({
      code: 'milestone.frozen',
    });

    escrow().pass(plusDays(dueAt, 30));
    await escrow().silence(milestoneId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('submitted');
    await escrow().hold(freelancerId, { holdId, isStanding: false });
    const [unfrozen, resumed] = await lastOf(agreementId, 2);
    expect(unfrozen).toEqual({ type: 'escrow.milestone.unfrozen', ...named, balance: usd(100_000n) });
    expect(resumed).toMatchObject({ type: 'escrow.review.resumed', submissionId });
    const { dueAt: resumedUntil } = resumed as { dueAt: Date };
    expect(resumedUntil.getTime()).toBeGreaterThanOrEqual(plusDays(dueAt, 30).getTime() + leftMs);
    expect(await reviewOf(milestoneId)).toEqual({ status: 'submitted', dueAt: resumedUntil, leftMs: null });
    expect(await freezesOf(milestoneId)).toEqual([{ ...row, ended: true }]);
    await escrow().silence(milestoneId, resumedUntil);
    expect(await escrow().statusOf(milestoneId)).toBe('released');
  });

  test('two holds, one of each party: the money moves when both are lifted', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().funded();
    const [first, second] = [newId(), newId()];
    await escrow().hold(clientId, { holdId: first });
    await escrow().hold(freelancerId, { holdId: second, kind: 'closed' });
    await escrow().hold(clientId, { holdId: first, isStanding: false });
    const release = () => escrow().release(clientId, milestoneIds[0]!);
    await expect(release()).rejects.toMatchObject({ code: 'milestone.frozen' });
    await escrow().hold(freelancerId, { holdId: second, kind: 'closed', isStanding: false });
    expect(await release()).toMatchObject({ status: 'released' });
    expect((await escrow().typesOf(agreementId)).filter((type) => /frozen$/.test(type))).toHaveLength(4);
  });

  test('S-5: holds of another kind freeze nothing, nor one of somebody else', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    await escrow().hold(clientId, { kind: 'financial' });
    await escrow().hold(clientId, { kind: 'identity' });
    await escrow().hold(`client-${newId()}`);
    expect(await freezesOf(milestoneIds[0]!)).toEqual([]);
    expect(await escrow().typesOf(agreementId)).not.toContain('escrow.milestone.frozen');
  });

  test('S-5: under a financial hold its client funds nothing, and is told so before', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n, 30_000n] });
    const [m1, m2] = milestoneIds as [string, string];
    await escrow().release(clientId, m1);
    const holdId = newId();
    await escrow().hold(clientId, { holdId, kind: 'financial' });
    const onHold = { code: 'account.on_hold', details: { kind: 'financial' } };
    await expect(escrow().fund(clientId, m2)).rejects.toMatchObject(onHold);
    await expect(escrow().pay(clientId, m2)).rejects.toMatchObject(onHold);
    await expect(escrow().bonus(clientId, agreementId, 5_000n)).rejects.toMatchObject(onHold);
    const { unitOfWork, clock } = escrow().database;
    const quotes = new Quotes(unitOfWork, clock);
    await expect(quotes.of({ milestoneId: m2 }, clientId)).rejects.toMatchObject(onHold);
    expect(await escrow().statusOf(m2)).toBe('agreed');
    await escrow().hold(clientId, { holdId, kind: 'financial', isStanding: false });
    expect(await escrow().fund(clientId, m2)).toMatchObject({ status: 'funding_pending' });
  });

  test('S-5, E-3: with nobody present the charge of an agreement fails for the client to act', async () => {
    const [clientId, freelancerId] = [`client-${newId()}`, `freelancer-${newId()}`];
    await escrow().verifiedMethod(clientId);
    await escrow().hold(clientId, { kind: 'financial' });
    const agreed = { agreementId: newId(), clientId, freelancerId, milestoneIds: [newId()] };
    await escrow().activate(agreed, [usd(50_000n)]);
    expect(await lastOf(agreed.agreementId, 1)).toMatchObject([
      { type: 'escrow.funding.failed', reason: 'method_unusable' },
    ]);
  });

  test('S-5: of a hold and a charge at once the first one counts', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
      await escrow().verifiedMethod(clientId);
      const [, charge] = await Promise.allSettled([
        escrow().hold(clientId, { kind: 'financial' }),
        escrow().fund(clientId, milestoneIds[0]!),
      ]);
      const started = (await escrow().typesOf(agreementId)).filter(
        (type) => type === 'escrow.funding.started',
      );
      expect(started).toHaveLength(charge.status === 'fulfilled' ? 1 : 0);
      if (charge.status === 'rejected') expect(charge.reason).toMatchObject({ code: 'account.on_hold' });
    }
  });

  test('the same message twice freezes once', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    const [message, holdId, at] = [event(), newId(), escrow().now()];
    await escrow().hold(clientId, { message, holdId, at });
    await escrow().hold(clientId, { message, holdId, at });
    expect(await freezesOf(milestoneIds[0]!)).toHaveLength(1);
    const frozen = (await escrow().typesOf(agreementId)).filter((type) => type === 'escrow.milestone.frozen');
    expect(frozen).toHaveLength(1);
  });
});

describe('E-22: what is funded or submitted while a hold stands', () => {
  test('a charge that succeeds under it is frozen at once', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().agreement();
    const holdId = newId();
    await escrow().hold(clientId, { holdId });
    await escrow().charge(await escrow().fundingOf(milestoneIds[0]!));
    expect(await lastOf(agreementId, 2)).toMatchObject([
      { type: 'escrow.milestone.funded' },
      { type: 'escrow.milestone.frozen', causeId: holdId, amount: usd(100_000n) },
    ]);
    expect(await freezesOf(milestoneIds[0]!)).toMatchObject([{ cause_id: holdId, ended: false }]);
  });

  test('of a charge and a hold at once none overlooks the other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { clientId, milestoneIds } = await escrow().agreement();
      const fundingId = await escrow().fundingOf(milestoneIds[0]!);
      await escrow().see(fundingId, 'requires_confirmation');
      await Promise.all([escrow().see(fundingId, 'succeeded'), escrow().hold(clientId)]);
      expect(await freezesOf(milestoneIds[0]!)).toMatchObject([{ amount_minor: 100_000n, ended: false }]);
    }
  });

  test('E-16: work submitted under it is reviewed from when the hold is lifted', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    const holdId = newId();
    await escrow().hold(clientId, { holdId });
    await escrow().submit(milestoneIds[0]!, newId());
    const [started, suspended] = await lastOf(agreementId, 2);
    expect([started!.type, suspended!.type]).toEqual(['escrow.review.started', 'escrow.review.suspended']);
    expect(await reviewOf(milestoneIds[0]!)).toMatchObject({ status: 'submitted', dueAt: null });
    await escrow().hold(clientId, { holdId, isStanding: false });
    expect((await reviewOf(milestoneIds[0]!)).dueAt).toBeInstanceOf(Date);
  });

  test('of a submission and a hold at once the review stands still', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { freelancerId, milestoneIds } = await escrow().funded();
      await Promise.all([escrow().submit(milestoneIds[0]!, newId()), escrow().hold(freelancerId)]);
      expect(await reviewOf(milestoneIds[0]!)).toMatchObject({ status: 'submitted', dueAt: null });
    }
  });
});

describe('M-17: the end of a review waits for what contracts may still say', () => {
  /** The sweep with its gate: contracts is deployed, so that its watermarks count. */
  async function sweeping(work: (reach: (instant: Date) => Promise<void>) => Promise<void>, keys: string[]) {
    const { pool, orm, clock, unitOfWork } = escrow().database;
    const handler = new ReleaseBySilenceHandler(unitOfWork);
    const known = new Map<unknown, unknown>([
      [CommandBus, { execute: (command: never) => handler.execute(command) }],
      [CONFIG, { DEPLOYED_SERVICES: ['contracts'] }],
    ]);
    const app = { get: (token: unknown) => known.get(token) };
    const silence = escrowDeadlines(app as never).filter(({ kind }) => kind === 'review.silence');
    const deadlines = new Deadlines({ pool, orm, clock }, silence);
    deadlines.start();
    try {
      await work(async (instant) => {
        for (const key of keys) await saveWatermark(pool, 'contracts.events', partitionOf(key), instant);
        deadlines.wake();
      });
    } finally {
      await deadlines.stop();
    }
  }

  test('AD-14a, E-16: a hold placed before the end, and heard of after it, still stops it', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds, dueAt } = await escrow().submitted();
    await sweeping(
      async (reach) => {
        escrow().pass(plusDays(dueAt, 1));
        await reach(new Date(dueAt.getTime() - 1));
        await escrow().hold(freelancerId, { at: new Date(dueAt.getTime() - 60_000) });
        await reach(plusDays(dueAt, 1));
        expect(await reviewOf(milestoneIds[0]!)).toEqual({
          status: 'submitted',
          dueAt: null,
          leftMs: 60_000n,
        });
      },
      [agreementId, clientId, freelancerId],
    );
    expect(await escrow().typesOf(agreementId)).not.toContain('escrow.milestone.released');
  });

  test('M-16: one that was placed at the end does not, and ends with what it covered', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds, dueAt } = await escrow().submitted();
    await sweeping(
      async (reach) => {
        escrow().pass(plusDays(dueAt, 1));
        await escrow().hold(freelancerId, { at: dueAt });
        expect(await escrow().statusOf(milestoneIds[0]!)).toBe('submitted');
        await reach(plusDays(dueAt, 1));
        await eventually(
          () => escrow().statusOf(milestoneIds[0]!),
          (status) => status === 'released',
        );
      },
      [agreementId, clientId, freelancerId],
    );
    expect(await freezesOf(milestoneIds[0]!)).toMatchObject([{ ended: true }]);
    const released = (await escrow().published(agreementId)).at(-1);
    expect(released).toMatchObject({ type: 'escrow.milestone.released', cause: 'auto', releasedAt: dueAt });
  });
});
