import { plusDays, plusHours, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import { Cases } from '../testing/cases.ts';
import { Dormancies } from '../testing/dormancies.ts';
import { linesOf, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(60_000);

const escrow = useEscrow();
const dormancies = () => new Dormancies(escrow());
const cases = () => new Cases(escrow());
const last = async (agreementId: string) => (await escrow().published(agreementId)).at(-1);
const dormancyOf = async (agreementId: string) => (await dormancies().row(agreementId)).status;
const dayOf = (at: Date): Date => new Date(at.toISOString().slice(0, 10));

describe('E-20: while nobody acts', () => {
  test('both are told two weeks before, then the client is asked, then the freelancer, 7 days each', async () => {
    const { agreementId } = await escrow().funded({ prices: [40_000n] });
    const lastDueDate = plusDays(dayOf(escrow().now()), 1);
    const announcedAt = await dormancies().fire(agreementId);
    expect(announcedAt).toEqual(plusDays(lastDueDate, 76));
    const asked = { agreementId, balance: usd(40_000n) };
    const dueAt = plusDays(announcedAt, 14);
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.dormancy.announced', ...asked, dueAt });
    const startedAt = await dormancies().fire(agreementId);
    expect(startedAt).toEqual(plusDays(lastDueDate, 90));
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.dormancy.started', ...asked },
      ...{ step: 'client_asked', dueAt: plusDays(startedAt, 7) },
    });
    const turnedAt = await dormancies().fire(agreementId);
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.dormancy.started', ...asked },
      ...{ step: 'freelancer_asked', dueAt: plusDays(turnedAt, 7) },
    });
  });

  test('a timer that comes too early does nothing', async () => {
    const { agreementId } = await escrow().funded();
    const { turn_at: turnAt } = await dormancies().row(agreementId);
    await dormancies().fire(agreementId, plusHours(turnAt as Date, -1));
    expect(await dormancyOf(agreementId)).toBe('watching');
  });

  test('where nothing is held nothing is dormant', async () => {
    const { agreementId } = await escrow().agreement({ withMethod: false });
    await dormancies().fire(agreementId);
    expect(await dormancyOf(agreementId)).toBe('idle');
  });

  test('a due date that lies ahead keeps the days from beginning, until its milestone is gone', async () => {
    const { agreementId } = await escrow().funded();
    const now = escrow().now();
    const date = plusDays(now, 200).toISOString().slice(0, 10);
    const milestoneId = newId();
    await dormancies().act(agreementId, now, { milestoneId, date });
    const { turn_at: turnAt } = await dormancies().row(agreementId);
    expect(turnAt).toEqual(plusDays(new Date(date), 1 + 76));
    await dormancies().act(agreementId, now, { milestoneId, date: null });
    expect((await dormancies().row(agreementId)).turn_at).toEqual(plusDays(dayOf(now), 1 + 76));
  });
});

describe('E-20: the freelancer’s turn', () => {
  test('silence gives the money back, after two proven notices, dated at the end', async () => {
    const { agreementId, freelancerId, milestoneIds } = await dormancies().freelancerAsked();
    await dormancies().twoNotices(agreementId, freelancerId);
    const dueAt = await dormancies().fire(agreementId);
    const refund = (await escrow().journals(agreementId)).at(-1)!;
    expect(linesOf(refund)).toEqual({
      'E.escrow.milestone': 40_000n,
      'E.fee.client_held': 2_000n,
      'E.refund.payable': -42_000n,
    });
    expect(refund.valueDate).toEqual(dueAt);
    expect(await escrow().published(agreementId)).toContainEqual(
      expect.objectContaining({ type: 'escrow.refund.decided', cause: 'dormancy', amount: usd(42_000n) }),
    );
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.dormancy.cancelled', reason: 'settled' });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunding');
    expect(await dormancyOf(agreementId)).toBe('idle');
  });

  test('all milestones that were dormant go together', async () => {
    const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
    const agreed = await dormancies().freelancerAsked({ prices: [6_000n, 4_000n], settings });
    const { agreementId, freelancerId, milestoneIds } = agreed;
    await dormancies().twoNotices(agreementId, freelancerId);
    await dormancies().fire(agreementId);
    for (const milestoneId of milestoneIds) expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  });

  test('E-22: what a hold freezes does not go, and the days start again', async () => {
    const { agreementId, freelancerId, milestoneIds } = await dormancies().freelancerAsked();
    await dormancies().twoNotices(agreementId, freelancerId);
    await escrow().hold(freelancerId);
    await dormancies().fire(agreementId);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    expect(await dormancyOf(agreementId)).toBe('watching');
  });

  test('E-22, M-16: a hold that came too late for the silence covers what a case keeps back', async () => {
    const agreed = await escrow().funded({ prices: [40_000n] });
    const { agreementId, clientId, freelancerId, milestoneIds } = agreed;
    const caseId = await cases().open(agreed, { claimMinor: 10_000n });
    for (let turn = 1; turn <= 3; turn += 1) await dormancies().fire(agreementId);
    await dormancies().twoNotices(agreementId, freelancerId);
    const dueAt = (await dormancies().row(agreementId)).due_at as Date;
    escrow().pass(dueAt);
    await escrow().hold(freelancerId);
    await dormancies().fire(agreementId, dueAt);
    const text = 'select held_minor from milestones where id = $1';
    expect(await escrow().rows(text, milestoneIds)).toEqual([{ held_minor: 10_000n }]);
    await cases().withdraw(agreed, caseId);
    await expect(escrow().release(clientId, milestoneIds[0]!)).rejects.toMatchObject({
      code: 'milestone.frozen',
    });
  });

  test('the freelancer asks for the money, and the client has 14 days', async () => {
    const { agreementId, dueAt } = await dormancies().releaseRequested();
    expect(dueAt).toEqual(plusDays((await dormancies().row(agreementId)).since as Date, 14));
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.dormancy.release_requested', step: 'release_requested' },
      ...{ balance: usd(40_000n), dueAt },
    });
  });

  test('an answer at the due instant is late, and the rule is named', async () => {
    const agreed = await dormancies().freelancerAsked();
    escrow().pass((await dormancies().row(agreed.agreementId)).due_at as Date);
    await expect(dormancies().requestRelease(agreed)).rejects.toMatchObject({ code: 'dormancy.over' });
  });

  test('nobody answers who is not asked, and no stranger', async () => {
    const agreed = await dormancies().freelancerAsked();
    await expect(dormancies().refuseRelease(agreed)).rejects.toMatchObject({ code: 'dormancy.not_asked' });
    const stranger = { ...agreed, freelancerId: 'freelancer-else' };
    await expect(dormancies().requestRelease(stranger)).rejects.toMatchObject({ code: 'agreement.unknown' });
  });
});

