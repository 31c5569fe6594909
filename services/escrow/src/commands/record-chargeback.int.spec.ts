import { plusDays, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { useDisputes } from '../testing/chargebacks.ts';
import { Endings } from '../testing/endings.ts';
import { linesOf } from '../testing/escrow.ts';

const escrow = useDisputes();

/** A milestone of 500.00, without an initiation fee where it is the second one. */
async function charged(status: 'funded' | 'submitted' | 'released' = 'funded') {
  const agreed = await escrow().funded({ prices: [10_000n, 50_000n] });
  const [first, second] = agreed.milestoneIds as [string, string];
  await escrow().release(agreed.clientId, first);
  const { fundingId } = await escrow().fund(agreed.clientId, second);
  await escrow().charge(fundingId);
  if (status === 'submitted') await escrow().submit(second, newId());
  if (status === 'released') await escrow().release(agreed.clientId, second);
  return { ...agreed, milestoneId: second, fundingId };
}
const journalOf = async (agreementId: string, kind: string) =>
  linesOf((await escrow().journals(agreementId)).findLast((journal) => journal.kind === kind)!);
const factsOf = async (agreementId: string, about: RegExp) =>
  (await escrow().published(agreementId)).filter(({ type }) => about.test(type));
const attemptsOf = (fundingId: string) =>
  escrow().rows('select status from refund_attempts where funding_id = $1', [fundingId]);
const lotOf = async (fundingId: string) =>
  (await escrow().rows('select * from lots where funding_id = $1', [fundingId]))[0]!;

describe('P-11: the bank takes the money', () => {
  test('G-32.1: booked with its fee, and what is left of the charge is frozen (E-22)', async () => {
    const { agreementId, clientId, freelancerId, milestoneId, fundingId } = await charged('submitted');
    const chargebackId = await escrow().look(fundingId, await escrow().dispute(fundingId));
    expect(await journalOf(agreementId, 'chargeback')).toEqual({
      'E.chargeback.disputed': 52_500n,
      'E.expense.chargeback_fee': 1_500n,
      'E.cash.trust:card': -54_000n,
    });
    const dueAt = expect.any(Date);
    expect(await factsOf(agreementId, /chargeback/)).toEqual([
      {
        type: 'escrow.chargeback.received',
        agreementId,
        chargebackId,
        fundingId,
        clientId,
        freelancerId,
        amount: usd(52_500n),
        fee: usd(1_500n),
        parts: [{ milestoneId, state: 'held', amount: usd(50_000n), net: usd(0n), protected: false }],
        dueAt,
      },
    ]);
    expect(await factsOf(agreementId, /frozen|suspended/)).toMatchObject([
      { cause: 'chargeback', causeId: chargebackId, fundingId, amount: usd(50_000n) },
      { type: 'escrow.review.suspended', cause: 'chargeback' },
    ]);
    await expect(escrow().release(clientId, milestoneId)).rejects.toMatchObject({ code: 'milestone.frozen' });
  });

  test('the same look again changes nothing; where the provider names no date there are 7 days', async () => {
    const { agreementId, fundingId } = await charged();
    const dispute = await escrow().dispute(fundingId);
    const chargebackId = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, dispute);
    expect(await factsOf(agreementId, /chargeback/)).toHaveLength(1);
    const { received_at, due_at, evidence_due_at } = await escrow().row(chargebackId);
    expect([due_at, evidence_due_at]).toEqual(Array(2).fill(plusDays(received_at as Date, 7)));
  });

  test('an inquiry moves no money and freezes nothing, until it becomes a chargeback', async () => {
    const { agreementId, milestoneId, clientId, fundingId } = await charged();
    const inquiry = await escrow().dispute(fundingId, {
      status: 'warning_needs_response',
      debited: undefined,
    });
    await escrow().look(fundingId, inquiry);
    expect(await factsOf(agreementId, /chargeback|frozen/)).toMatchObject([
      { type: 'escrow.chargeback.warned' },
    ]);
    await escrow().look(fundingId, { ...inquiry, status: 'needs_response', debited: { feeMinor: 1_500n } });
    expect((await factsOf(agreementId, /chargeback/)).map(({ type }) => type)).toEqual([
      'escrow.chargeback.warned',
      'escrow.chargeback.received',
    ]);
    await expect(escrow().release(clientId, milestoneId)).rejects.toMatchObject({ code: 'milestone.frozen' });
    const later = await charged();
    const old = await escrow().dispute(later.fundingId, { status: 'warning_under_review' });
    const oldId = await escrow().look(later.fundingId, { ...old, debited: undefined });
    escrow().pass(plusDays(escrow().now(), 30));
    await escrow().look(later.fundingId, { ...old, status: 'needs_response' });
    // The days to answer begin with it.
    const { due_at } = await escrow().row(oldId);
    expect(Number(due_at)).toBeGreaterThan(Number(plusDays(escrow().now(), 6)));
    const other = await charged();
    const closed = await escrow().dispute(other.fundingId, { status: 'warning_closed', debited: undefined });
    const id = await escrow().look(other.fundingId, closed);
    expect(await escrow().row(id)).toMatchObject({ status: 'closed', debited: false });
  });
});

