import { isLate, later, plusDays } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';

/**
 * What a client agrees to when a method is verified (P-2, P-16): charges of what was agreed, without the client. Who
 * changes the words changes the version.
 */
export const mandate = { version: '1', scope: 'agreed_charges' } as const;

export type Ranked = Readonly<{ id: string; rank?: number | null | undefined }>;

/** Primary first, then the backups in order (P-1). */
export const inOrder = <Method extends Ranked>(methods: readonly Method[]): Method[] =>
  [...methods].sort((left, right) => rankOf(left) - rankOf(right) || (left.id < right.id ? -1 : 1));

/** The first that has not been tried (P-1). */
export const nextOf = <Method extends Ranked>(
  methods: readonly Method[],
  tried: ReadonlySet<string>,
): Method | undefined => inOrder(methods).find(({ id }) => !tried.has(id));

/** Behind all others: who adds a method does not change how is paid. */
export const rankOfNew = (methods: readonly Ranked[]): number => Math.max(0, ...methods.map(rankOf)) + 1;
export const rankOfPrimary = (methods: readonly Ranked[]): number => Math.min(1, ...methods.map(rankOf)) - 1;

const rankOf = ({ rank }: Ranked): number => rank ?? 0;

const pollMinutes = 10;
const pollSecondsLeast = 15;
/** PayPal's set-up tokens end then. */
const setupDays = 3;

/**
 * When a set-up that waits for its payer is asked about again. PayPal sends no notice of an approval: soon after the
 * payer was sent there, then ever more rarely.
 * @returns undefined when nobody is expected any more
 */
export function nextPollAt(kind: BillingMethodKind, addedAt: Date, now: Date): Date | undefined {
  if (kind !== 'paypal') return new Date(now.getTime() + pollMinutes * 60_000);
  if (isLate(now, plusDays(addedAt, setupDays))) return undefined;
  const quarterMs = (now.getTime() - addedAt.getTime()) / 4;
  return later(
    new Date(now.getTime() + pollSecondsLeast * 1_000),
    new Date(now.getTime() + Math.floor(quarterMs)),
  );
}
