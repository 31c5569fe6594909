import { z } from 'zod';
import type { Answer } from '../answering.ts';
import { atHour, dateOf, nextBankingDay } from '../banking-days.ts';
import type { Step } from '../step.ts';
import { move } from './balance-transactions.ts';
import { invalid, missing } from './errors.ts';
import { tell } from './events.ts';
import { type Payout, payouts } from './model.ts';
import { newestFirst, pageFields } from './pages.ts';
import { currency, metadata, minorUnits, text } from './params.ts';
import { listObject, payoutObject } from './render.ts';

export const CreatePayout = z.strictObject({
  amount: minorUnits(12), // A whole balance leaves at once.
  currency,
  description: text.optional(),
  statement_descriptor: text.optional(),
  method: z.literal('standard').optional(),
  metadata: metadata.default({}),
});

export const ListPayouts = z.strictObject(pageFields);

/** The due work that moves a payout on, twice in its life. */
export const transit = 'card.payout';

/** 1 h until it has left for the bank. */
const leavesAfterMs = 3_600_000;
/** 12:00 UTC of the next banking day: the bank has posted the morning's credits. */
const arrivalHour = 12;

/** Money of the balance goes to the one bank account, which is in US dollars. */
export function createPayout(step: Step, given: z.output<typeof CreatePayout>): Answer {
  const { tx, atMs, simulation, references } = step;
  if (given.currency !== 'usd') {
    throw invalid(`There is no external account in that currency (${given.currency}).`, {
      param: 'currency',
    });
  }
  if (given.amount > (simulation.book.balances('card').get(given.currency) ?? 0n)) {
    throw invalid('The balance is less than this payout.', { code: 'balance_insufficient', param: 'amount' });
  }
  const occasion = { provider: 'card', ops: [step.op], references };
  const fate = simulation.faults.takeFate(tx, occasion, 'return');
  const made: Payout = {
    id: tx.newId('po'),
    createdAtMs: atMs,
    status: 'pending',
    arrivesAtMs: atHour(nextBankingDay(dateOf(atMs)), arrivalHour),
    amountMinor: given.amount,
    currency: given.currency,
    description: given.description ?? null,
    statementDescriptor: given.statement_descriptor ?? null,
    failsWith: fate ? String(fate.params.reason) : null,
    balanceTransaction: null,
    metadata: given.metadata,
  };
  const payout: Payout = { ...made, balanceTransaction: movePayout(step, 'payout', made) };
  tx.put(payouts, payout.id, payout);
  simulation.clock.schedule(tx, transit, payout.id, atMs + leavesAfterMs);
  tell(step, 'payout.created', payoutObject(payout));
  return { status: 200, body: payoutObject(payout) };
}

export function readPayout({ tx }: Step, id: string): Answer {
  const payout = tx.get(payouts, id);
  if (!payout) throw missing('payout', id);
  return { status: 200, body: payoutObject(payout) };
}

/** How a caller finds a payout whose id it never learned. */
export function listPayouts({ tx }: Step, given: z.output<typeof ListPayouts>): Answer {
  const { rows, hasMore } = newestFirst(tx.all(payouts), given, () => true, 'payout');
  return { status: 200, body: listObject('/v1/payouts', rows.map(payoutObject), hasMore) };
}

/** Leaves, then arrives at the bank or is sent back by it. */
export function advancePayout(step: Step, payout: Payout): void {
  const { tx, simulation } = step;
  if (payout.status === 'pending') {
    tx.put(payouts, payout.id, { ...payout, status: 'in_transit' });
    simulation.clock.schedule(tx, transit, payout.id, payout.arrivesAtMs);
    return;
  }
  const ended: Payout = { ...payout, status: payout.failsWith === null ? 'paid' : 'failed' };
  tx.put(payouts, payout.id, ended);
  const earlier = { type: 'payout.updated', object: payoutObject(payout) };
  if (ended.status === 'failed') {
    movePayout(step, 'payout_failed', ended);
    tell(step, 'payout.failed', payoutObject(ended), earlier);
    return;
  }
  simulation.book.enter(tx, {
    kind: 'deposit',
    provider: 'bank',
    id: tx.newId('dep'),
    parentId: ended.id,
    amountMinor: ended.amountMinor,
    currency: ended.currency.toUpperCase(), // As the bank writes it.
    metadata: ended.metadata,
    idempotencyKey: null,
    atMs: step.atMs,
  });
  tell(step, 'payout.paid', payoutObject(ended), earlier);
}

/** @returns the id of its line in the report */
function movePayout(step: Step, kind: 'payout' | 'payout_failed', payout: Payout): string {
  const { id, amountMinor, currency, metadata } = payout;
  return move(step, { kind, source: id, parentId: id, amountMinor, currency, metadata }).id;
}