describe('P-11: won', () => {
  test('the money is back, the fee as the provider says; freezes end and the review goes on (E-16)', async () => {
    const { agreementId, milestoneId, fundingId, clientId } = await charged('submitted');
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'won', reinstated: { feeMinor: 1_500n } });
    expect(await journalOf(agreementId, 'chargeback_won')).toEqual({
      'E.cash.trust:card': 54_000n,
      'E.chargeback.disputed': -52_500n,
      'E.expense.chargeback_fee': -1_500n,
    });
    expect(await escrow().row(id)).toMatchObject({ status: 'won', next_call_at: null, reinstated: true });
    expect(await factsOf(agreementId, /won|unfrozen|resumed/)).toMatchObject([
      { type: 'escrow.chargeback.won', net: usd(0n) },
      { type: 'escrow.milestone.unfrozen' },
      { type: 'escrow.review.resumed' },
    ]);
    expect(await escrow().release(clientId, milestoneId)).toMatchObject({ status: 'released' });
  });
});

describe('P-11: lost', () => {
  test('G-32.3, E-24: unreleased money leaves escrow, nobody is paid', async () => {
    const { agreementId, milestoneId, fundingId } = await charged('submitted');
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    expect(await journalOf(agreementId, 'chargeback_lost')).toEqual({
      'E.escrow.milestone': 50_000n,
      'E.fee.client_held': 2_500n,
      'E.chargeback.disputed': -52_500n,
    });
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
    expect(await escrow().row(id)).toMatchObject({ status: 'lost', next_call_at: null });
    expect(await lotOf(fundingId)).toMatchObject({ principal_left_minor: 0n, charged_back_minor: 50_000n });
    expect((await factsOf(agreementId, /accepted|lost|charged_back/)).map(({ type }) => type)).toEqual([
      'escrow.chargeback.accepted',
      'escrow.chargeback.lost',
      'escrow.milestone.charged_back',
    ]);
    expect(
      await escrow().rows('select 1 from freezes where milestone_id = $1 and not ended', [milestoneId]),
    ).toEqual([]);
  });

  test('G-24.3, P-10: released and protected, the platform bears it', async () => {
    const { agreementId, fundingId } = await charged('released');
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    expect(await factsOf(agreementId, /received/)).toMatchObject([
      { parts: [{ state: 'released', amount: usd(50_000n), net: usd(45_000n), protected: true }] },
    ]);
    const id = await escrow().look(fundingId, { ...dispute, status: 'lost' });
    expect(await journalOf(agreementId, 'chargeback_lost')).toEqual({
      'E.expense.chargeback': 52_500n,
      'E.chargeback.disputed': -52_500n,
    });
    expect(await escrow().row(id)).toMatchObject({ status: 'lost' });
    expect(await factsOf(agreementId, /lost/)).toMatchObject([{ net: usd(0n) }]);
  });

  test('P-6: with the first charge the initiation fee goes too, and with it half a dispute does not', async () => {
    const { agreementId, milestoneIds } = await escrow().funded();
    const fundingId = await escrow().fundingOf(milestoneIds[0]!);
    const half = await escrow().dispute(fundingId, { amountMinor: 52_500n });
    await escrow().look(fundingId, half);
    await escrow().look(fundingId, { ...half, status: 'lost' });
    const lines = await journalOf(agreementId, 'chargeback_lost');
    expect(lines).not.toHaveProperty('E.fee.initiation_held');
    expect(lines['E.chargeback.disputed']).toBe(-52_500n);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    const other = await escrow().funded();
    const otherFunding = await escrow().fundingOf(other.milestoneIds[0]!);
    const whole = await escrow().dispute(otherFunding);
    await escrow().look(otherFunding, whole);
    await escrow().look(otherFunding, { ...whole, status: 'lost' });
    expect(await journalOf(other.agreementId, 'chargeback_lost')).toEqual({
      'E.escrow.milestone': 100_000n,
      'E.fee.client_held': 5_000n,
      'E.fee.initiation_held': 499n,
      'E.chargeback.disputed': -105_499n,
    });
  });

  test('G-25.4: unprotected pay waits for payouts’ answer, and is booked with it (M-22)', async () => {
    const { agreementId, freelancerId: accountId, milestoneId, fundingId } = await charged('released');
    await escrow().rows('update transfers set protected = false where milestone_id = $1', [milestoneId]);
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    const { transfer_id } = await escrow().row(id);
    const transferId = String(transfer_id);
    expect(await escrow().row(id)).toMatchObject({ status: 'recovering', ended_at: null });
    expect(await factsOf(agreementId, /lost/)).toMatchObject([{ accountId, net: usd(45_000n), transferId }]);
    await expect(escrow().clawedBack(id, transferId, 45_000n, 1n)).rejects.toMatchObject({
      code: 'transfer.mismatch',
    });
    await escrow().clawedBack(id, transferId, 40_000n, 5_000n);
    expect(await journalOf(agreementId, 'claw_back')).toEqual({
      'E.clearing.payouts': 45_000n,
      'E.revenue.freelancer_fee': 5_000n,
      'E.revenue.client_fee': 2_500n,
      'E.chargeback.disputed': -52_500n,
    });
    expect((await factsOf(agreementId, /clearing/)).at(-1)).toEqual({
      type: 'escrow.clearing.applied',
      agreementId,
      accountId,
      transferId,
      amount: usd(45_000n),
      kind: 'clawed_back',
    });
    expect(await escrow().row(id)).toMatchObject({ status: 'lost' });
  });
});

