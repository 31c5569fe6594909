import { plusDays, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { fromRow, toRow } from '../tables/amendment.table.ts';
import type { Agreement } from './agreement.ts';
import {
  type AskedChange,
  accept,
  additionsOf,
  begun,
  changesOf,
  expire,
  propose,
  refuse,
  verdict,
  withLapse,
  withOutcome,
} from './amendment.ts';
import type { Milestone } from './milestone.ts';
import { evolveTerms, reorder } from './milestone-terms.ts';

const now = new Date('2026-12-01T10:00:00.000Z');
const agreement: Agreement = {
  id: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  contractType: 'fixed',
  termsVersion: 1,
  settings: pinnedDefaults,
  activatedAt: now,
  status: 'active',
};
const milestone = (id: string, order: number, more: object = {}): Milestone =>
  ({
    id,
    agreementId: 'agreement',
    clientId: 'client',
    freelancerId: 'freelancer',
    order,
    termsVersion: 1,
    price: usd(10_000n),
    dueDate: '2026-12-15',
    status: 'agreed',
    ...more,
  }) as Milestone;
const held = { status: 'funded', held: usd(10_000n), freezes: [] };
const milestones = [milestone('first', 1, held), milestone('second', 2), milestone('third', 3)];
const code = (expected: string) => expect.objectContaining({ code: expected });

const cheaper: AskedChange = { kind: 'change', milestoneId: 'second', price: usd(7_000n), title: 'Smaller' };
const gone: AskedChange = { kind: 'delete', milestoneId: 'third' };
const extra: AskedChange = { kind: 'add', title: 'More', price: usd(2_000n), dueDate: '2027-02-01' };
const asking = (...asked: AskedChange[]) =>
  changesOf(agreement, { by: 'client', asked, milestones, newIds: asked.map((_, at) => `new-${at}`) });

const proposing = { amendmentId: 'amendment', by: 'client', termsHash: 'a'.repeat(64), now } as const;
const amendment = begun(agreement, propose(agreement, proposing), {
  changes: asking(cheaper, gone, extra),
  now,
});
const dueAt = plusDays(now, 7);
const inTime = { caller: 'freelancer', now } as const;

describe('A-13: only what is agreed and not funded changes', () => {
  test('a change names the next version and keeps what it does not say', () => {
    expect(asking(cheaper, gone, extra)).toEqual([
      { kind: 'change', milestoneId: 'second', version: 2, price: usd(7_000n), dueDate: '2026-12-15' },
      { kind: 'delete', milestoneId: 'third', version: 2, price: usd(10_000n), dueDate: '2026-12-15' },
      { kind: 'add', milestoneId: 'new-2', version: 1, price: usd(2_000n), dueDate: '2027-02-01' },
    ]);
  });

  test.each([
    ['a funded one', 'first', 'milestone.funded'],
    ['one of another agreement', 'elsewhere', 'milestone.unknown'],
  ])('not %s', (_, milestoneId, refusal) => {
    expect(() => asking({ ...cheaper, milestoneId } as AskedChange)).toThrow(code(refusal));
    expect(() => asking({ kind: 'delete', milestoneId })).toThrow(code(refusal));
  });

  test.each(['funding_pending', 'released', 'refunding'])('nor one that is %s', (status) => {
    const charged = [milestone('second', 2, { status })];
    const proposal = { by: 'client', asked: [cheaper], milestones: charged, newIds: [] } as const;
    expect(() => changesOf(agreement, proposal)).toThrow(
      expect.objectContaining({
        code: 'milestone.funded',
        details: { milestoneId: 'second', state: status },
      }),
    );
  });

  test('A-3: the pinned minimum counts for new prices', () => {
    expect(() => asking({ ...extra, price: usd(499n) } as AskedChange)).toThrow(
      code('milestone.below_minimum'),
    );
    expect(() => asking({ ...cheaper, price: usd(1n) } as AskedChange)).toThrow(
      code('milestone.below_minimum'),
    );
  });

  test('a contract keeps a milestone, and has at most 200', () => {
    const two = { by: 'client', asked: [gone], milestones: [milestones[2]!], newIds: [] } as const;
    expect(() => changesOf(agreement, two)).toThrow(code('milestones.none_left'));
    const many = Array.from({ length: 200 }, (_, at) => milestone(`m-${at}`, at + 1));
    const full = { by: 'client', asked: [extra], milestones: many, newIds: ['new'] } as const;
    expect(() => changesOf(agreement, full)).toThrow(code('milestones.too_many'));
  });

  test('A-19: nothing new on a contract that closes', () => {
    const closing = { ...agreement, status: 'closing', closingBy: 'client', closingAt: now } as Agreement;
    const proposal = { by: 'client', asked: [cheaper], milestones, newIds: [] } as const;
    expect(() => changesOf(closing, proposal)).toThrow(code('agreement.closing'));
  });
});

describe('A-11: any change of terms needs both', () => {
  test('proposed, it lapses 7 days later', () => {
    expect(amendment).toMatchObject({ status: 'proposed', dueAt, termsVersion: 2, by: 'client' });
    expect(expire(amendment, new Date(dueAt.getTime() - 1))).toBeUndefined();
    const expired = expire(amendment, dueAt)!;
    expect(expired).toMatchObject({ type: 'contracts.amendment.lapsed', reason: 'expired' });
    const over = withLapse(amendment, expired);
    expect(over).toMatchObject({ status: 'lapsed', reason: 'expired' });
    expect(() => accept(over, inTime)).toThrow(code('amendment.expired'));
  });

  test('the other party accepts, before the due instant', () => {
    expect(accept(amendment, inTime)).toMatchObject({ status: 'waiting' });
    expect(() => accept(amendment, { caller: 'client', now })).toThrow(code('amendment.own'));
    expect(() => accept(amendment, { caller: 'freelancer', now: dueAt })).toThrow(code('amendment.expired'));
  });

  test('the other one declines, the proposer withdraws; neither the other way round', () => {
    expect(refuse(amendment, { ...inTime, as: 'decline' })).toMatchObject({ reason: 'declined' });
    const own = { caller: 'client', now } as const;
    expect(refuse(amendment, { ...own, as: 'withdraw' })).toMatchObject({ reason: 'withdrawn' });
    expect(() => refuse(amendment, { ...own, as: 'decline' })).toThrow(code('amendment.own'));
    expect(() => refuse(amendment, { ...inTime, as: 'withdraw' })).toThrow(code('amendment.not_own'));
  });

  test('answered is answered', () => {
    const waiting = accept(amendment, inTime);
    expect(() => accept(waiting, inTime)).toThrow(code('amendment.not_open'));
    expect(() => refuse(waiting, { ...inTime, as: 'decline' })).toThrow(code('amendment.not_open'));
    expect(expire(waiting, dueAt)).toBeUndefined();
  });

  test('where there is nothing to ask escrow, the terms hold at once', () => {
    const adding = begun(agreement, propose(agreement, proposing), { changes: asking(extra), now });
    expect(accept(adding, inTime)).toMatchObject({ status: 'applied' });
  });
});

describe('A-13: escrow has the last word on each changed milestone', () => {
  const waiting = accept(amendment, inTime);
  const second = { milestoneId: 'second', version: 2 };
  const third = { milestoneId: 'third', version: 2 };
  const answered = (one: 'applied' | 'funded', other: 'applied' | 'funded') =>
    withOutcome(withOutcome(waiting, second, one), third, other);

  test('it waits for every answer', () => {
    expect(verdict(waiting)).toBe('waiting');
    expect(verdict(withOutcome(waiting, second, 'applied'))).toBe('waiting');
    // An answer to another version is none.
    expect(withOutcome(waiting, { ...second, version: 9 }, 'applied')).toEqual(waiting);
  });

  test('all applied: with them comes what is new', () => {
    expect(verdict(answered('applied', 'applied'))).toBe('applied');
    expect(additionsOf(answered('applied', 'applied'))).toMatchObject([{ milestoneId: 'new-2' }]);
  });

  test('one refused: what escrow applied holds, and nothing new comes of half a bargain', () => {
    expect(verdict(answered('applied', 'funded'))).toBe('applied');
    expect(additionsOf(answered('applied', 'funded'))).toEqual([]);
  });

  test('all refused: the terms stay', () => {
    expect(verdict(answered('funded', 'funded'))).toBe('refused');
  });

  test('in every state its row gives it back', () => {
    const states = [
      amendment,
      waiting,
      answered('applied', 'funded'),
      withLapse(amendment, expire(amendment, dueAt)!),
    ];
    for (const state of states) expect(fromRow(toRow(state))).toEqual(state);
  });
});

describe('A-13: the client alone puts what is not funded into another order', () => {
  test('among the places that these milestones have together', () => {
    const changed = reorder(agreement, milestones, ['third', 'second']);
    expect(changed).toMatchObject([
      { type: 'contracts.milestone.changed', milestoneId: 'third', order: 2, version: 1 },
      { type: 'contracts.milestone.changed', milestoneId: 'second', order: 3, version: 1 },
    ]);
    expect(evolveTerms(milestones[2]!, changed[0]!)).toMatchObject({ id: 'third', order: 2 });
    expect(reorder(agreement, milestones, ['second', 'third'])).toEqual([]);
  });

  test.each([[['second']], [['second', 'second']], [['first', 'second', 'third']], [['second', 'first']]])(
    'each of them once and no other: not %j',
    (wanted) => {
      expect(() => reorder(agreement, milestones, wanted)).toThrow(code('milestones.order_incomplete'));
    },
  );
});
