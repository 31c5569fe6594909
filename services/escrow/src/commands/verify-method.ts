import { type ConfirmationEnd, escrowEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { mandate, rankOfNew } from '../domain/billing-method.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';

/** It can be charged from now on, also without the client: its verification is the mandate (P-2, P-16). */
export async function verifyMethod(tx: Tx, method: BillingMethod): Promise<void> {
  const { accountId, id: methodId, kind } = method;
  const others = await tx.many(BillingMethodTable, { accountId, status: 'verified' });
  tx.save(BillingMethodTable, {
    ...method,
    status: 'verified',
    mandateAt: tx.now,
    mandateVersion: mandate.version,
    mandateScope: mandate.scope,
    rank: rankOfNew(others),
    payerUrl: null,
    confirmBy: null,
    nextCallAt: null,
  });
  tx.publish(escrowEvents, [{ type: 'escrow.billing_method.verified', accountId, methodId, kind }]);
}

/** For good; the client may add it anew. */
export function refuseMethod(tx: Tx, method: BillingMethod, refusal: string): void {
  tx.save(BillingMethodTable, {
    ...method,
    status: 'refused',
    refusal: refusal.slice(0, 80),
    payerUrl: null,
    confirmBy: null,
    nextCallAt: null,
  });
}

/** Who was told to say what the small charges took need not any more (P-2, C-8). */
export function endConfirmation(tx: Tx, method: BillingMethod, reason: ConfirmationEnd): void {
  const { accountId, id: methodId, kind, status } = method;
  if (status !== 'confirming') return;
  tx.publish(escrowEvents, [
    { type: 'escrow.billing_method.unconfirmed', accountId, methodId, kind, reason },
  ]);
}