describe('P-11: won at a later stage', () => {
  test('G-35.1: everything the other way; payouts is told the net to restore', async () => {
    const { agreementId, milestoneId, fundingId } = await charged('released');
    await escrow().rows('update transfers set protected = false where milestone_id = $1', [milestoneId]);
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    const won = { ...dispute, status: 'won', reinstated: { feeMinor: 0n } } as const;
    // Not while payouts has not answered the loss.
    await escrow().look(fundingId, won);
    expect(await escrow().row(id)).toMatchObject({ status: 'recovering' });
    await escrow().clawedBack(id, String((await escrow().row(id)).transfer_id), 45_000n, 0n);
    await escrow().look(fundingId, won);
    expect(await journalOf(agreementId, 'chargeback_won')).toEqual({
      'E.cash.trust:card': 52_500n,
      'E.clearing.payouts': -45_000n,
      'E.revenue.freelancer_fee': -5_000n,
      'E.revenue.client_fee': -2_500n,
    });
    const transferId = String((await escrow().row(id)).restore_transfer_id);
    expect(await factsOf(agreementId, /won/)).toMatchObject([{ net: usd(45_000n), transferId }]);
    await escrow().restored(id, transferId);
    expect(await escrow().row(id)).toMatchObject({ status: 'won', restored: true });
  });

  test('a milestone that was written down is funded again while its contract goes on', async () => {
    const { agreementId, clientId, milestoneId, fundingId } = await charged();
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    await escrow().look(fundingId, { ...dispute, status: 'won', reinstated: { feeMinor: 0n } });
    expect(await journalOf(agreementId, 'chargeback_won')).toEqual({
      'E.cash.trust:card': 52_500n,
      'E.escrow.milestone': -50_000n,
      'E.fee.client_held': -2_500n,
    });
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await lotOf(fundingId)).toMatchObject({ principal_left_minor: 50_000n, charged_back_minor: 0n });
    expect(await escrow().release(clientId, milestoneId)).toMatchObject({ status: 'released' });
  });

  test('else the client is refunded (E-23)', async () => {
    const { agreementId, milestoneId, fundingId } = await charged();
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    await escrow().rows(`update agreements set status = 'closing' where id = $1`, [agreementId]);
    await escrow().look(fundingId, { ...dispute, status: 'won', reinstated: { feeMinor: 0n } });
    expect(await journalOf(agreementId, 'chargeback_won')).toEqual({
      'E.cash.trust:card': 52_500n,
      'E.refund.payable': -52_500n,
    });
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    expect(await factsOf(agreementId, /refund/)).toMatchObject([
      { amount: usd(52_500n), milestoneId, cause: 'orphaned_charge' },
    ]);
  });
});