describe('E-20: the freelancer has asked for the money', () => {
  test('the client’s silence releases it, after two proven notices, dated at the end', async () => {
    const { agreementId, clientId, milestoneIds, dueAt } = await dormancies().releaseRequested();
    await dormancies().twoNotices(agreementId, clientId);
    await dormancies().fire(agreementId);
    const released = (await escrow().journals(agreementId)).at(-1)!;
    expect(released.valueDate).toEqual(dueAt);
    expect(await escrow().published(agreementId)).toContainEqual(
      expect.objectContaining({
        ...{ type: 'escrow.milestone.released', cause: 'dormancy' },
        ...{ gross: usd(40_000n), clientFee: usd(2_000n), balance: usd(0n) },
      }),
    );
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('released');
    expect(await dormancyOf(agreementId)).toBe('idle');
  });

  test('silence releases all milestones that were dormant, each with its own transfer', async () => {
    const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
    const agreed = await dormancies().releaseRequested({ prices: [6_000n, 4_000n], settings });
    const { agreementId, clientId, milestoneIds } = agreed;
    await dormancies().twoNotices(agreementId, clientId);
    await dormancies().fire(agreementId);
    for (const milestoneId of milestoneIds) expect(await escrow().statusOf(milestoneId)).toBe('released');
    const balances = new Map<string, bigint>();
    for (const { lines } of await escrow().journals(agreementId)) {
      for (const { account, amountMinor } of lines) {
        const name = account.replace(/:[0-9a-f-]{36}$/, '');
        balances.set(name, (balances.get(name) ?? 0n) + amountMinor);
      }
    }
    expect(Object.fromEntries(balances)).toMatchObject({
      ...{ 'E.escrow.milestone': 0n, 'E.fee.client_held': 0n, 'E.fee.initiation_held': 0n },
      'E.clearing.payouts': -9_000n,
    });
  });

  test('the client’s refusal keeps it where it is, and the days start again', async () => {
    const agreed = await dormancies().releaseRequested();
    const { agreementId, milestoneIds } = agreed;
    expect(await dormancies().refuseRelease(agreed)).toEqual({ agreementId, status: 'refused' });
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.dormancy.cancelled', reason: 'refused' });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    expect(await dormancyOf(agreementId)).toBe('watching');
  });

  test('the client approves with the ordinary release', async () => {
    const { agreementId, clientId, milestoneIds } = await dormancies().releaseRequested();
    await escrow().release(clientId, milestoneIds[0]!);
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.dormancy.cancelled', reason: 'activity' });
  });
});

describe('C-8: dormancy without proof', () => {
  test('takes nothing; the second notice that is proven later starts the deadline anew', async () => {
    const { agreementId, freelancerId, milestoneIds } = await dormancies().freelancerAsked();
    const since = escrow().now();
    await dormancies().notice(agreementId, freelancerId, since);
    const dueAt = await dormancies().fire(agreementId);
    expect(await dormancies().row(agreementId)).toMatchObject({ due_at: null, waits: 'proof' });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    const provenAt = plusHours(dueAt, 5);
    await dormancies().notice(agreementId, freelancerId, provenAt);
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.deadline.moved', deadlineKind: 'dormancy.step', deadlineId: agreementId },
      ...{ dueAt: plusHours(provenAt, 24), reason: 'notice_not_proven' },
    });
    await dormancies().fire(agreementId);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunding');
  });

  test('notices to the other party, or from before the step, prove nothing', async () => {
    const { agreementId, clientId, freelancerId } = await dormancies().freelancerAsked();
    const since = escrow().now();
    for (const days of [0, 1]) await dormancies().notice(agreementId, clientId, plusDays(since, days));
    for (const days of [-2, -1]) await dormancies().notice(agreementId, freelancerId, plusDays(since, days));
    await dormancies().fire(agreementId);
    expect(await dormancies().row(agreementId)).toMatchObject({ waits: 'proof' });
  });

  test('a notice that bounced stops it for an operator; activity ends that too', async () => {
    const { agreementId, freelancerId } = await dormancies().freelancerAsked();
    await dormancies().notice(agreementId, freelancerId, escrow().now(), 'bounced');
    expect(await dormancies().row(agreementId)).toMatchObject({ due_at: null, waits: 'operator' });
    await dormancies().act(agreementId, escrow().now());
    expect(await dormancyOf(agreementId)).toBe('watching');
  });
});
