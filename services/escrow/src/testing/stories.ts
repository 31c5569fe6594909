import { plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { ReverseRefund, ReverseRefundHandler } from '../commands/reverse-refund.ts';
import type { Disputes } from './chargebacks.ts';
import { Dormancies } from './dormancies.ts';
import { Draws } from './draws.ts';
import { Endings } from './endings.ts';
import { http } from './escrow.ts';
import { Verifications } from './small-charges.ts';
import { paidWithdrawal, returnedWithdrawal } from './withdrawals.ts';

/** What people and providers do with escrow, and the facts that it leaves under one key for others to read (AD-8). */
export interface Story {
  leaves: readonly string[];
  /** @returns the key */
  play: (escrow: Disputes) => Promise<string>;
}

/** Sent back once, submitted again and approved. */
const approved: Story = {
  leaves: [
    'escrow.funding.started',
    'escrow.milestone.funded',
    'escrow.review.started',
    'escrow.milestone.changes_requested',
    'escrow.milestone.released',
    'escrow.milestone.released by approval of a submission',
  ],
  async play(escrow) {
    const { agreementId, clientId, milestoneIds, submissionId } = await escrow.submitted();
    const [milestoneId] = milestoneIds as [string];
    await escrow.requestChanges(clientId, milestoneId, submissionId);
    const second = newId();
    await escrow.submit(milestoneId, second);
    await escrow.release(clientId, milestoneId, { submissionId: second });
    return agreementId;
  },
};

const unasked: Story = {
  leaves: ['escrow.milestone.released unasked'],
  async play(escrow) {
    const { agreementId, clientId, milestoneIds } = await escrow.funded();
    await escrow.release(clientId, milestoneIds[0]!);
    return agreementId;
  },
};

const method: Story = {
  leaves: ['escrow.billing_method.verified', 'escrow.billing_method.removed'],
  async play(escrow) {
    const clientId = `client-${newId()}`;
    await escrow.removeMethod(clientId, await escrow.verifiedMethod(clientId));
    return clientId;
  },
};

const confirmed: Story = {
  leaves: ['escrow.billing_method.confirmable'],
  async play(escrow) {
    const verifications = new Verifications(escrow.database);
    const { accountId, methodId, amounts } = await verifications.confirming();
    await verifications.confirm(accountId, methodId, amounts);
    return accountId;
  },
};

/** The client removes the card instead of saying what the small charges took (P-2). */
const unconfirmed: Story = {
  leaves: ['escrow.billing_method.unconfirmed'],
  async play(escrow) {
    const { accountId, methodId } = await new Verifications(escrow.database).confirming();
    await escrow.removeMethod(accountId, methodId);
    return accountId;
  },
};

/** The client has no method, and the work comes before the money. */
const unpaid: Story = {
  leaves: ['escrow.funding.failed', 'escrow.submission.refused'],
  async play(escrow) {
    const { agreementId, milestoneIds } = await escrow.agreement({ withMethod: false });
    await escrow.submit(milestoneIds[0]!, newId());
    return agreementId;
  },
};

const bonuses: Story = {
  leaves: ['escrow.bonus.charged', 'escrow.bonus.released', 'escrow.bonus.charge_failed'],
  async play(escrow) {
    const { agreementId, clientId } = await escrow.funded();
    await escrow.charge((await escrow.bonus(clientId, agreementId, 2_000n)).fundingId);
    const { fundingId } = await escrow.bonus(clientId, agreementId, 2_000n);
    await escrow.see(fundingId, 'requires_payment_method', { declineCode: 'generic_decline' });
    await escrow.see(fundingId, 'canceled');
    return agreementId;
  },
};

/** Part of the price is released, and the rest pays for the next milestone (E-9). */
const rolled: Story = {
  leaves: ['escrow.milestone.rolled'],
  async play(escrow) {
    const { agreementId, clientId, milestoneIds } = await escrow.funded({ prices: [10_000n, 6_000n] });
    const [first, second] = milestoneIds as [string, string];
    await escrow.release(clientId, first, { amountMinor: 4_000n });
    await escrow.fund(clientId, second);
    return agreementId;
  },
};

const changed: Story = {
  leaves: ['escrow.milestone.terms_applied', 'escrow.milestone.terms_refused'],
  async play(escrow) {
    const { agreementId, milestoneIds } = await escrow.funded({ prices: [50_000n, 30_000n] });
    await escrow.changeTerms(milestoneIds[1]!, { version: 2 });
    await escrow.changeTerms(milestoneIds[0]!, { version: 2 });
    return agreementId;
  },
};

/** The freelancer ends while work is under review. */
const ended: Story = {
  leaves: ['escrow.contract.clearing_refused', 'escrow.contract.cleared'],
  async play(escrow) {
    const { agreementId, milestoneIds, dueAt } = await escrow.submitted();
    await new Endings(escrow).requestEnd(agreementId, 'freelancer');
    await escrow.silence(milestoneIds[0]!, dueAt);
    return agreementId;
  },
};

/** Asked back with the end of the contract and consented to; the provider takes it back after it had paid. */
const refunded: Story = {
  leaves: [
    'escrow.refund.requested',
    'escrow.refund.decided',
    'escrow.refund.paid',
    'escrow.milestone.refunded',
    'escrow.refund.failed',
  ],
  async play(escrow) {
    const endings = new Endings(escrow);
    const { agreementId, freelancerId, refundRequestId } = await endings.asked();
    await endings.approve(freelancerId, refundRequestId);
    await escrow.seeRefund(agreementId, 'succeeded');
    await escrow.seeRefund(agreementId, 'failed');
    return agreementId;
  },
};

/** Paid money goes back, reaches nobody, and is given up in the end (E-18, E-25). */
const givenUp: Story = {
  leaves: ['escrow.refund.drawn_on_balance', 'escrow.refund.reversed'],
  async play(escrow) {
    const draws = new Draws(escrow);
    const paid = await draws.released(20_000n);
    const answer = await draws.ask(paid.freelancerId, paid.milestoneId);
    await draws.taken(paid, answer);
    await escrow.seeRefund(paid.agreementId, 'failed');
    escrow.pass(plusDays(escrow.now(), 30));
    const { refundId } = answer.refunds[0]!;
    for (const by of ['operator-1', 'operator-2']) {
      const command = new ReverseRefund({ message: http(), refundId, by, reason: 'Nobody can be reached' });
      await new ReverseRefundHandler(escrow.database.unitOfWork).execute(command);
    }
    return paid.agreementId;
  },
};

const notGiven: Story = {
  leaves: ['escrow.refund.refused'],
  async play(escrow) {
    const draws = new Draws(escrow);
    const paid = await draws.released(20_000n);
    await draws.refused(paid, await draws.ask(paid.freelancerId, paid.milestoneId));
    return paid.agreementId;
  },
};

/** The client asks for paid money, and gets none (E-18). */
const askedInVain: Story = {
  leaves: ['escrow.refund.asked', 'escrow.refund.declined'],
  async play(escrow) {
    const draws = new Draws(escrow);
    const { agreementId, clientId, freelancerId, milestoneId } = await draws.released(20_000n);
    const { paidRefundRequestId } = await draws.request(clientId, { milestoneId });
    await draws.decline(freelancerId, paidRefundRequestId);
    return agreementId;
  },
};

/** Given back, and lost to the client's bank before it was sent (E-24). */
const notSent: Story = {
  leaves: ['escrow.refund.cancelled'],
  async play(escrow) {
    const { agreementId, freelancerId, milestoneIds } = await escrow.funded();
    await escrow.giveBack(freelancerId, milestoneIds[0]!);
    const fundingId = await escrow.fundingOf(milestoneIds[0]!);
    const taken = await escrow.dispute(fundingId);
    await escrow.look(fundingId, taken);
    await escrow.findsNothing(agreementId);
    await escrow.look(fundingId, { ...taken, status: 'lost' });
    return agreementId;
  },
};

/** An inquiry becomes a chargeback of money under review, which is contested and won. */
const contested: Story = {
  leaves: [
    'escrow.chargeback.warned',
    'escrow.chargeback.contested',
    'escrow.milestone.frozen',
    'escrow.review.suspended',
    'escrow.milestone.unfrozen',
    'escrow.review.resumed',
  ],
  async play(escrow) {
    const { agreementId, milestoneIds } = await escrow.submitted();
    const fundingId = await escrow.fundingOf(milestoneIds[0]!);
    const taken = await escrow.dispute(fundingId);
    await escrow.look(fundingId, { ...taken, status: 'warning_needs_response', debited: undefined });
    const chargebackId = await escrow.look(fundingId, taken);
    await escrow.answer(chargebackId, 'contest');
    await escrow.look(fundingId, { ...taken, status: 'under_review' });
    await escrow.look(fundingId, { ...taken, status: 'won', reinstated: { feeMinor: 1_500n } });
    return agreementId;
  },
};

/** A chargeback of held money is accepted. */
const accepted: Story = {
  leaves: ['escrow.chargeback.accepted', 'escrow.milestone.charged_back'],
  async play(escrow) {
    const { agreementId, milestoneIds } = await escrow.funded();
    const fundingId = await escrow.fundingOf(milestoneIds[0]!);
    const taken = await escrow.dispute(fundingId);
    await escrow.answer(await escrow.look(fundingId, taken), 'accept');
    await escrow.look(fundingId, { ...taken, status: 'lost' });
    return agreementId;
  },
};

/** A chargeback of pay that is not protected: lost, and won at a later stage. */
const wonLater: Story = {
  leaves: ['escrow.chargeback.received', 'escrow.chargeback.lost', 'escrow.chargeback.won'],
  async play(escrow) {
    const { agreementId, clientId, milestoneIds } = await escrow.funded();
    const [milestoneId] = milestoneIds as [string];
    await escrow.release(clientId, milestoneId);
    await escrow.rows('update transfers set protected = false where milestone_id = $1', [milestoneId]);
    const fundingId = await escrow.fundingOf(milestoneId);
    const taken = await escrow.dispute(fundingId);
    const chargebackId = await escrow.look(fundingId, taken);
    await escrow.look(fundingId, { ...taken, status: 'lost' });
    const { transfer_id } = await escrow.row(chargebackId);
    await escrow.clawedBack(chargebackId, String(transfer_id), 90_000n, 0n);
    await escrow.look(fundingId, { ...taken, status: 'won', reinstated: { feeMinor: 0n } });
    return agreementId;
  },
};

/** A withdrawal that payouts tells of: paid, and come back. */
const withdrawn: Story = {
  leaves: ['escrow.clearing.applied'],
  async play(escrow) {
    await escrow.withdrawalPaid(paidWithdrawal());
    await escrow.withdrawalReturned(returnedWithdrawal());
    return paidWithdrawal().accountId;
  },
};

/** Nobody acts until the client refuses what the freelancer asks for; the deadline has moved (C-8, E-20). */
const dormant: Story = {
  leaves: [
    'escrow.dormancy.announced',
    'escrow.dormancy.started',
    'escrow.dormancy.release_requested',
    'escrow.deadline.suspended',
    'escrow.deadline.moved',
    'escrow.dormancy.cancelled',
  ],
  async play(escrow) {
    const dormancies = new Dormancies(escrow);
    const asked = await dormancies.releaseRequested();
    const { agreementId, clientId } = asked;
    await dormancies.fire(agreementId);
    for (const _ of [1, 2]) await dormancies.notice(agreementId, clientId, escrow.now());
    await dormancies.refuseRelease(asked);
    return agreementId;
  },
};

export const stories: readonly Story[] = [
  approved,
  unasked,
  method,
  confirmed,
  unconfirmed,
  unpaid,
  bonuses,
  rolled,
  changed,
  ended,
  refunded,
  givenUp,
  notGiven,
  askedInVain,
  notSent,
  contested,
  accepted,
  wonLater,
  withdrawn,
  dormant,
];