describe('P-9, P-11: our answer', () => {
  test('contested: exact bytes are stored before the call, once', async () => {
    const { milestoneId, fundingId, agreementId } = await charged('submitted');
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    expect(await escrow().answer(id, 'contest')).toEqual({ chargebackId: id, answer: 'contest' });
    const { answer_body, answered_by, evidence_due_at, status } = await escrow().row(id);
    expect([answered_by, evidence_due_at, status]).toEqual(['operator-1', null, 'received']);
    const text = new URLSearchParams(String(answer_body)).get('evidence[uncategorized_text]');
    expect(text).toContain(agreementId);
    expect(text).toContain(milestoneId);
    await expect(escrow().answer(id, 'accept')).rejects.toMatchObject({ code: 'chargeback.answered' });
    await escrow().look(fundingId, { ...dispute, status: 'under_review' });
    expect(await escrow().row(id)).toMatchObject({ status: 'contested' });
    expect(await factsOf(agreementId, /contested/)).toHaveLength(1);
  });

  test('a look that began before it does not put our answer off', async () => {
    const { fundingId } = await charged();
    const dispute = await escrow().dispute(fundingId);
    const id = await escrow().look(fundingId, dispute);
    await escrow().answer(id, 'contest');
    const due = (await escrow().row(id)).next_call_at;
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, dispute, { isAnswered: false });
    expect((await escrow().row(id)).next_call_at).toEqual(due);
    await escrow().look(fundingId, dispute, { isAnswered: true });
    expect((await escrow().row(id)).next_call_at).not.toEqual(due);
  });

  test('unanswered by the due date it is accepted, dated then; an answer after it is too late', async () => {
    const { fundingId, agreementId } = await charged();
    const id = await escrow().look(fundingId, await escrow().dispute(fundingId));
    const { due_at } = await escrow().row(id);
    await escrow().expireEvidence(id, new Date((due_at as Date).getTime() - 1));
    expect(await escrow().row(id)).toMatchObject({ status: 'received' });
    escrow().pass(due_at as Date);
    await expect(escrow().answer(id, 'contest')).rejects.toMatchObject({ code: 'chargeback.over' });
    await escrow().expireEvidence(id, due_at as Date);
    expect(await factsOf(agreementId, /accepted/)).toMatchObject([{ reason: 'unanswered' }]);
    await expect(escrow().answer(id, 'accept')).rejects.toMatchObject({ code: 'chargeback.not_open' });
  });
});

describe('F56: a chargeback against what else happens', () => {
  test('a release at once: either it is paid, or it is frozen, and the books hold', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, milestoneId, fundingId } = await charged();
      const dispute = await escrow().dispute(fundingId);
      const [paid] = await Promise.allSettled([
        escrow().release(clientId, milestoneId),
        escrow().look(fundingId, dispute),
      ]);
      const [received] = await factsOf(agreementId, /received/);
      const state = paid.status === 'fulfilled' ? 'released' : 'held';
      expect(received).toMatchObject({ parts: [{ state, amount: usd(50_000n) }] });
      if (paid.status === 'rejected') expect(paid.reason).toMatchObject({ code: 'milestone.frozen' });
      await escrow().look(fundingId, { ...dispute, status: 'lost' });
    }
  });

  test('E-23: a refund at once: it is refused, or its call is made no more before it was looked for', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { freelancerId, milestoneId, fundingId } = await charged();
      const [given] = await Promise.allSettled([
        escrow().giveBack(freelancerId, milestoneId),
        escrow().look(fundingId, await escrow().dispute(fundingId)),
      ]);
      const attempts = await attemptsOf(fundingId);
      if (given.status === 'fulfilled') expect(attempts).toEqual([{ status: 'unknown' }]);
      else expect([given.reason.code, attempts]).toEqual(['milestone.frozen', []]);
    }
  });
});

