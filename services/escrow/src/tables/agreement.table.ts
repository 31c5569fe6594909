import { type Money, usd } from '@holdfast/domain';
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
