import { plusDays, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { cardTerms } from '../testing/milestones.ts';
import { assertBonus, releaseBonus } from './bonus.ts';
import { chargeParts } from './charge-parts.ts';
import { bonusJournal, releaseJournal } from './journals.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const code = (expected: string) => expect.objectContaining({ code: expected });
const active = { status: 'active', endedAt: null, settings: pinnedDefaults } as const;

describe('E-11: limits of a bonus', () => {
  test.each([
    [99n, 'bonus.too_small'],
    [0n, 'bonus.too_small'],
    [1_000_001n, 'bonus.too_large'],
  ])('%s cents', (amountMinor, expected) => {
    expect(() => assertBonus(usd(amountMinor), active, now)).toThrow(code(expected));
  });

  test('the limits themselves are in order', () => {
    for (const amountMinor of [100n, 1_000_000n]) {
      expect(() => assertBonus(usd(amountMinor), active, now)).not.toThrow();
    }
  });
});

describe('E-10: when a bonus may be paid', () => {
  test('until 365 days after the end, not at the instant itself', () => {
    const ended = { ...active, status: 'ended', endedAt: plusDays(now, -365) } as const;
    expect(() => assertBonus(usd(5_000n), ended, now)).toThrow(code('bonus.too_late'));
    const justBefore = new Date(now.getTime() - 1);
    expect(() => assertBonus(usd(5_000n), ended, justBefore)).not.toThrow();
    expect(() => assertBonus(usd(5_000n), { ...active, status: 'closing' }, now)).not.toThrow();
  });

  test('A-17: not while the platform pauses the contract', () => {
    expect(() => assertBonus(usd(5_000n), { ...active, status: 'paused' }, now)).toThrow(
      code('agreement.not_active'),
    );
  });
});

test('G-6.1, G-6.4: $50 are charged with their own fee, and released with their own', () => {
  const { shares: _, ...parts } = chargeParts([usd(5_000n)], cardTerms(false));
  const ids = { agreementId: 'A', bonusId: 'B', fundingId: 'funding-1' };
  const charged = {
    type: 'escrow.bonus.charged',
    ...ids,
    amount: parts.principal,
    clientFee: parts.clientFee,
  } as const;
  const decision = { freelancerId: 'freelancer', transferId: 'transfer-1', now, freelancerFeeBps: 1_000n };
  const released = releaseBonus(charged, decision);
  expect(released).toMatchObject({ cause: 'bonus', net: usd(4_500n), freelancerFee: usd(500n) });
  const lines = [bonusJournal(ids, parts, 'card'), releaseJournal(released, usd(0n))].map((journal) =>
    journal.lines.map(({ account, amountMinor }) => [account, amountMinor]),
  );
  expect(lines).toEqual([
    [
      ['E.cash.trust:card', 5_250n],
      ['E.escrow.bonus:B', -5_000n],
      ['E.fee.client_held:B', -250n],
    ],
    [
      ['E.escrow.bonus:B', 5_000n],
      ['E.fee.client_held:B', 250n],
      ['E.revenue.freelancer_fee', -500n],
      ['E.revenue.client_fee', -250n],
      ['E.clearing.payouts', -4_500n],
    ],
  ]);
});