describe('A-19: a contract that is closing while a charge is disputed', () => {
  const lost = { status: 'lost' } as const;

  test('is cleared with the loss of the last that was held, and not before', async () => {
    const { agreementId, fundingId } = await charged();
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await new Endings(escrow()).requestEnd(agreementId, 'client');
    expect(await factsOf(agreementId, /clear/)).toMatchObject([
      {
        type: 'escrow.contract.clearing_refused',
        openItems: expect.arrayContaining([expect.objectContaining({ kind: 'chargeback' })]),
      },
    ]);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await factsOf(agreementId, /cleared/)).toHaveLength(1);
  });

  test('E-24: also where it was asked back of several milestones, that one charge had paid', async () => {
    const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' as const };
    const agreed = await escrow().funded({ prices: [10_000n, 20_000n], settings });
    const [first, second] = agreed.milestoneIds as [string, string];
    const { refundRequest } = await new Endings(escrow()).end(agreed, { [first]: 0n, [second]: 0n });
    const fundingId = await escrow().fundingOf(first);
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, ...lost });
    const { refundRequestId } = refundRequest!;
    expect(await new Endings(escrow()).requestRow(refundRequestId)).toMatchObject({ status: 'settled' });
    expect(await factsOf(agreed.agreementId, /deadline.moved|cleared/)).toHaveLength(1);
  });

  test('E-24: what was asked back is lost with it: the request is over, and nothing more is', async () => {
    const agreed = await charged();
    const { agreementId, milestoneId, fundingId } = agreed;
    const endings = new Endings(escrow());
    const { refundRequest } = await endings.end(agreed, { [milestoneId]: 0n });
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
    expect(
      await escrow().rows('select status from refund_requests where id = $1', [
        refundRequest!.refundRequestId,
      ]),
    ).toEqual([{ status: 'settled' }]);
    expect(await factsOf(agreementId, /cleared/)).toHaveLength(1);
    expect(await factsOf(agreementId, /refund\.decided/)).toEqual([]);
  });
});

describe('R-6, E-22: a milestone of 10.10 with 0.51 of fee, of which 5.01 and 0.26 are from an earlier charge', () => {
  async function rolled() {
    const agreed = await escrow().funded({ prices: [510n, 1_010n] });
    const [first, milestoneId] = agreed.milestoneIds as [string, string];
    await escrow().release(agreed.clientId, first, { amountMinor: 9n });
    const { fundingId } = await escrow().fund(agreed.clientId, milestoneId);
    await escrow().charge(fundingId);
    return { ...agreed, milestoneId, earlierId: await escrow().fundingOf(first), fundingId };
  }

  test('P-5: the cent that was left on what had been paid is earned with the loss of the rest', async () => {
    const { agreementId, clientId, milestoneId, fundingId } = await rolled();
    await escrow().release(clientId, milestoneId, { amountMinor: 501n });
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
    expect(await journalOf(agreementId, 'chargeback_lost')).toEqual({
      'E.escrow.milestone': 509n,
      'E.fee.client_held': 26n,
      'E.revenue.client_fee': -1n,
      'E.chargeback.disputed': -534n,
    });
  });

  test('E-13: paid at the end while the earlier charge is disputed, it earns the fee of the other one', async () => {
    const agreed = await rolled();
    const { milestoneId, earlierId } = agreed;
    await escrow().look(earlierId, await escrow().dispute(earlierId));
    await new Endings(escrow()).end(agreed, { [milestoneId]: 509n });
    expect(
      await escrow().rows('select held_minor, client_fee_held_minor from milestones where id = $1', [
        milestoneId,
      ]),
    ).toEqual([{ held_minor: 501n, client_fee_held_minor: 26n }]);
  });
});
