import type { MikroORM } from '@mikro-orm/core';
import type { Pool } from 'pg';
import { run } from './database.ts';
import type { Announcement, AnyDeadline } from './deadline.ts';
import { statementsOf } from './table-statements.ts';

export interface ListedDeadline {
  kind: string;
  id: string;
  key: string;
  dueAt: Date;
  stoppedBy: readonly string[];
  announced?: Announcement;
  /** What it moves by itself, in minor units of USD. */
  atStakeMinor?: bigint;
}

interface Timer {
  deadline: AnyDeadline;
  mine: string | undefined;
  all: string;
  fromRow: (row: Record<string, unknown>) => Record<string, unknown>;
}

/** The most of a kind that one answer names. */
const listedMax = 500;

/** The timers that are set: what somebody waits for, or must do, by when, and how much is at stake (AD-24). */
export class DeadlineList {
  readonly #pool: Pool;
  readonly #timers: readonly Timer[];

  constructor({ pool, orm }: { pool: Pool; orm: MikroORM }, deadlines: readonly AnyDeadline[]) {
    this.#pool = pool;
    this.#timers = deadlines
      .filter(({ does }) => does === 'timer')
      .map((deadline) => ({ deadline, ...textsOf(orm, deadline) }));
  }

  /** What a person is waiting for, or must do, by when. */
  async of(accountId: string): Promise<ListedDeadline[]> {
    return this.#list(({ mine }) => (mine ? [mine, [accountId]] : undefined));
  }

  /** For operators: all that fall due in a span of business time, the soonest of each kind first. */
  async between(from: Date, until: Date): Promise<ListedDeadline[]> {
    return this.#list(({ all }) => [all, [from, until]]);
  }

  async #list(query: (timer: Timer) => readonly [string, unknown[]] | undefined): Promise<ListedDeadline[]> {
    const found: ListedDeadline[] = [];
    for (const timer of this.#timers) {
      const asked = query(timer);
      if (!asked) continue;
      const [text, values] = asked;
      const rows = await run<Record<string, unknown>>(this.#pool, text, values);
      found.push(...rows.map((row) => listed(timer.deadline, timer.fromRow(row))));
    }
    return found.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
  }
}

function listed(deadline: AnyDeadline, row: Record<string, unknown>): ListedDeadline {
  const { kind, keys, dueAt, stoppedBy, announced, atStake } = deadline;
  return {
    kind,
    id: String(row.id),
    key: String(row[keys[0]!]),
    dueAt: row[dueAt] as Date,
    stoppedBy,
    ...(announced ? { announced } : {}),
    ...(atStake ? { atStakeMinor: BigInt(row[atStake] as bigint) } : {}),
  };
}

function textsOf(orm: MikroORM, deadline: AnyDeadline) {
  const { table, columnOf, columns, fromRow } = statementsOf(orm, deadline.entity);
  const due = columnOf(deadline.dueAt);
  const parties = deadline.parties.map((property) => `${columnOf(property)} = $1`).join(' or ');
  const mine = `select ${columns} from ${table} where ${due} is not null and (${parties}) order by ${due} limit ${listedMax}`;
  return {
    fromRow,
    /** None where no person waits for it. */
    mine: parties ? mine : undefined,
    all: `select ${columns} from ${table} where ${due} >= $1 and ${due} < $2 order by ${due} limit ${listedMax}`,
  };
}
