import { credit, debit, type Journal, journal, plusDays } from '@holdfast/domain';
import { cardCash } from './journals.ts';

/** A line of the card provider's report: one movement of its balance, and what that cost (protocols, 4.6). */
export type ReportLine = Readonly<{
  id: string;
  category: string;
  /** What it takes; negative where it gives back. */
  feeMinor: bigint;
  currency: string;
  createdAt: Date;
}>;

/** What a provider took for its work, by its own name of the line that says so. */
export type ProcessingCost = Readonly<{ lineId: string; amountMinor: bigint; takenAt: Date }>;

/** 7 days: a line may come late, under its true instant, so what a report has covered is read again for so long. */
const overlapDays = 7;

/** From when a report is read: from the beginning, or a while before the one before it was asked for. */
export const readSince = (lastRequestedAt: Date | undefined): Date =>
  lastRequestedAt ? plusDays(lastRequestedAt, -overlapDays) : new Date(0);

/** The fee of a dispute comes with the chargeback, which has posted it (P-11). */
const isProcessing = ({ category }: ReportLine): boolean => !category.startsWith('dispute');

/**
 * P-8: what the lines say the provider took, never what we work out. A line that is told twice counts once; other
 * currencies than ours are not booked, and the proof names them.
 */
export function costsIn(lines: readonly ReportLine[]): ProcessingCost[] {
  const costs = lines
    .filter((line) => isProcessing(line) && line.feeMinor !== 0n && line.currency.toUpperCase() === 'USD')
    .map(({ id, feeMinor, createdAt }) => ({ lineId: id, amountMinor: feeMinor, takenAt: createdAt }));
  return [...new Map(costs.map((cost) => [cost.lineId, cost])).values()];
}

/** G-30.3: charges stand gross in the books, so a cost is posted beside them (P-8). */
export const processingJournal = ({ lineId, amountMinor, takenAt }: ProcessingCost): Journal =>
  journal({
    kind: 'processing',
    causeId: lineId,
    valueDate: takenAt,
    lines: [debit('E.expense.processing', amountMinor), credit(cardCash, amountMinor)],
  });
