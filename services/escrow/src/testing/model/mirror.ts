import { isDeepStrictEqual } from 'node:util';
import { Rejection, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { type MessageRef, newId } from '@holdfast/messaging';
import { expect } from '@jest/globals';
import type { RefundReleasedAnswer } from '../../commands/refund-released.ts';
import { RetryRefund, RetryRefundHandler } from '../../commands/retry-refund.ts';
import type { DisputeView } from '../../domain/chargeback.ts';
import { Cases } from '../cases.ts';
import { Dormancies } from '../dormancies.ts';
import { Draws } from '../draws.ts';
import { Endings } from '../endings.ts';
import { type Agreed, type Escrow, http } from '../escrow.ts';
import type { Step } from './acts/act.ts';
import type { Reference } from './reference.ts';
import { day, type Milestone, Refused, type Terms } from './state.ts';

type Call = (message: MessageRef) => Promise<unknown>;
type Outcome = { answer: unknown } | { refused: string };

/** The contract of the model in the real service: its numbers stand for ids here. */
export class Mirror {
  readonly endings: Endings;
  /** Each step and what came of it, for whoever asks what the sequences have tried. */
  readonly taken: string[] = [];
  readonly submissionIds: string[] = [];
  readonly draws: Draws;
  readonly dormancies: Dormancies;
  readonly cases: Cases;
  /** What payouts was asked for, by the model's numbers. */
  readonly asked: RefundReleasedAnswer[] = [];
  /** Each as the bank has it whole, by the model's numbers. */
  readonly disputes: { fundingId: string; view: DisputeView }[] = [];
  readonly disputed: { milestoneId: string; caseId: string }[] = [];
  readonly banned: string[] = [];
  readonly held: { accountId: string; holdId: string }[] = [];
  #last?: { call: Call; other: Call | undefined; message: MessageRef; outcome: Outcome };

  private constructor(
    readonly escrow: Escrow,
    readonly agreed: Agreed,
    private readonly begunAt: Date,
  ) {
    this.endings = new Endings(escrow);
    this.draws = new Draws(escrow);
    this.dormancies = new Dormancies(escrow);
    this.cases = new Cases(escrow);
  }

  static async of(
    escrow: Escrow,
    { mode, clientBps, freelancerBps, initiation }: Terms,
    prices: readonly bigint[],
  ): Promise<Mirror> {
    const settings = {
      ...pinnedDefaults,
      'funding.mode': mode,
      'fee.client_bps': Number(clientBps),
      'fee.freelancer_bps': Number(freelancerBps),
      'fee.initiation': Number(initiation),
    };
    const agreed = {
      agreementId: newId(),
      clientId: `client-${newId()}`,
      freelancerId: `freelancer-${newId()}`,
      milestoneIds: prices.map(() => newId()),
    };
    await escrow.verifiedMethod(agreed.clientId);
    const begunAt = noonAfter(escrow.now());
    escrow.pass(begunAt);
    await escrow.activate(agreed, prices.map(usd), settings);
    return new Mirror(escrow, agreed, begunAt);
  }

  milestoneId(index: number): string {
    return this.agreed.milestoneIds[index]!;
  }

  retry(refundId: string, by: string): Promise<unknown> {
    const input = { message: http(), refundId, by, reason: 'The method is open again.' };
    return new RetryRefundHandler(this.escrow.database.unitOfWork).execute(new RetryRefund(input));
  }

  /** The rows of the contract in the order in which they came to be. */
  async idsIn(table: 'fundings' | 'refunds' | 'refund_requests' | 'paid_refund_requests'): Promise<string[]> {
    const text = `select id from ${table} where agreement_id = $1 order by id`;
    return (await this.escrow.rows(text, [this.agreed.agreementId])).map(({ id }) => String(id));
  }

  /** The same step on both sides: both take it or both refuse. */
  async step(model: Reference, { theirs, ours, other, isKeyless }: Step, name: string): Promise<void> {
    const message = http();
    // No two steps at one instant, as with the clock that is compared.
    model.now += 1;
    const expected = refusedBy(theirs);
    const outcome = await outcomeOf(ours, message);
    this.#last = isKeyless ? undefined : { call: ours, other, message, outcome };
    const detail = 'refused' in outcome ? `refused: ${outcome.refused}` : 'accepted';
    this.taken.push(`${name} ${'refused' in outcome ? outcome.refused : 'accepted'}`);
    expect(detail).toMatch(expected ? /^refused: / : /^accepted$/);
    await this.compare(model);
  }

  /** A repeat gets the first answer, also where that was a refusal, and changes nothing (M-8). */
  async again(model: Reference): Promise<void> {
    if (!this.#last) return;
    const { call, message, outcome } = this.#last;
    expect(await outcomeOf(call, message)).toEqual(outcome);
    await this.compare(model);
  }

  /** The same key with another body is refused, whatever came of the first, and changes nothing (M-8). */
  async reuse(model: Reference): Promise<void> {
    if (!this.#last?.other) return;
    const outcome = await outcomeOf(this.#last.other, this.#last.message);
    this.taken.push(`reuse ${'refused' in outcome ? 'accepted' : 'answered'}`);
    expect(outcome).toEqual({ refused: 'idempotency.key_reused' });
    await this.compare(model);
  }

  /** In quarters of days: each is far longer than a sequence takes. */
  #quarterOf(at: Date | null): number | undefined {
    return quarterOf(at ? at.getTime() - this.begunAt.getTime() : undefined);
  }

  async compare(model: Reference): Promise<void> {
    const [real, ideal] = [await this.#read(), expectedOf(model)];
    if (!isDeepStrictEqual(real, ideal)) expect(real).toEqual(ideal);
  }

  async #read() {
    const { agreementId, milestoneIds } = this.agreed;
    const rows = (text: string) => this.escrow.rows(text, [agreementId]);
    const indexOf = (id: unknown): number => milestoneIds.indexOf(String(id));
    const fundings = (await rows(`select id, status from fundings where agreement_id = $1 order by id`)) as {
      id: string;
      status: string;
    }[];
    const chargeOf = (id: unknown): number => fundings.findIndex((each) => each.id === id);
    const [agreement] = await rows('select status, initiation_fee, cleared_at from agreements where id = $1');
    const milestones = await rows(`select m.*, (select coalesce(sum(amount_minor), 0) from freezes
      where milestone_id = m.id and not ended) as frozen from milestones m where agreement_id = $1 order by position`);
    const lots = await rows(`select milestone_id, funding_id, principal_left_minor as held,
      client_fee_left_minor as fee from lots where agreement_id = $1 and milestone_id is not null
        and (principal_left_minor > 0 or client_fee_left_minor > 0)`);
    const refunds = await rows(`select funding_id, milestone_id, status, amount_minor
      from refunds where agreement_id = $1 order by id`);
    const chargebacks = await rows('select status from chargebacks where agreement_id = $1 order by id');
    const requests = await rows('select status from refund_requests where agreement_id = $1 order by id');
    const paidRequests = await rows(
      'select status from paid_refund_requests where agreement_id = $1 order by id',
    );
    const balances = await rows(`select e.account, e.sub_account, sum(e.amount_minor)::text as amount
      from journals j join entries e on e.journal_id = j.id where j.agreement_id = $1 group by 1, 2`);
    const dormancy = await this.dormancies.row(agreementId);
    return {
      contract: [agreement!.status, agreement!.initiation_fee, agreement!.cleared_at !== null],
      milestones: milestones.map((row) =>
        [
          ...[row.status, `v${row.terms_version}`, row.price_minor, row.held_minor, row.principal_minor],
          ...[row.client_fee_minor, row.client_fee_held_minor, row.reserved_minor, row.frozen],
          reviewOf(row.review_due_at !== null, row.review_left_ms !== null),
        ].join(' '),
      ),
      lots: lots
        .map((row) => `${indexOf(row.milestone_id)}/${chargeOf(row.funding_id)} ${row.held} ${row.fee}`)
        .sort(),
      charges: fundings.map(({ status }) => (ended.includes(status) ? status : 'pending')),
      refunds: refunds.map((row) =>
        [chargeOf(row.funding_id), indexOf(row.milestone_id), row.amount_minor, row.status].join(' '),
      ),
      requests: requests.map(({ status }) => status),
      paidRequests: paidRequests.map(({ status }) => status),
      chargebacks: chargebacks.map(({ status }) => status),
      dormancy: [
        ...[dormancy.status, this.#quarterOf((dormancy.turn_at ?? dormancy.due_at) as Date | null)],
        ...[dormancy.waits, dormancy.balance_minor, (dormancy.milestone_ids as string[]).map(indexOf).sort()],
      ],
      books: booksOf(balances, indexOf),
    };
  }
}

const ended = ['succeeded', 'failed'];

/** A sequence begins at noon: both sides see the same dates, although only one has a clock that runs. */
const noonAfter = (now: Date): Date => new Date((Math.floor(now.getTime() / day + 0.5) + 0.5) * day);

const quarterOf = (at: number | undefined): number | undefined =>
  at === undefined ? undefined : Math.floor((4 * at) / day);

/** What should be there by the model, in the same form. */
function expectedOf(model: Reference) {
  const { status, initiation, isCleared, milestones, charges, refunds, requests, books } = model;
  const { chargebacks, dormancy } = model;
  const signed = [...books].map(([account, amount]) => (debits.includes(account) ? amount : -amount));
  expect(signed.reduce((sum, amount) => sum + amount, 0n)).toBe(0n);
  // A refund and a chargeback of the same money leave less than nothing in cash, of the platform's (P-10).
  for (const [account, amount] of books) {
    if (amount < 0n && account !== 'cash') throw new Error(`${account} is below zero.`);
  }
  return {
    contract: [status, initiation, isCleared],
    milestones: milestones.map((each) =>
      [
        ...[each.status, `v${each.version}`, each.price, ...heldOf(each)],
        ...[
          each.reserved?.amount ?? 0n,
          frozenOf(each),
          reviewOf(each.dueAt !== undefined, each.left !== undefined),
        ],
      ].join(' '),
    ),
    lots: milestones
      .flatMap(({ lots }, index) => lots.map((lot) => ({ ...lot, index })))
      .filter(({ held, fee }) => held > 0n || fee > 0n)
      .map(({ index, chargeId, held, fee }) => `${index}/${chargeId} ${held} ${fee}`)
      .sort(),
    charges: charges.map((charge) => (charge.status === 'orphaned' ? 'succeeded' : charge.status)),
    refunds: refunds.map((each) => [each.chargeId, each.milestone ?? -1, each.amount, each.status].join(' ')),
    requests: requests.map((request) => request.status),
    paidRequests: model.paidRequests.map((each) => each.status),
    chargebacks: chargebacks.map((each) => each.status),
    dormancy: [
      ...[dormancy.status, quarterOf(dormancy.at), dormancy.waits ?? null],
      ...[dormancy.balance, dormancy.milestones],
    ],
    books: Object.fromEntries([...books].filter(([, amount]) => amount !== 0n).sort(byName)),
  };
}

const reviewOf = (runs: boolean, stands: boolean): string =>
  runs ? 'under review' : stands ? 'suspended' : 'not reviewed';

/** What stands for money that has left means nothing any more. */
const heldOf = ({ held, principal, fee, feeHeld }: Milestone): bigint[] =>
  held > 0n ? [held, principal, fee, feeHeld] : [0n, 0n, 0n, 0n];

const frozenOf = ({ freezes }: Milestone): bigint =>
  freezes.reduce((total, { amount }) => total + amount, 0n);

/** On their debit side; all others on their credit side. */
const debits: readonly string[] = ['cash', 'disputed', 'expense'];
const names: Readonly<Record<string, string>> = {
  'E.cash.trust': 'cash',
  'E.escrow.milestone': 'escrow',
  'E.fee.client_held': 'fee_held',
  'E.fee.initiation_held': 'initiation_held',
  'E.clearing.payouts': 'clearing',
  'E.refund.payable': 'payable',
  'E.chargeback.disputed': 'disputed',
  'E.expense.chargeback': 'expense',
  'E.expense.chargeback_fee': 'expense',
};

/** By the model's names. */
function booksOf(rows: Record<string, unknown>[], indexOf: (id: unknown) => number): Record<string, bigint> {
  const books = new Map<string, bigint>();
  for (const { account, sub_account, amount } of rows) {
    const isRevenue = String(account).startsWith('E.revenue.');
    const name = isRevenue ? 'revenue' : (names[String(account)] ?? String(account));
    const key = indexOf(sub_account) < 0 ? name : `${name}:${indexOf(sub_account)}`;
    const minor = BigInt(String(amount));
    books.set(key, (books.get(key) ?? 0n) + (debits.includes(name) ? minor : -minor));
  }
  return Object.fromEntries([...books].filter(([, amount]) => amount !== 0n).sort(byName));
}

const byName = ([a]: [string, bigint], [b]: [string, bigint]): number => (a < b ? -1 : 1);

function refusedBy(step: () => void): boolean {
  try {
    step();
    return false;
  } catch (error) {
    if (error instanceof Refused) return true;
    throw error;
  }
}

/** Anything but a rejection is an error of ours, and fails the run. */
async function outcomeOf(call: Call, message: MessageRef): Promise<Outcome> {
  try {
    return { answer: await call(message) };
  } catch (error) {
    if (error instanceof Rejection) return { refused: error.code };
    throw error;
  }
}
