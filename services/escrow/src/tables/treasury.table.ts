import { defineEntity, p } from '@mikro-orm/postgresql';
import type { TreasuryMovement } from '../domain/treasury.ts';

/** Top-ups and sweeps: who moved the platform's money, when, and why (M-23, AD-21). */
export const TreasuryMovementTable = defineEntity({
  name: 'TreasuryMovement',
  tableName: 'treasury_movements',
  properties: {
    id: p.uuid().primary(),
    kind: p.text().$type<TreasuryMovement['kind']>(),
    amountMinor: p.bigint(),
    movedBy: p.text(),
    reason: p.text(),
    movedAt: p.datetime(),
    version: p.integer(),
  },
});

/** What freelancers owe, as payouts tells it (B-6, M-14). */
export const FreelancerDebtTable = defineEntity({
  name: 'FreelancerDebt',
  tableName: 'freelancer_debts',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    amountMinor: p.bigint(),
    leftMinor: p.bigint(),
    version: p.integer(),
  },
});

/** A view: what the trust cash is, and what it must cover (M-14). */
export const TreasuryCoverView = defineEntity({
  name: 'TreasuryCover',
  tableName: 'treasury_cover',
  properties: {
    id: p.text().$type<'trust'>().primary(),
    trustMinor: p.bigint(),
    bankMinor: p.bigint(),
    operatingMinor: p.bigint(),
    requiredMinor: p.bigint(),
    debtsMinor: p.bigint(),
  },
});
