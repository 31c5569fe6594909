import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/credit.table.ts';
import { type Credit, creditRelease, evolve, mature, type Release } from './credit.ts';

/** A Monday, at noon. */
const releasedAt = new Date('2026-11-23T12:00:00.000Z');
const saturday = new Date('2026-11-28T12:00:00.000Z');
const justBefore = new Date(saturday.getTime() - 1);

const release: Release = {
  agreementId: 'agreement',
  transferId: 'transfer-1',
  clientId: 'client',
  freelancerId: 'freelancer',
  net: usd(90_000n),
  releasedAt,
  holdDays: 5,
  toDebt: usd(0n),
};
const dueOf = (more: Partial<Release>) => creditRelease({ ...release, ...more }).dueAt;
const pending = evolve({ clientId: 'client' }, creditRelease(release));

describe('B-2: a release credits its net to pending', () => {
  test('the answer echoes the transfer (M-22) and says when the hold ends', () => {
    expect(creditRelease(release)).toEqual({
      type: 'payouts.funds.credited',
      agreementId: 'agreement',
      transferId: 'transfer-1',
      accountId: 'freelancer',
      net: usd(90_000n),
      toDebt: usd(0n),
      toPending: usd(90_000n),
      dueAt: saturday,
    });
    expect(pending).toMatchObject({
      id: 'transfer-1',
      status: 'pending',
      net: usd(90_000n),
      maturesAt: saturday,
    });
  });

  test('what goes to a debt and to pending adds up to the net', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        fc.bigInt({ min: 0n, max: 100n }),
        (minor, percent) => {
          const owed = usd((minor * percent) / 100n);
          const { toDebt, toPending } = creditRelease({ ...release, net: usd(minor), toDebt: owed });
          expect(toDebt).toEqual(owed);
          expect(toDebt.amountMinor + toPending.amountMinor).toBe(minor);
        },
      ),
    );
  });
});

describe('B-3: the hold', () => {
  test('is exactly 120 hours: released Monday noon, available Saturday noon', () => {
    expect(dueOf({})).toEqual(plusHours(releasedAt, 120));
    expect(dueOf({})).toEqual(saturday);
  });

  test('hold.days is what the agreement pinned, 0 included', () => {
    expect(dueOf({ holdDays: 10 })).toEqual(plusDays(releasedAt, 10));
    expect(dueOf({ holdDays: 0 })).toEqual(releasedAt);
  });

  test('M-21: it counts from the value date of the release, also for one that comes late', () => {
    const longAgo = plusDays(releasedAt, -30);
    expect(dueOf({ releasedAt: longAgo })).toEqual(plusDays(longAgo, 5));
  });

  test('and ends not before availableNotBefore', () => {
    expect(dueOf({ availableNotBefore: plusHours(saturday, 1) })).toEqual(plusHours(saturday, 1));
    expect(dueOf({ availableNotBefore: plusHours(saturday, -1) })).toEqual(saturday);
  });

  test('a millisecond before its end nothing matures, at it everything does, dated then', () => {
    expect(mature(pending, justBefore)).toBeUndefined();
    expect(mature(pending, saturday)).toEqual({
      type: 'payouts.funds.matured',
      agreementId: 'agreement',
      transferId: 'transfer-1',
      accountId: 'freelancer',
      amount: usd(90_000n),
      maturedAt: saturday,
    });
  });

  test('what is available does not mature again', () => {
    const available = evolve(pending, mature(pending, saturday)!);
    expect(available).toMatchObject({ status: 'available', net: usd(90_000n) });
    expect(mature(available, plusDays(saturday, 1))).toBeUndefined();
  });
});

test('whatever happens, a credit matures once, keeps its money, and its row gives the fold back', () => {
  const hours = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(hours, fc.bigInt({ min: 1n, max: 10n ** 12n }), (waits, minor) => {
      let credit: Credit = evolve({ clientId: 'client' }, creditRelease({ ...release, net: usd(minor) }));
      let [now, matured] = [releasedAt, 0];
      for (const wait of waits) {
        now = plusHours(now, wait);
        const decided = mature(credit, now);
        if (decided) {
          matured += 1;
          credit = evolve(credit, decided);
        }
        expect(credit.net).toEqual(usd(minor));
        expect(fromRow(toRow(credit))).toEqual(credit);
      }
      expect(matured).toBe(now >= saturday && waits.length > 0 ? 1 : 0);
    }),
  );
});
