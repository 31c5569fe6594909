import { type Money, Rejection, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Escrow's own copy of an agreement: parties, pinned settings, and where its initiation fee is (P-6). */
export const AgreementTable = defineEntity({
  name: 'Agreement',
  tableName: 'agreements',
  properties: {
    id: p.uuid().primary(),
    clientId: p.text(),
    freelancerId: p.text(),
    settings: p.json<PinnedSettings>(),
    /** While it is closing nothing is funded. */
    status: p.text().$type<'active' | 'paused' | 'closing' | 'ended'>(),
    endedAt: p.datetime().nullable(),
    /** When nothing of it was open any more; contracts ends it then. */
    clearedAt: p.datetime().nullable(),
    /** Decides the tax on the platform's fees (P-12). */
    clientRegion: p.text().$type<'US' | 'other'>(),
    /** `due` until the first charge succeeds, `held` until the first release earns it (P-6). */
    initiationFee: p.text().$type<'due' | 'held' | 'earned' | 'returned'>(),
    /** What was charged; the setting may have been 0. */
    initiationFeeMinor: p.bigint(),
    version: p.integer(),
  },
});

export type Agreement = Omit<InferEntity<typeof AgreementTable>, 'version'>;

/** What a release earns of the initiation fee: all of it with the first release, nothing afterwards (P-6). */
export const initiationFeeHeld = ({ initiationFee, initiationFeeMinor }: Agreement): Money =>
  usd(initiationFee === 'held' ? initiationFeeMinor : 0n);

/**
 * Whether a charge that begins now has the initiation fee: once, with the first that succeeds (P-6). One that is under
 * way with it may be the first, so that a bonus beside it has none.
 */
export const isInitiationDue = (
  { initiationFee }: Agreement,
  fundings: readonly { status: string; initiationFeeMinor: bigint }[],
): boolean =>
  initiationFee === 'due' &&
  !fundings.some(
    ({ status, initiationFeeMinor }) =>
      initiationFeeMinor > 0n && ['waiting', 'awaiting_payer', 'in_review'].includes(status),
  );

/**
 * Nothing is funded while the platform pauses a contract, nor while it is closing.
 * @throws Rejection agreement.not_active
 */
export function assertActive({ status }: Agreement): void {
  if (status !== 'active') throw new Rejection('agreement.not_active', { state: status });
}
