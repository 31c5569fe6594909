import { credit, debit, type Journal, journal } from '@holdfast/domain';
import { pendingMinorOf } from './balance.ts';
import type { FundHold } from './fund-hold.ts';

/** What chargebacks and refunds move on a freelancer's balance (golden cases G-19, G-25, G-31, G-35). */

const clearing = 'P.clearing.escrow';
const pending = (accountId: string): string => `P.freelancer.pending:${accountId}`;
const available = (accountId: string): string => `P.freelancer.available:${accountId}`;
const held = (accountId: string): string => `P.freelancer.held:${accountId}`;
const receivable = (accountId: string): string => `P.freelancer.receivable:${accountId}`;

/** G-25.2. Nothing is posted where nothing was there to hold. */
export function heldJournal(hold: FundHold): Journal | undefined {
  const { id: causeId, agreementId, accountId, fromAvailableMinor } = hold;
  const pendingMinor = pendingMinorOf(hold);
  if (pendingMinor + fromAvailableMinor === 0n) return undefined;
  return journal({
    kind: 'funds_held',
    causeId,
    agreementId,
    accountId,
    lines: [
      debit(pending(accountId), pendingMinor),
      debit(available(accountId), fromAvailableMinor),
      credit(held(accountId), pendingMinor + fromAvailableMinor),
    ],
  });
}

/** Back where it came from; what would have matured meanwhile is available (B-3, B-5). */
export const unheldJournal = (
  { id: causeId, agreementId, accountId }: Pick<FundHold, 'id' | 'agreementId' | 'accountId'>,
  to: { pendingMinor: bigint; availableMinor: bigint },
): Journal =>
  journal({
    kind: 'funds_unheld',
    causeId,
    agreementId,
    accountId,
    lines: [
      debit(held(accountId), to.pendingMinor + to.availableMinor),
      credit(pending(accountId), to.pendingMinor),
      credit(available(accountId), to.availableMinor),
    ],
  });

/** G-25.3: what was held, then pending, then available; the shortfall is a debt. */
export const clawBackJournal = (
  {
    agreementId,
    accountId,
    transferId,
  }: {
    agreementId: string;
    accountId: string;
    transferId: string;
  },
  from: { heldMinor: bigint; pendingMinor: bigint; availableMinor: bigint; debtMinor: bigint },
): Journal =>
  journal({
    kind: 'claw_back',
    causeId: transferId,
    agreementId,
    accountId,
    transferId,
    lines: [
      debit(held(accountId), from.heldMinor),
      debit(pending(accountId), from.pendingMinor),
      debit(available(accountId), from.availableMinor),
      debit(receivable(accountId), from.debtMinor),
      credit(clearing, from.heldMinor + from.pendingMinor + from.availableMinor + from.debtMinor),
    ],
  });

/** G-19.1, G-19p.1: from pending, then available; an award may leave a debt (E-25, D-16). */
export const refundTakenJournal = (
  {
    agreementId,
    accountId,
    transferId,
  }: {
    agreementId: string;
    accountId: string;
    transferId: string;
  },
  from: { pendingMinor: bigint; availableMinor: bigint; debtMinor: bigint },
): Journal =>
  journal({
    kind: 'refund_taken',
    causeId: transferId,
    agreementId,
    accountId,
    transferId,
    lines: [
      debit(pending(accountId), from.pendingMinor),
      debit(available(accountId), from.availableMinor),
      debit(receivable(accountId), from.debtMinor),
      credit(clearing, from.pendingMinor + from.availableMinor + from.debtMinor),
    ],
  });

/** G-35.2: what escrow gave back pays debts first; the rest is available. */
export const restoredJournal = (
  {
    agreementId,
    accountId,
    transferId,
  }: {
    agreementId: string;
    accountId: string;
    transferId: string;
  },
  to: { debtMinor: bigint; availableMinor: bigint },
): Journal =>
  journal({
    kind: 'restored',
    causeId: transferId,
    agreementId,
    accountId,
    transferId,
    lines: [
      debit(clearing, to.debtMinor + to.availableMinor),
      credit(receivable(accountId), to.debtMinor),
      credit(available(accountId), to.availableMinor),
    ],
  });
