import { BusinessClock } from '@holdfast/messaging';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClockSkew } from './clock-skew.ts';
import { StandingClock } from './testing/standing-clock.ts';

let wall: StandingClock;
let clock: BusinessClock;
let skew: ClockSkew;

beforeEach(() => {
  wall = new StandingClock();
  clock = new BusinessClock(wall);
  skew = new ClockSkew(clock);
});

const noteAhead = (ms: number): void => skew.note('escrow.events', new Date(clock.now().getTime() + ms));

describe('M-20: clocks of two services', () => {
  it('more than 1 s ahead is an alarm', () => {
    noteAhead(1_001);
    expect(skew.find()).toMatchObject([{ id: 'escrow.events', facts: { leadMs: 1_001 } }]);
  });

  it.each([
    ['1 s ahead', 1_000],
    ['the past, by however much: a late timer', -86_400_000],
    ['a time that is none', Number.NaN],
  ])('%s is none', (_, ms) => {
    noteAhead(ms);
    expect(skew.find()).toEqual([]);
  });

  it('is over when nothing of the future was heard for 5 minutes', () => {
    noteAhead(2_000);
    wall.move(300_000);
    expect(skew.find()).toHaveLength(1);
    wall.move(1);
    expect(skew.find()).toEqual([]);
  });

  it('a sandbox that moves one service before the other is none', () => {
    noteAhead(3_600_000);
    clock.moveTo(3_600_000);
    expect(skew.find()).toEqual([]);
  });
});
