import { BusinessClock } from '@holdfast/messaging';
import { noticeAlarms } from '@holdfast/providers';
import { type AlarmCheck, staffAlarms } from '@holdfast/service';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { ChargebackTable } from './tables/chargeback.table.ts';
import { CostReportTable, MovementBreakTable, ReportLineTable } from './tables/cost-report.table.ts';
import { DormancyTable } from './tables/dormancy.table.ts';
import { FundingTable } from './tables/funding.table.ts';
import { RefundTable } from './tables/refund.table.ts';
import { RefundAttemptTable } from './tables/refund-attempt.table.ts';
import { RefundDecisionTable } from './tables/refund-decision.table.ts';
import { RefundRequestTable } from './tables/refund-request.table.ts';
import { SettlementTable } from './tables/settlement.table.ts';
import { SmallChargeTable, SmallRefundTable } from './tables/small-charge.table.ts';
import { SmallDisputeTable } from './tables/small-dispute.table.ts';
import { TransferTable } from './tables/transfer.table.ts';

const minuteMs = 60_000;
/** `recon.lag_minutes` = 15 (M-22): payouts answers a transfer within seconds. */
const transferMaxMs = 15 * minuteMs;
/** 30 min: three misses over 10 minutes settle a doubt, and the call that follows may be in doubt once more (E-26). */
const doubtMaxMs = 30 * minuteMs;
/** 7 days: a payout is at the bank within two business days, and a weekend with a holiday makes five of them. */
const transitMaxMs = 7 * 24 * 60 * minuteMs;
/** 6 h: a report is read in minutes, and the next one is due after a day (P-8). */
const readingMaxMs = 6 * 60 * minuteMs;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** What escrow watches besides what every service does. The rows carry business time, so the thresholds do too. */
export function escrowAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const em = (): EntityManager => orm.em.fork();
  const before = (ms: number): Date => new Date(clock.now().getTime() - ms);
  return [
    { name: 'transfer.unanswered', find: () => unanswered(em(), before(transferMaxMs)) },
    { name: 'funding.in_review', find: () => inReview(em()) },
    { name: 'funding.in_doubt', find: () => inDoubt(em(), before(doubtMaxMs)) },
    { name: 'small_charge.unsettled', find: () => smallChargesUnsettled(em(), before(doubtMaxMs)) },
    { name: 'small_charge.not_returned', find: () => smallChargesNotReturned(em()) },
    { name: 'small_charge.disputed', find: () => smallChargesDisputed(em()) },
    { name: 'settlement.in_review', find: () => settlementsInReview(em()) },
    { name: 'settlement.failed', find: () => settlementsFailed(em()) },
    {
      name: 'settlement.late',
      find: () => settlementsLate(em(), { doubt: before(doubtMaxMs), transit: before(transitMaxMs) }),
    },
    { name: 'cost_report.late', find: () => reportsLate(em(), before(readingMaxMs)) },
    { name: 'cost_report.break', find: () => breaks(em()) },
    { name: 'chargeback.unanswered', find: () => chargebacksUnanswered(em()) },
    {
      name: 'chargeback.transfer_unanswered',
      find: () => recoveriesUnanswered(em(), before(transferMaxMs)),
    },
    { name: 'refund.failed', find: () => refundsFailed(em()) },
    { name: 'refund.in_review', find: () => refundsInReview(em()) },
    { name: 'refund.unanswered', find: () => drawsUnanswered(em(), before(transferMaxMs)) },
    { name: 'refund_request.unproven', find: () => requestsUnproven(em()) },
    { name: 'dormancy.unproven', find: () => dormanciesUnproven(em()) },
    ...staffAlarms(app),
    ...noticeAlarms(app),
  ];
}

/** Released or reversed, and not credited by payouts as far as escrow knows (M-22). */
async function unanswered(em: EntityManager, until: Date) {
  const reversed = await em.find(
    RefundDecisionTable,
    { transferId: { $ne: null }, answeredAt: null, approvedAt: { $lte: until } },
    { orderBy: { approvedAt: 'asc' }, limit: findingsMax },
  );
  const transfers = await em.find(
    TransferTable,
    { status: 'sent', releasedAt: { $lte: until } },
    { orderBy: { releasedAt: 'asc' }, limit: findingsMax },
  );
  const what = 'payouts does not answer a transfer';
  return [
    ...transfers.map(({ id, releasedAt, agreementId }) => {
      return { id, what, since: releasedAt, facts: { agreementId } };
    }),
    ...reversed.map(({ transferId, approvedAt, refundId }) => {
      return { id: transferId!, what, since: approvedAt!, facts: { refundId } };
    }),
  ];
}

