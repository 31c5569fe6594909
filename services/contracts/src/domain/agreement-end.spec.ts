import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { fromRow, toRow } from '../tables/agreement.table.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import type { Agreement } from './agreement.ts';
import {
  answered,
  assertRunning,
  closed,
  closedByRequest,
  end,
  ended,
  refusedClearing,
  requestEnd,
} from './agreement-end.ts';
import { assertTakesWork, type Milestone, submit } from './milestone.ts';
import { evolve } from './milestone-facts.ts';

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
const agreed: Milestone = {
  id: 'milestone',
  agreementId: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  order: 1,
  termsVersion: 1,
  price: usd(10_000n),
  dueDate: '2026-12-15',
  status: 'agreed',
};
const facts = escrowFacts({ agreementId: 'agreement', milestoneId: 'milestone' });
const funded = evolve(agreed, facts.funded());
const work = { submissionId: 'work', contentHash: 'c'.repeat(64), fileCount: 0, maxFiles: 20, now };
const reviewed = evolve(evolve(funded, submit(funded, work)), facts.reviewStarted('work'));
const code = (expected: string) => expect.objectContaining({ code: expected });
const ending = { waivedMilestoneIds: [], milestones: [agreed], reviewsDue: new Map<string, Date>(), now };

const closing = closed(agreement, { by: 'freelancer', now });

describe('A-16: either party may end a contract at any time', () => {
  test.each(['client', 'freelancer'] as const)('by the %s, also while it is paused', (by) => {
    const paused: Agreement = { ...agreement, status: 'paused', pausedAt: now };
    for (const state of [agreement, paused]) {
      expect(requestEnd(state, { by, ...ending })).toEqual({
        type: 'contracts.contract.end_requested',
        agreementId: 'agreement',
        by,
        waivedMilestoneIds: [],
        requestedAt: now,
      });
    }
  });

  test('E-13: with money held the client ends it in escrow, and is told of which milestones', () => {
    expect(() => requestEnd(agreement, { by: 'client', ...ending, milestones: [funded] })).toThrow(
      expect.objectContaining({
        code: 'agreement.escrow_held',
        details: { milestoneIds: ['milestone'] },
      }),
    );
  });

  test('once it closes it is not ended again, and nothing begins', () => {
    const over = ended(closing, end(closing, now)!);
    for (const [state, refusal] of [
      [closing, 'agreement.closing'],
      [over, 'agreement.ended'],
    ] as const) {
      expect(() => requestEnd(state, { by: 'freelancer', ...ending })).toThrow(code(refusal));
      expect(() => assertRunning(state)).toThrow(code(refusal));
    }
  });
});

describe('M-15: what escrow is asked for waits for its answer', () => {
  const asked = closedByRequest(
    { ...agreement, unanswered: ['funding'] },
    requestEnd(agreement, { by: 'freelancer', ...ending }),
  );

  test('the first funding and the end, each for its own', () => {
    expect(asked).toMatchObject({ status: 'closing', unanswered: ['funding', 'end'] });
    expect(fromRow(toRow(asked))).toEqual(asked);
    const begun = answered(asked, 'funding');
    expect(begun).toMatchObject({ unanswered: ['end'] });
    const refused = refusedClearing(begun, { balance: usd(0n), openItems: [] });
    expect(refused).not.toHaveProperty('unanswered');
    expect(fromRow(toRow(refused))).toEqual(refused);
  });

  test('cleared, nothing waits any more; ended in escrow, nothing was asked', () => {
    expect(ended(asked, end(asked, now)!)).not.toHaveProperty('unanswered');
    expect(closing).not.toHaveProperty('unanswered');
  });
});

describe('E-17: what is under review is given up by name', () => {
  const waiving = { ...ending, waivedMilestoneIds: ['milestone'], milestones: [reviewed] };

  test('by the freelancer, of work that is sent or under review', () => {
    expect(requestEnd(agreement, { by: 'freelancer', ...waiving })).toMatchObject({
      waivedMilestoneIds: ['milestone'],
    });
    expect(() => requestEnd(agreement, { by: 'client', ...waiving })).toThrow(code('waiver.not_yours'));
    expect(() => requestEnd(agreement, { by: 'freelancer', ...waiving, milestones: [funded] })).toThrow(
      code('waiver.not_under_review'),
    );
  });

  test('M-20: until silence has released it, by our own copy of the due instant', () => {
    const until = (dueAt: Date) => ({ ...waiving, reviewsDue: new Map([['milestone', dueAt]]) });
    const [over, open] = [until(now), until(new Date(now.getTime() + 1))];
    expect(requestEnd(agreement, { by: 'freelancer', ...open })).toMatchObject({ requestedAt: now });
    expect(() => requestEnd(agreement, { by: 'freelancer', ...over })).toThrow(code('waiver.review_over'));
    // Nothing is given up: the end itself is never late.
    expect(requestEnd(agreement, { by: 'freelancer', ...over, waivedMilestoneIds: [] })).toMatchObject({
      waivedMilestoneIds: [],
    });
  });

  test('never of a milestone of another agreement', () => {
    expect(() => requestEnd(agreement, { by: 'freelancer', ...waiving, milestones: [] })).toThrow(
      code('milestone.unknown'),
    );
  });
});

describe('A-19: a contract ends only once escrow has cleared it', () => {
  test('until then it shows what is left', () => {
    const openItems = [{ kind: 'milestone', id: 'milestone' }] as const;
    const left = refusedClearing(closing, { balance: usd(5_000n), openItems: [...openItems] });
    expect(left).toMatchObject({ status: 'closing', left: { balance: usd(5_000n), openItems } });
    expect(fromRow(toRow(left))).toEqual(left);
  });

  test('cleared, it has ended, once', () => {
    const fact = end(closing, now)!;
    expect(fact).toEqual({ type: 'contracts.contract.ended', agreementId: 'agreement', endedAt: now });
    const over = ended(closing, fact);
    expect(over).toMatchObject({ status: 'ended', closingBy: 'freelancer', endedAt: now });
    expect(fromRow(toRow(over))).toEqual(over);
    expect(end(over, now)).toBeUndefined();
  });

  test('E-13: ended in escrow with nothing held, it was the client', () => {
    const over = ended(agreement, end(agreement, now)!);
    expect(over).toMatchObject({ status: 'ended', closingBy: 'client', closingAt: now, endedAt: now });
    expect(fromRow(toRow(over))).toEqual(over);
  });

  test('who asked first stays who asked', () => {
    expect(closed(closing, { by: 'client', now })).toBe(closing);
  });

  test('while it closes, only what is in its review is submitted', () => {
    const sentBack = evolve(reviewed, facts.changesRequested('work'));
    expect(() => assertTakesWork(closing, sentBack)).not.toThrow();
    expect(() => assertTakesWork(closing, funded)).toThrow(code('agreement.closing'));
    expect(() => assertTakesWork({ status: 'ended' }, sentBack)).toThrow(code('agreement.ended'));
    expect(() => assertTakesWork(agreement, funded)).not.toThrow();
  });
});
