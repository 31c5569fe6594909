import { credit, debit, type Journal, journal, plusDays } from '@holdfast/domain';

/** Whose reports are read: by the name of the sub-account of the cash that lies there. */
export type CostProvider = 'card' | 'paypal' | 'bank';
export const costProviders = ['card', 'paypal', 'bank'] as const satisfies readonly CostProvider[];

/** A line of a provider's report: one movement of its balance, and what that cost (protocols, 4.6). */
export type ReportLine = Readonly<{
  id: string;
  category: string;
  /** The provider's own name of what moved; null where the line tells of nothing else. */
  sourceId: string | null;
  /** Ids of ours that the provider gives with it; one of them may be that of the movement. */
  marks: readonly string[];
  /** What moved, with its sign. */
  grossMinor: bigint;
  /** What it takes; negative where it gives back. */
  feeMinor: bigint;
  currency: string;
  createdAt: Date;
}>;

/** What a provider took for its work, by its own name of the line that says so. */
export type ProcessingCost = Readonly<{
  provider: CostProvider;
  lineId: string;
  amountMinor: bigint;
  takenAt: Date;
}>;

/** What moved at the provider, as our books have it. */
export type KnownMovement = Readonly<{ id: string; amountMinor: bigint }>;

/** What our books know of a line: its movement, and its cost where that was booked by hand (M-24). */
export type Known = Readonly<{
  movement?: KnownMovement | undefined;
  costByHand?: KnownMovement | undefined;
}>;

export type BreakReason = 'unknown_movement' | 'amount_differs' | 'currency';
/** Without a reason the line stands beside its movement, or needs none; then it may have a cost to post. */
export type Laid = Readonly<{ movementId: string | null; reason: BreakReason | null; posts: boolean }>;

/** 7 days: a line may come late, under its true instant, so what a report has covered is read again for so long. */
const overlapDays = 7;
/** 3 days: a line that comes late comes within them, and a weekend is over. */
const unreportedDays = 3;
const dayMs = 86_400_000;

/** From when a report is read: from the beginning, or a while before the one before it was asked for. */
export const readSince = (readTo: Date | undefined): Date =>
  readTo ? plusDays(readTo, -overlapDays) : new Date(0);

/** The next reading by itself, a day after the last: however far time has moved, one covers all since then. */
export const nextReadingAt = (dueAt: Date, now: Date): Date =>
  plusDays(dueAt, Math.max(0, Math.floor((now.getTime() - dueAt.getTime()) / dayMs)) + 1);

/** What was booked by then should stand in a report that was asked for at this instant. */
export const reportedBy = (requestedAt: Date): Date => plusDays(requestedAt, -unreportedDays);

/** The fee of a dispute comes with the chargeback, which has posted it and is found by a search of its own (P-11). */
const isProcessing = ({ category }: ReportLine): boolean => !category.startsWith('dispute');

/** A line that is told twice counts once. */
export const linesIn = (lines: readonly ReportLine[]): ReportLine[] => [
  ...new Map(lines.filter(isProcessing).map((line) => [line.id, line])).values(),
];

/**
 * P-8: a line beside its movement. One that our books do not know, or know with another amount, is a break and not a
 * booking; so is one whose cost was booked by hand with another amount. A charge of the bank for the account is a
 * movement of its own.
 */
export function lay(provider: CostProvider, line: ReportLine, { movement, costByHand }: Known): Laid {
  const { currency, grossMinor, feeMinor } = line;
  const laid = (reason: BreakReason | null, posts = reason === null && feeMinor !== 0n): Laid => {
    return { movementId: movement?.id ?? null, reason, posts };
  };
  const compared = (minor: bigint, { amountMinor }: KnownMovement): BreakReason | null =>
    minor === amountMinor || -minor === amountMinor ? null : 'amount_differs';
  if (currency.toUpperCase() !== 'USD') return laid('currency');
  if (costByHand) return laid(compared(feeMinor, costByHand), false);
  if (provider === 'bank') return laid(null);
  return laid(movement ? compared(grossMinor, movement) : 'unknown_movement');
}

/** G-30.3: charges stand gross in the books, so a cost is posted beside them, as the line says it (P-8). */
export const processingJournal = ({ provider, lineId, amountMinor, takenAt }: ProcessingCost): Journal =>
  journal({
    kind: 'processing',
    causeId: lineId,
    valueDate: takenAt,
    lines: [debit('E.expense.processing', amountMinor), credit(`E.cash.trust:${provider}`, amountMinor)],
  });
