/** What of a credit is still pending. */
export type PendingCredit = Readonly<{ id: string; pendingMinor: bigint; maturesAt: Date }>;

/** What a freelancer has that something may be taken from (B-5, E-25). */
export type Balance = Readonly<{ pending: readonly PendingCredit[]; availableMinor: bigint }>;

/** What each place gives; `missingMinor` is what was not there. */
export type Taken = Readonly<{
  fromPending: readonly Readonly<{ creditId: string; amountMinor: bigint }>[];
  fromAvailableMinor: bigint;
  missingMinor: bigint;
}>;

/**
 * Takes what is there of an amount: from pending first, then from available (B-5, E-25). Of pending credits the last
 * to mature gives first, so that what is expected soonest stays.
 */
export function takeFromBalance({ pending, availableMinor }: Balance, amountMinor: bigint): Taken {
  let open = amountMinor;
  const fromPending = [];
  for (const { id, pendingMinor } of [...pending].sort(lastToMatureFirst)) {
    const given = least(pendingMinor, open);
    if (given === 0n) continue;
    open -= given;
    fromPending.push({ creditId: id, amountMinor: given });
  }
  const fromAvailableMinor = least(availableMinor, open);
  return { fromPending, fromAvailableMinor, missingMinor: open - fromAvailableMinor };
}

export const pendingMinorOf = ({ fromPending }: Pick<Taken, 'fromPending'>): bigint =>
  fromPending.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);

export const least = (left: bigint, right: bigint): bigint => (left < right ? left : right);

/** Ids are in time order, so that two of one instant have an order too. */
const lastToMatureFirst = (a: PendingCredit, b: PendingCredit): number =>
  b.maturesAt.getTime() - a.maturesAt.getTime() || (a.id < b.id ? 1 : -1);
