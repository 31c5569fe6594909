import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AlarmCheck, Alarms, type Finding } from './alarms.ts';
import { StandingClock } from './testing/standing-clock.ts';

const transfer: Finding = {
  id: 'transfer-1',
  what: 'payouts does not answer',
  since: new Date('2026-11-23T08:40:00.000Z'),
  facts: { agreementId: 'agreement-1' },
};
const line = {
  alarm: 'transfer.unanswered',
  id: 'transfer-1',
  since: '2026-11-23T08:40:00.000Z',
  agreementId: 'agreement-1',
};

let clock: StandingClock;
let lines: { level: string; fields: object; text: string }[];
let found: Finding[];

beforeEach(() => {
  clock = new StandingClock();
  lines = [];
  found = [];
});

function alarmsOf(...checks: AlarmCheck[]): Alarms {
  const write = (level: string) => (fields: object, text: string) => void lines.push({ level, fields, text });
  return new Alarms({ checks, clock, logger: { error: write('error'), log: write('info') }, everyMs: 5 });
}

const unanswered: AlarmCheck = { name: 'transfer.unanswered', find: async () => found };

describe('an alarm', () => {
  it('is said once when it is found', async () => {
    const alarms = alarmsOf(unanswered);
    found = [transfer];
    await alarms.evaluate();
    await alarms.evaluate();
    expect(lines).toEqual([{ level: 'error', fields: line, text: 'payouts does not answer' }]);
    expect(alarms.standing).toEqual([{ alarm: 'transfer.unanswered', ...transfer }]);
  });

  it('is said again every 15 minutes while it stands', async () => {
    const alarms = alarmsOf(unanswered);
    found = [transfer];
    await alarms.evaluate();
    for (let minute = 1; minute <= 30; minute += 1) {
      clock.move(60_000);
      await alarms.evaluate();
    }
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'error']);
  });

  it('is said once more when it is over, and is new when it comes again', async () => {
    const alarms = alarmsOf(unanswered);
    found = [transfer];
    await alarms.evaluate();
    found = [];
    await alarms.evaluate();
    await alarms.evaluate();
    expect(alarms.standing).toEqual([]);
    found = [transfer];
    await alarms.evaluate();
    expect(lines.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'error: payouts does not answer',
      'info: over: payouts does not answer',
      'error: payouts does not answer',
    ]);
    expect(lines[1]!.fields).toEqual(line);
  });

  it('is told apart by its id: one that is over leaves the other', async () => {
    const alarms = alarmsOf(unanswered);
    found = [transfer, { ...transfer, id: 'transfer-2' }];
    await alarms.evaluate();
    found = [{ ...transfer, id: 'transfer-2' }];
    await alarms.evaluate();
    expect(alarms.standing.map(({ id }) => id)).toEqual(['transfer-2']);
  });

  it('stands since its first finding where the check cannot tell', async () => {
    const alarms = alarmsOf(unanswered);
    found = [{ id: 'funding-1', what: 'in review' }];
    await alarms.evaluate();
    clock.move(5 * 60_000);
    found = [{ id: 'funding-1', what: 'in review' }, transfer];
    await alarms.evaluate();
    expect(alarms.standing.map(({ id, since }) => [id, since.toISOString()])).toEqual([
      ['transfer-1', '2026-11-23T08:40:00.000Z'],
      ['funding-1', '2026-11-23T09:00:00.000Z'],
    ]);
  });
});

describe('a check that fails', () => {
  const away = Object.assign(new Error('password of holdfast is wrong'), { code: 'ECONNREFUSED' });

  it('is an alarm of its own, with the code and without the message; the other checks are made', async () => {
    const broken: AlarmCheck = { name: 'outbox.late', find: () => Promise.reject(away) };
    const alarms = alarmsOf(broken, unanswered);
    found = [transfer];
    await alarms.evaluate();
    expect(alarms.standing.map(({ alarm, id, facts }) => ({ alarm, id, facts }))).toEqual([
      { alarm: 'transfer.unanswered', id: 'transfer-1', facts: transfer.facts },
      { alarm: 'check.failing', id: 'outbox.late', facts: { code: 'ECONNREFUSED' } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('password');
  });

  it('ends no alarm that stands', async () => {
    let fails = false;
    const check: AlarmCheck = {
      name: 'transfer.unanswered',
      find: () => {
        if (fails) throw away;
        return found;
      },
    };
    const alarms = alarmsOf(check);
    found = [transfer];
    await alarms.evaluate();
    fails = true;
    await alarms.evaluate();
    expect(alarms.standing.map(({ alarm }) => alarm)).toEqual(['transfer.unanswered', 'check.failing']);
    [fails, found] = [false, []];
    await alarms.evaluate();
    expect(alarms.standing).toEqual([]);
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'info', 'info']);
  });
});

describe('the round', () => {
  it('goes on by itself, whatever fails, until it is stopped', async () => {
    let rounds = 0;
    let third: () => void;
    const thrice = new Promise<void>((resolve) => {
      third = resolve;
    });
    const counting: AlarmCheck = {
      name: 'outbox.late',
      find: () => {
        rounds += 1;
        if (rounds === 3) third();
        throw new Error('database away');
      },
    };
    const alarms = alarmsOf(counting);
    alarms.start();
    await thrice;
    await alarms.stop();
    const atStop = rounds;
    await alarms.evaluate();
    expect(rounds).toBe(atStop + 1);
  });

  it('is made once, however many ask at the same time', async () => {
    let rounds = 0;
    const alarms = alarmsOf({
      name: 'outbox.late',
      find: async () => {
        rounds += 1;
        return [];
      },
    });
    await Promise.all([alarms.evaluate(), alarms.evaluate()]);
    expect(rounds).toBe(1);
  });
});
