import { expect, test } from '@jest/globals';
import { type Announcement, type AnyDeadline, surprises } from './deadline.ts';

const timer = (announced?: Announcement): AnyDeadline =>
  ({ kind: 'review.silence', does: 'timer', announced }) as AnyDeadline;

test('C-8: a timer without a notice, without a reason for none, or with a late one is named', () => {
  expect(surprises([timer()])).toEqual(['review.silence: says nothing of a notice before it']);
  expect(surprises([timer({ by: 'nobody', because: '' })])).toEqual([
    'review.silence: gives no reason for silence',
  ]);
  expect(surprises([timer({ by: 'notice', hoursBefore: 23 })])).toEqual([
    'review.silence: its notice comes too late',
  ]);
});

test('C-8: a notice a day before, or an exception of the rules, surprises nobody; work at a provider takes none', () => {
  const work = { kind: 'funding.call', does: 'work' } as AnyDeadline;
  const announced = timer({ by: 'notice', hoursBefore: 24 });
  expect(surprises([announced, timer({ by: 'nobody', because: 'E-26' }), work])).toEqual([]);
});
