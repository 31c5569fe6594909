import type { PayoutProviderName } from '@holdfast/events';
import type { Rows } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Operators' stops of sending, with reason and author (W-18, AD-21). */
export const SendingStopTable = defineEntity({
  name: 'SendingStop',
  tableName: 'sending_stops',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<PayoutProviderName | 'all'>(),
    standing: p.boolean(),
    reason: p.text(),
    stoppedBy: p.text(),
    stoppedAt: p.datetime(),
    resumedBy: p.text().nullable(),
    resumedAt: p.datetime().nullable(),
    resumeReason: p.text().nullable(),
    /** Withdrawals are to be held, or to go on, because of it. */
    nextCallAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type SendingStop = Omit<InferEntity<typeof SendingStopTable>, 'version'>;

export async function loadStoppedProviders(tx: Rows): Promise<SendingStop['provider'][]> {
  return (await tx.many(SendingStopTable, { standing: true })).map(({ provider }) => provider);
}
