import { type Money, Rejection } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import { inOrder } from './billing-method.ts';

type Method = Readonly<{
  id: string;
  kind: BillingMethodKind;
  rank?: number | null;
  /** The provider's name of it. */
  providerMethod?: string | null;
}>;

/**
 * To which of the client's own verified accounts a refund that failed can be sent by the bank: the one that is named,
 * else the first in the client's order, and never the one whose charge it comes from (E-23).
 * @throws Rejection refund.no_other_method
 */
export function otherMethod<M extends Method>(
  verified: readonly M[],
  { methodId, chargedId }: Readonly<{ methodId?: string | undefined; chargedId?: string | null | undefined }>,
): M & { providerMethod: string } {
  const usable = verified.filter(
    (method): method is M & { providerMethod: string } =>
      method.kind === 'bank' && typeof method.providerMethod === 'string' && method.id !== chargedId,
  );
  const [first] = methodId ? usable.filter(({ id }) => id === methodId) : inOrder(usable);
  if (!first) throw new Rejection('refund.no_other_method');
  return first;
}

/**
 * The money comes first: what the bank does not hold, besides what it was promised for, is settled there before (G-34.4).
 * @throws Rejection refund.bank_short
 */
export function assertAtBank(
  amount: Money,
  { heldMinor, promisedMinor }: Readonly<{ heldMinor: bigint; promisedMinor: bigint }>,
): void {
  if (amount.amountMinor > heldMinor - promisedMinor) throw new Rejection('refund.bank_short');
}
