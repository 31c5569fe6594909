import { z } from 'zod';
import type { Answer } from '../answering.ts';
import { type BookEntry, effectOf } from '../book.ts';
import type { Step } from '../step.ts';
import { invalid } from './errors.ts';
import { rows } from './params.ts';

/** BAI2 698, miscellaneous fees: what the bank takes for its work. */
const feeCode = '698';
/** BAI2 by where the money went: a credit (165) or a debit (455) of the clearing house. */
const otherCodes = { credit: '165', debit: '455' } as const;

export const ListTransactions = z.strictObject({
  posted: z.literal('true').optional(),
  as_of_date_start: z.iso.date().optional(),
  per_page: rows.default(25),
  after_cursor: z.string().min(1).optional(),
});

/** The account's statement, newest first: a line for each movement, charges of the bank among them. */
export function listTransactions({ simulation }: Step, given: z.output<typeof ListTransactions>): Answer {
  const newest = simulation.book.entries('bank').reverse().map(transactionObject);
  const after = given.after_cursor;
  const from = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) throw invalid('There is no such cursor.', 'after_cursor');
  const found = newest
    .slice(from)
    .filter(({ as_of_date }) => given.as_of_date_start === undefined || as_of_date >= given.as_of_date_start);
  const page = found.slice(0, given.per_page);
  const last = page.at(-1)?.id;
  const headers = {
    'x-per-page': String(given.per_page),
    ...(last !== undefined && found.length > page.length ? { 'x-after-cursor': last } : {}),
  };
  return { status: 200, body: page, headers };
}

function transactionObject({ id, kind, amountMinor, currency, atMs }: BookEntry) {
  const at = new Date(atMs).toISOString();
  const direction = effectOf(kind) > 0n ? 'credit' : 'debit';
  const isFee = kind === 'processing_fee';
  return {
    // One order may move money twice: it is paid, and fails.
    id: isFee ? id : `${id}-${kind}`,
    object: 'transaction',
    live_mode: false,
    created_at: at,
    amount: Number(amountMinor),
    currency,
    direction,
    posted: true,
    as_of_date: at.slice(0, 10),
    as_of_time: at.slice(11, 19),
    vendor_code: isFee ? feeCode : otherCodes[direction],
    vendor_code_type: 'bai2',
  };
}
