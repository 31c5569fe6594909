import { plusDays, Rejection } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { type Appeal, appealHold, assertDecides, refuseAppeal } from './appeal.ts';
import type { Hold } from './hold.ts';

const now = new Date('2026-12-10T09:00:00.000Z');
const ids = { accountId: 'person-1', holdId: 'hold-1' };
const hold: Hold = {
  id: 'hold-1',
  accountId: 'person-1',
  kind: 'safety',
  reason: 'other',
  causeId: 'hold-1',
  placedAt: now,
  status: 'standing',
};
const open: Appeal = { id: 'appeal-1', ...ids, openedAt: now, status: 'open' };
const refused: Appeal = {
  ...open,
  status: 'refused',
  endedAt: now,
  refusal: 'cause_stands',
  againAt: plusDays(now, 30),
};
const appeal = (standing: Hold, earlier: Appeal[], at = now) =>
  appealHold(standing, earlier, { appealId: 'appeal-2', now: at });

describe('S-11: the appeal against a hold', () => {
  test.each(['identity', 'financial', 'safety', 'closed'] as const)('against one of the kind %s', (kind) => {
    expect(appeal({ ...hold, kind }, [])).toEqual({
      type: 'contracts.account.hold_appealed',
      ...ids,
      appealId: 'appeal-2',
    });
  });

  test('one at a time, and none against a hold that is lifted', () => {
    expect(() => appeal(hold, [open])).toThrow(new Rejection('appeal.open'));
    const lifted: Hold = { ...hold, status: 'lifted', liftReason: 'appeal', liftedAt: now };
    expect(() => appeal(lifted, [])).toThrow(new Rejection('hold.lifted'));
  });

  test('after a refusal again, once its time is over', () => {
    const againAt = plusDays(now, 30);
    const early = new Date(againAt.getTime() - 1);
    expect(() => appeal(hold, [refused], early)).toThrow(
      new Rejection('appeal.too_early', { againAt: againAt.toISOString() }),
    );
    expect(appeal(hold, [refused], againAt)).toMatchObject({ appealId: 'appeal-2' });
  });

  test('is decided once, and not by who placed the hold or is held', () => {
    expect(() => assertDecides('operator-2', open, 'operator-1')).not.toThrow();
    expect(() => assertDecides('operator-1', open, undefined)).not.toThrow();
    for (const by of ['operator-1', 'person-1']) {
      expect(() => assertDecides(by, open, 'operator-1')).toThrow(new Rejection('appeal.own_hold'));
    }
    expect(() => assertDecides('operator-2', refused, 'operator-1')).toThrow(new Rejection('appeal.decided'));
  });

  test('a refusal has a class of reason, and says from when on one may appeal again', () => {
    expect(refuseAppeal(open, { reason: 'proof_missing', now, againDays: 30 })).toEqual({
      type: 'contracts.account.appeal_refused',
      ...ids,
      appealId: 'appeal-1',
      reason: 'proof_missing',
      againAt: plusDays(now, 30),
    });
  });
});