/** Silence accepts it: the platform has until the due date to contest it (P-9, P-11). */
async function chargebacksUnanswered(em: EntityManager) {
  const chargebacks = await em.find(
    ChargebackTable,
    { status: 'received', answer: null },
    { orderBy: { dueAt: 'asc' }, limit: findingsMax },
  );
  return chargebacks.map(({ id, agreementId, receivedAt, dueAt }) => {
    const facts = { agreementId, dueAt: dueAt.toISOString() };
    return { id, what: 'a chargeback waits for our answer', since: receivedAt, facts };
  });
}

/** Payouts has not said what it took, or gave back (M-15, M-22). */
async function recoveriesUnanswered(em: EntityManager, until: Date) {
  const chargebacks = await em.find(
    ChargebackTable,
    {
      transferredAt: { $lte: until },
      $or: [{ status: 'recovering' }, { restoreTransferId: { $ne: null }, restored: false }],
    },
    { orderBy: { transferredAt: 'asc' }, limit: findingsMax },
  );
  return chargebacks.map(({ id, agreementId, transferredAt }) => {
    const what = 'payouts does not answer about a chargeback';
    return { id, what, since: transferredAt!, facts: { agreementId } };
  });
}

/** Another amount or currency than asked, or an outcome that could not be found out: not booked (F47). */
async function inReview(em: EntityManager) {
  const fundings = await em.find(
    FundingTable,
    { status: 'in_review' },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return fundings.map(({ id, agreementId }) => {
    return { id, what: 'a charge waits for a person to compare it', facts: { agreementId } };
  });
}

/** The provider does not answer a step, or its queries find nothing of a call that may have been executed. */
async function inDoubt(em: EntityManager, until: Date) {
  const fundings = await em.find(
    FundingTable,
    {
      status: 'waiting',
      $or: [{ nextCallAt: { $lte: until } }, { misses: { $gt: 0 }, keySince: { $lte: until } }],
    },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return fundings.map(({ id, agreementId, step, misses, nextCallAt, keySince }) => ({
    id,
    what: 'the outcome of a charge is not known',
    since: nextCallAt! <= until ? nextCallAt! : keySince,
    facts: { agreementId, step: step!, misses },
  }));
}

/** A charge that verifies a card: its outcome is not known, or is not what was asked for (P-2, F47). */
async function smallChargesUnsettled(em: EntityManager, until: Date) {
  const charges = await em.find(
    SmallChargeTable,
    { $or: [{ status: 'in_review' }, { status: 'waiting', keySince: { $lte: until } }] },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return charges.map(({ id, accountId, status, keySince }) => {
    const what = 'the outcome of a small charge is not known';
    return { id, what, since: keySince, facts: { accountId, status } };
  });
}

/** Its way back failed, or a person must compare it; one that was sent again is no longer named (P-2, E-23). */
async function smallChargesNotReturned(em: EntityManager) {
  const refunds = await em.find(
    SmallRefundTable,
    {
      $or: [
        { status: ['in_review', 'contradicted'] },
        { status: ['failed', 'returned'], retryApprovedBy: null },
      ],
    },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  const of = { smallChargeId: refunds.map(({ smallChargeId }) => smallChargeId) };
  const taken = await em.find(SmallDisputeTable, { ...of, status: 'lost', tookOwed: true });
  const open = refunds.filter(
    ({ smallChargeId: id }) => !taken.some(({ smallChargeId }) => smallChargeId === id),
  );
  return open.map(({ smallChargeId: id, accountId, status, failure }) => {
    const facts = { accountId, status, ...(failure ? { failure } : {}) };
    return { id, what: 'a small charge did not go back', facts };
  });
}

/** The holder of a card did not ask for its verification: whose account is it? (P-2, P-9) */
async function smallChargesDisputed(em: EntityManager) {
  const disputes = await em.find(
    SmallDisputeTable,
    { status: 'received' },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return disputes.map(({ smallChargeId: id, accountId, receivedAt: since }) => {
    return { id, what: 'a bank disputes a small charge', since, facts: { accountId } };
  });
}

/** What the provider says is not what was asked for, or it could not be found out what became of it (F47). */
async function settlementsInReview(em: EntityManager) {
  const settlements = await em.find(
    SettlementTable,
    { status: 'in_review' },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return settlements.map(({ id }) => ({ id, what: 'a settlement waits for a person to compare it' }));
}

/** Until an operator asks again: what failed is not tried by itself (M-23). */
async function settlementsFailed(em: EntityManager) {
  const [last] = await em.find(SettlementTable, {}, { orderBy: { requestedAt: 'desc' }, limit: 1 });
  if (!last) return [];
  const settlements = await em.find(
    SettlementTable,
    { status: ['failed', 'returned'], endedAt: { $gte: last.requestedAt } },
    { orderBy: { endedAt: 'asc' }, limit: findingsMax },
  );
  return settlements.map(({ id, endedAt, status, failure }) => {
    return { id, what: 'a settlement moved no money', since: endedAt!, facts: { status, failure: failure! } };
  });
}

/** Not acknowledged by the provider, not answered, or not at the bank after all that time. */
async function settlementsLate(em: EntityManager, until: { doubt: Date; transit: Date }) {
  const settlements = await em.find(
    SettlementTable,
    {
      $or: [
        { status: ['requested', 'unknown'], requestedAt: { $lte: until.doubt } },
        { nextCallAt: { $lte: until.doubt } },
        { status: 'in_transit', requestedAt: { $lte: until.transit } },
      ],
    },
    { orderBy: { requestedAt: 'asc' }, limit: findingsMax },
  );
  return settlements.map(({ id, status, requestedAt, misses }) => {
    return { id, what: 'a settlement does not arrive', since: requestedAt, facts: { status, misses } };
  });
}

/** The provider does not give its report, or not to its end. */
async function reportsLate(em: EntityManager, until: Date) {
  const reports = await em.find(
    CostReportTable,
    { status: 'requested', requestedAt: { $lte: until } },
    { orderBy: { requestedAt: 'asc' }, limit: findingsMax },
  );
  return reports.map(({ id, provider, requestedAt }) => {
    return { id, what: 'a report of costs is not read to its end', since: requestedAt, facts: { provider } };
  });
}

/** A line without its movement, or a movement without its line: not booked, and a person compares them (P-8). */
async function breaks(em: EntityManager) {
  const lines = await em.find(
    ReportLineTable,
    { reason: { $ne: null } },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  const movements = await em.find(
    MovementBreakTable,
    { endedAt: null },
    { orderBy: { foundAt: 'asc' }, limit: findingsMax },
  );
  return [
    ...lines.map(({ lineId, provider, reason, foundAt }) => {
      const what = 'a line of a report has no movement that fits it';
      return { id: lineId, what, since: foundAt, facts: { provider, reason: reason! } };
    }),
    ...movements.map(({ id, provider, foundAt }) => {
      return { id, what: 'no report tells of a movement', since: foundAt, facts: { provider } };
    }),
  ];
}

/** The client did not get it: two persons choose another way, or give it up (E-23, E-25). */
async function refundsFailed(em: EntityManager) {
  const refunds = await em.find(
    RefundTable,
    { status: 'refund_failed' },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return refunds.map(({ id, agreementId, failure }) => {
    return { id, what: 'a refund did not reach the client', facts: { agreementId, failure: failure! } };
  });
}

/** Another amount than was asked for, or a word that was taken back after another attempt: not booked (F47). */
async function refundsInReview(em: EntityManager) {
  const attempts = await em.find(
    RefundAttemptTable,
    { status: ['in_review', 'contradicted'] },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return attempts.map(({ id, refundId, status }) => {
    return { id, what: 'a refund waits for a person to compare it', facts: { refundId, status } };
  });
}

/** Asked of the balance, and payouts says neither yes nor no (M-15). */
async function drawsUnanswered(em: EntityManager, until: Date) {
  const refunds = await em.find(
    RefundTable,
    { status: 'drawing', decidedAt: { $lte: until } },
    { orderBy: { decidedAt: 'asc' }, limit: findingsMax },
  );
  return refunds.map(({ id, agreementId, decidedAt }) => {
    return { id, what: 'payouts does not answer a draw', since: decidedAt, facts: { agreementId } };
  });
}

/** A person could not be told of the deadline, or not with proof: nobody loses money by silence (C-8). */
async function requestsUnproven(em: EntityManager) {
  const requests = await em.find(
    RefundRequestTable,
    { status: ['unproven', 'stopped'] },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return requests.map(({ id, agreementId, status }) => {
    return { id, what: 'a deadline waits for the proof of its notices', facts: { agreementId, status } };
  });
}

/** The same of a step of dormancy (C-8, E-20). */
async function dormanciesUnproven(em: EntityManager) {
  const dormancies = await em.find(
    DormancyTable,
    { waits: { $ne: null } },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return dormancies.map(({ id, status, waits }) => {
    return { id, what: 'a deadline waits for the proof of its notices', facts: { status, waits: waits! } };
  });
}
