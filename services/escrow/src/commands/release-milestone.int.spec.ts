import { NotYet, plusDays, plusHours, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const released = { code: 'milestone.released' };
const outcomesOf = (all: PromiseSettledResult<unknown>[]) =>
  all.map((one) =>
    one.status === 'fulfilled' ? 'won' : ((one.reason as { code?: string }).code ?? String(one.reason)),
  );
const releases = async (agreementId: string) =>
  (await escrow().published(agreementId)).filter(({ type }) => type === 'escrow.milestone.released');

describe('E-7: the client pays', () => {
  test('G-2.1: milestone, lots, transfer, agreement, journal and fact are committed together', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().funded();
    const milestoneId = milestoneIds[0]!;
    const answer = await escrow().release(clientId, milestoneId);
    expect(answer).toEqual({
      milestoneId,
      status: 'released',
      transferId: expect.any(String),
      net: { amountMinor: '90000', currency: 'USD' },
      balance: { amountMinor: '0', currency: 'USD' },
    });
    const { transferId } = answer;
    const [row] = await escrow().rows(
      `select m.status, m.held_minor, m.review_due_at, l.principal_left_minor, l.client_fee_left_minor,
          a.initiation_fee, a.initiation_fee_minor, t.net_minor, t.status as transfer, t.released_at
        from milestones m join lots l on l.milestone_id = m.id join agreements a on a.id = m.agreement_id
          join transfers t on t.milestone_id = m.id where m.id = $1 and t.id = $2`,
      [milestoneId, transferId],
    );
    expect(row).toMatchObject({
      status: 'released',
      held_minor: 0n,
      principal_left_minor: 0n,
      client_fee_left_minor: 0n,
      initiation_fee: 'earned',
      initiation_fee_minor: 499n,
      net_minor: 90_000n,
      transfer: 'sent',
    });
    const journal = (await escrow().journals(agreementId)).at(-1)!;
    expect(journal).toMatchObject({
      kind: 'release',
      causeId: transferId,
      transferId,
      valueDate: row!.released_at,
    });
    expect(linesOf(journal)).toEqual({
      'E.escrow.milestone': 100_000n,
      'E.fee.client_held': 5_000n,
      'E.fee.initiation_held': 499n,
      'E.revenue.freelancer_fee': -10_000n,
      'E.revenue.client_fee': -5_000n,
      'E.revenue.initiation_fee': -499n,
      'E.clearing.payouts': -90_000n,
    });
    expect(await releases(agreementId)).toEqual([
      {
        type: 'escrow.milestone.released',
        agreementId,
        milestoneId,
        freelancerId,
        gross: usd(100_000n),
        clientFee: usd(5_000n),
        freelancerFee: usd(10_000n),
        net: usd(90_000n),
        balance: usd(0n),
        cause: 'approval',
        transferId,
        releasedAt: row!.released_at,
      },
    ]);
  });

  test('the same message twice has the same answer and one effect', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    const message = http();
    const first = await escrow().release(clientId, milestoneIds[0]!, { message });
    expect(await escrow().release(clientId, milestoneIds[0]!, { message })).toEqual(first);
    expect(await releases(agreementId)).toHaveLength(1);
  });

  test('a refusal is kept: the repeat gets it although the milestone is funded by then', async () => {
    const { clientId, milestoneIds } = await escrow().agreement();
    const message = http();
    const early = () => escrow().release(clientId, milestoneIds[0]!, { message });
    await expect(early()).rejects.toMatchObject({ code: 'milestone.not_funded' });
    await escrow().charge(await escrow().fundingOf(milestoneIds[0]!));
    await expect(early()).rejects.toMatchObject({ code: 'milestone.not_funded' });
    expect(await escrow().release(clientId, milestoneIds[0]!)).toMatchObject({ status: 'released' });
  });

  test('AD-16: another client’s milestone is unknown, to its freelancer as well', async () => {
    const { freelancerId, milestoneIds } = await escrow().funded();
    const unknown = new NotYet('milestone.unknown');
    await expect(escrow().release(`client-${newId()}`, milestoneIds[0]!)).rejects.toThrow(unknown);
    await expect(escrow().release(freelancerId, milestoneIds[0]!)).rejects.toThrow(unknown);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
  });

  test('E-6: an approval names the submission under review, an older one is refused', async () => {
    const { clientId, milestoneIds, submissionId, agreementId } = await escrow().submitted();
    await expect(
      escrow().release(clientId, milestoneIds[0]!, { submissionId: newId() }),
    ).rejects.toMatchObject({
      code: 'submission.outdated',
    });
    await escrow().release(clientId, milestoneIds[0]!, { submissionId });
    expect(await releases(agreementId)).toMatchObject([{ submissionId, cause: 'approval' }]);
  });

  test('P-6: the initiation fee is earned by the first release only', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [30_000n, 70_000n] });
    await escrow().release(clientId, milestoneIds[0]!);
    await escrow().charge((await escrow().fund(clientId, milestoneIds[1]!)).fundingId);
    await escrow().release(clientId, milestoneIds[1]!);
    const earned = (await escrow().journals(agreementId)).map(
      (journal) => linesOf(journal)['E.revenue.initiation_fee'],
    );
    expect(earned).toEqual([undefined, -499n, undefined, undefined]);
  });

  test('M-12: frozen money stays, and a rest of a freeze is enough', async () => {
    const { clientId, milestoneIds, dueAt } = await escrow().submitted();
    const text = `insert into freezes values ($1, $2, 'case', 'case-1', 1, 1, null, false)`;
    await escrow().rows(text, [newId(), milestoneIds[0]]);
    const frozen = { code: 'milestone.frozen' };
    await expect(escrow().release(clientId, milestoneIds[0]!)).rejects.toMatchObject(frozen);
    await expect(escrow().silence(milestoneIds[0]!, dueAt)).rejects.toMatchObject(frozen);
    await escrow().rows('update freezes set ended = true where milestone_id = $1', [milestoneIds[0]]);
    expect(await escrow().release(clientId, milestoneIds[0]!)).toMatchObject({ status: 'released' });
  });

  test('M-12: a freeze that is committed before a release decides stops it, however early the release came', async () => {
    const { clientId, freelancerId, milestoneIds } = await escrow().funded();
    const message = http();
    const { appUrl, superuserQuery } = escrow().database;
    // Somebody with the same key holds the release up as its transaction begins.
    const ahead = new Client({ connectionString: appUrl });
    await ahead.connect();
    await ahead.query('begin');
    const mark = `insert into inbox (command, message_id, fingerprint) values ('ReleaseMilestone', $1, 'another')`;
    await ahead.query(mark, [message.id]);
    const release = Promise.allSettled([escrow().release(clientId, milestoneIds[0]!, { message })]);
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await eventually(async () => (await superuserQuery(waiting)).rowCount === 1);
    await escrow().hold(freelancerId);
    await ahead.query('rollback');
    await ahead.end();
    expect(outcomesOf(await release)).toEqual(['milestone.frozen']);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
  });

  test('F57: of fifty at once one pays, the others hear that it has been released', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => escrow().release(clientId, milestoneIds[0]!)),
    );
    expect(outcomesOf(all).sort()).toEqual([...Array(49).fill('milestone.released'), 'won']);
    expect(await releases(agreementId)).toHaveLength(1);
  });
});

