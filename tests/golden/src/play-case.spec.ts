import { describe, expect, it } from '@jest/globals';
import { stepDifference } from './play-case.ts';

describe('what a step expects of its answer', () => {
  const posted = [] as const;

  it('is that it goes through, unless a refusal is expected', () => {
    expect(stepDifference(undefined, { refusal: undefined, posted })).toBeUndefined();
    expect(stepDifference(undefined, { refusal: 'milestone.released', posted })).toBe(
      'refused with milestone.released, expected to go through',
    );
    expect(stepDifference({ journals: [] }, { refusal: 'milestone.released', posted })).toContain(
      'refused with',
    );
  });

  it('may be any refusal, or one code', () => {
    expect(stepDifference({ refused: true }, { refusal: 'milestone.released', posted })).toBeUndefined();
    expect(stepDifference({ refused: true }, { refusal: undefined, posted })).toBe(
      'not refused, expected a refusal',
    );
    expect(stepDifference({ refused: 'review.over' }, { refusal: 'milestone.released', posted })).toBe(
      'refused with milestone.released, expected review.over',
    );
  });

  it('may be the closed reason of an answer by event, with or without its noun', () => {
    expect(stepDifference({ refused: 'not_funded' }, { refusal: 'not_funded', posted })).toBeUndefined();
    expect(
      stepDifference({ refused: 'milestone.not_funded' }, { refusal: 'not_funded', posted }),
    ).toBeUndefined();
    expect(stepDifference({ refused: 'milestone.funded' }, { refusal: 'not_funded', posted })).toContain(
      'refused with',
    );
  });
});
