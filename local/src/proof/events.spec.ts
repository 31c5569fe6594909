import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Collection } from './collection.ts';
import { eventsAreApplied, eventsArePublished } from './events.ts';
import { Findings } from './findings.ts';
import { Store } from './store.ts';

let store: Store;
let place: number;

beforeEach(() => {
  store = new Store();
  place = 0;
});
afterEach(() => store.close());

/** An event of escrow on its topic. */
function fact(id: string, sequence: number, more: Partial<typeof usual> = {}): void {
  const { type, subject, key, addressed, late } = { ...usual, ...more };
  place += 1;
  store.insert('facts', 'escrow', 3, place, id, type, subject, sequence, key, addressed, null, late);
}
const usual = { type: 'escrow.milestone.released', subject: 'm-1', key: 'a-1', addressed: 1, late: 0 };

const counted = (last: number, now = last): void =>
  store.insert('sequences', 'escrow', 'm-1', last, 'a-1', now);

const waiting = (id: string, sequence: number): void =>
  store.insert('outbox', 'escrow', id, 'm-1', sequence, usual.type, null);

function judge(check: typeof eventsArePublished): { wrong: string[]; underWay: string[]; figure: string } {
  store.index('facts');
  const underWay = new Findings();
  const { findings, figure } = check({ store } as Collection, underWay);
  return { wrong: findings.map(({ id }) => id), underWay: underWay.first.map(({ id }) => id), figure };
}

describe('I7: every event stands on its topic', () => {
  const published = () => judge(eventsArePublished);

  test('each number once, in order; a repeat is allowed', () => {
    counted(3);
    for (const id of ['e-1', 'e-2', 'e-1', 'e-2', 'e-3']) fact(id, Number(id.slice(2)));
    expect(published()).toEqual({ wrong: [], underWay: [], figure: '3 events of 1 aggregate, 2 repeats' });
  });

  test('what is missing in the middle or at the end is named by its number', () => {
    counted(4);
    fact('e-1', 1);
    fact('e-3', 3);
    expect(published().wrong).toEqual(['m-1#2', 'm-1#4']);
  });

  test('what is in the outbox is under way', () => {
    counted(3);
    fact('e-1', 1);
    fact('e-2', 2);
    waiting('e-2', 2);
    waiting('e-3', 3);
    expect(published()).toMatchObject({ wrong: [], underWay: ['e-3'] });
  });

  test('what was counted only after the aggregate was read is no stranger; what never was counted is', () => {
    counted(1, 2);
    fact('e-1', 1);
    fact('e-2', 2);
    fact('e-3', 3);
    fact('x-1', 1, { subject: 'unknown' });
    expect(published().wrong).toEqual(['e-3', 'x-1']);
  });

  test('two events of one number, or one that stands behind a later one', () => {
    counted(3);
    fact('e-1', 1);
    fact('e-1b', 1);
    fact('e-3', 3);
    fact('e-2', 2);
    expect(published().wrong).toEqual(['m-1#1', 'e-2']);
  });

  test('another key than its aggregate has, or a partition that is not the key’s', () => {
    counted(2);
    fact('e-1', 1, { key: 'a-2' });
    fact('e-2', 2, { addressed: 0 });
    expect(published().wrong).toEqual(['e-1', 'e-2']);
  });
});

describe('I7: every event is applied once by whoever handles it', () => {
  beforeEach(() => {
    store.insert('handled', 'payouts', 'escrow.milestone.released', 'CreditRelease');
    store.insert('handled', 'contracts', 'escrow.milestone.released', 'MirrorMilestone');
    store.insert('positions', 'payouts', 'escrow', 3, 100);
    store.insert('positions', 'contracts', 'escrow', 3, 100);
  });
  const mark = (id: string, service = 'payouts', command = 'CreditRelease', refused = 0): void =>
    store.insert('marks', service, command, id, refused);
  const applied = () => judge(eventsAreApplied);
  const both = (id: string): void => {
    mark(id);
    mark(id, 'contracts', 'MirrorMilestone');
  };

  test('by each of them, whatever stands on the topic twice; what nobody handles needs no effect', () => {
    fact('e-1', 1);
    fact('e-1', 1);
    fact('e-2', 2, { type: 'escrow.funding.started' });
    both('e-1');
    expect(applied()).toEqual({ wrong: [], underWay: [], figure: '2 effects' });
  });

  test('what was read and has no effect is named', () => {
    fact('e-1', 1);
    mark('e-1');
    expect(applied().wrong).toEqual(['e-1']);
  });

  test('what is parked, or not read yet, is under way', () => {
    fact('e-1', 1);
    store.insert('parked', 'payouts', 'escrow', 'e-1', 'failed');
    mark('e-1', 'contracts', 'MirrorMilestone');
    place = 100;
    fact('e-2', 2);
    expect(applied()).toMatchObject({ wrong: [], underWay: ['e-1', 'e-2', 'e-2'] });
  });

  test('an effect that happened twice, without its event, by a wrong command, or was refused', () => {
    for (const [index, id] of ['e-1', 'e-2', 'e-3'].entries()) {
      fact(id, index + 1);
      both(id);
    }
    mark('e-1');
    mark('e-0');
    mark('e-2', 'payouts', 'NoteTransfer');
    store.run(`update marks set refused = 1 where message_id = 'e-3' and service = 'payouts'`);
    expect(applied().wrong).toEqual(['e-1', 'e-0', 'e-2', 'e-3']);
  });

  test('an effect of what came after the topics were read has its event', () => {
    fact('e-1', 1);
    both('e-1');
    fact('e-2', 2, { late: 1 });
    mark('e-2');
    expect(applied().wrong).toEqual([]);
  });
});
