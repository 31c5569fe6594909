import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/**
 * Notices of providers, stored before they are answered and worked off afterwards (0.2 of the protocols). One
 * that is about nothing we know is kept as `unmatched` until an operator has looked at it.
 */
export const ProviderNoticeTable = defineEntity({
  name: 'ProviderNotice',
  tableName: 'provider_notices',
  properties: {
    id: p.uuid().primary(),
    provider: p.text(),
    eventId: p.text(),
    eventType: p.text(),
    objectId: p.text(),
    receivedAt: p.datetime(),
    nextCallAt: p.datetime().nullable(),
    outcome: p.text().$type<NoticeOutcome | 'acknowledged'>().nullable(),
    acknowledgedBy: p.text().nullable(),
    acknowledgement: p.text().nullable(),
    version: p.integer(),
  },
});

/** `matched`: applied, or nothing new; `unmatched`: about no object of ours. */
export type NoticeOutcome = 'matched' | 'unmatched';
export type ProviderNotice = Omit<InferEntity<typeof ProviderNoticeTable>, 'version'>;

export const providerNoticesSchema = [
  `create table provider_notices (
    id uuid primary key,
    provider text not null,
    event_id text not null,
    event_type text not null,
    object_id text not null,
    received_at timestamptz not null,
    next_call_at timestamptz,
    outcome text check (outcome in ('matched', 'unmatched', 'acknowledged')),
    acknowledged_by text,
    acknowledgement text,
    version integer not null,
    unique (provider, event_id),
    check ((next_call_at is null) = (outcome is not null)),
    check ((outcome is not distinct from 'acknowledged') = (acknowledged_by is not null))
  )`,
  'create index provider_notices_due on provider_notices (next_call_at) where next_call_at is not null',
  `create index provider_notices_unmatched on provider_notices (received_at) where outcome = 'unmatched'`,
];
export const providerNoticesGrants = { provider_notices: 'select, insert, update' };