describe('E-5: silence', () => {
  test('M-21: releases everything, dated at the due instant however late it runs', async () => {
    const { agreementId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
    escrow().pass(plusDays(dueAt, 2));
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect(await releases(agreementId)).toMatchObject([{ cause: 'auto', submissionId, releasedAt: dueAt }]);
    const journal = (await escrow().journals(agreementId)).at(-1)!;
    expect(journal.valueDate).toEqual(dueAt);
    expect(journal.postedAt.getTime()).toBeGreaterThanOrEqual(plusDays(dueAt, 2).getTime());
    const [outbox] = await escrow().rows(
      'select headers from outbox where aggregateid = $1 order by seq desc limit 1',
      [agreementId],
    );
    expect(outbox).toMatchObject({ headers: { time: dueAt.toISOString() } });
  });

  test('the same timer twice releases once', async () => {
    const { agreementId, milestoneIds, dueAt } = await escrow().submitted();
    await escrow().silence(milestoneIds[0]!, dueAt);
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect(await releases(agreementId)).toHaveLength(1);
  });

  test('E-6: the timer of an older submission finds a new review, and does nothing', async () => {
    const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
    await escrow().requestChanges(clientId, milestoneIds[0]!, submissionId);
    await escrow().silence(milestoneIds[0]!, dueAt);
    await escrow().submit(milestoneIds[0]!, newId(), { submittedAt: plusHours(dueAt, -1) });
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect(await releases(agreementId)).toEqual([]);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('submitted');
  });
});

describe('F56: the client against the timer', () => {
  test('the client first: the timer has nothing to do', async () => {
    const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
    await escrow().release(clientId, milestoneIds[0]!, { submissionId });
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect(await releases(agreementId)).toMatchObject([{ cause: 'approval' }]);
  });

  test('the timer first: the client hears so', async () => {
    const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
    await escrow().silence(milestoneIds[0]!, dueAt);
    await expect(escrow().release(clientId, milestoneIds[0]!, { submissionId })).rejects.toMatchObject(
      released,
    );
    expect(await releases(agreementId)).toMatchObject([{ cause: 'auto' }]);
  });

  test('at once: exactly one of them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
      const [client, timer] = outcomesOf(
        await Promise.allSettled([
          escrow().release(clientId, milestoneIds[0]!, { submissionId }),
          escrow().silence(milestoneIds[0]!, dueAt),
        ]),
      );
      expect(timer).toBe('won');
      const cause = client === 'won' ? 'approval' : 'auto';
      expect([client, await releases(agreementId)]).toMatchObject([
        client === 'won' ? 'won' : 'milestone.released',
        [{ cause }],
      ]);
    }
  });

  test('a change request against the timer and an approval: one of the three', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
      await Promise.allSettled([
        escrow().requestChanges(clientId, milestoneIds[0]!, submissionId),
        escrow().release(clientId, milestoneIds[0]!, { submissionId }),
        escrow().silence(milestoneIds[0]!, dueAt),
      ]);
      const last = (await escrow().typesOf(agreementId)).slice(3);
      const status = await escrow().statusOf(milestoneIds[0]!);
      expect(last).toEqual([`escrow.milestone.${status === 'released' ? 'released' : 'changes_requested'}`]);
    }
  });
});
