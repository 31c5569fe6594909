import { type CanonicalRow, canonicalColumns, canonicalOf, genesis, nextHash } from './chain.ts';
import type { Session } from './journal-writer.ts';

/** Positions that were not there when a higher one was, and the transactions that may still bring them. */
export interface Gap {
  from: bigint;
  to: bigint;
  writers: ReadonlySet<string>;
}

/** Where sealing stands. It lives in memory only: the last seal says from where to begin. */
export interface SealerState {
  number: bigint;
  hash: Buffer;
  /** The highest position that was seen. */
  top: bigint;
  /** Of positions up to `top`, those that are neither there nor known to be lost; ascending. */
  gaps: readonly Gap[];
}

export interface Sealed {
  state: SealerState;
  count: number;
  /** The batch was full: there is more to seal at once. */
  more: boolean;
}

interface Candidate extends CanonicalRow {
  id: string;
  position: bigint | string;
  sealed: boolean;
}

/** One transaction stays short, so that it holds back no watermark (M-17). */
const batchMax = 500;

/**
 * Chains journals that are committed and not sealed yet, inside the caller's transaction (AD-17). Positions are given
 * before the commit, so a lower one may come later than a higher one, or never (F29). What is there is sealed at once,
 * in any order; a gap is looked at again until every transaction that was writing journals when it was seen is over.
 * Nothing waits for it, and nothing stored knows a transaction's id, so that a restored dump goes on.
 * @param known what an earlier call returned and the caller committed
 * @returns undefined while another session seals
 */
export async function sealCommitted(
  session: Session,
  known: SealerState | undefined,
): Promise<Sealed | undefined> {
  if (!(await lock(session))) return undefined;
  const state = await resume(session, known);
  // In this order: what a transaction that is over has left is seen by a reading that begins after it was over.
  const running = state.gaps.length > 0 ? await writersOf(session) : new Set<string>();
  const late = state.gaps.length > 0 ? await readGaps(session, state.gaps) : [];
  const fresh = late.length < batchMax ? await readAbove(session, state.top) : [];
  const opened = gapsBetween(state.top, positionsOf(fresh));
  const writers = opened.length > 0 ? await writersOf(session) : new Set<string>();
  // A full batch may not have shown all that is there.
  const left = late.length < batchMax ? stillOpen(state.gaps, running) : state.gaps;
  const gaps = [...withoutPositions(left, positionsOf(late)), ...opened.map((gap) => ({ ...gap, writers }))];
  const top = fresh.length > 0 ? BigInt(fresh.at(-1)!.position) : state.top;
  const unsealed = [...late, ...fresh].filter(({ sealed }) => !sealed);
  const hash = await appendSeals(session, state, unsealed, gaps[0]?.from ?? top + 1n);
  return {
    state: { number: state.number + BigInt(unsealed.length), hash, top, gaps },
    count: unsealed.length,
    more: late.length === batchMax || fresh.length === batchMax,
  };
}

/** Plans made while the tables were small would read them whole when they are not; compiling costs more than it gains. */
async function lock(session: Session): Promise<boolean> {
  const { rows } = await session.query({
    name: 'ledger.seal.lock',
    text: `select pg_try_advisory_xact_lock(hashtextextended('holdfast.sealer', 0)) as mine,
      set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`,
    values: [],
  });
  return rows[0].mine;
}

/** Somebody else may have sealed since, or the database is another one: the last seal decides. */
async function resume(session: Session, known: SealerState | undefined): Promise<SealerState> {
  const { rows } = await session.query({
    name: 'ledger.seal.last',
    text: 'select number, hash, below from seals order by number desc limit 1',
    values: [],
  });
  const last = rows[0] ?? { number: 0n, hash: genesis, below: 1n };
  const number = BigInt(last.number);
  if (known?.number === number && known.hash.equals(last.hash)) return known;
  return { number, hash: last.hash, top: BigInt(last.below) - 1n, gaps: [] };
}

/** Who has written journals, or is about to, and has not ended: the lock on the table is kept until then. */
async function writersOf(session: Session): Promise<Set<string>> {
  const { rows } = await session.query({
    name: 'ledger.seal.writers',
    text: `select distinct virtualtransaction as writer from pg_locks
      where locktype = 'relation' and relation = 'journals'::regclass and mode = 'RowExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())`,
    values: [],
  });
  return new Set(rows.map(({ writer }) => writer));
}

const candidates = `select j.id, j.position, s.number is not null as sealed, ${canonicalColumns}
  from journals j left join seals s on s.journal_id = j.id`;

async function readAbove(session: Session, top: bigint): Promise<Candidate[]> {
  const { rows } = await session.query({
    name: 'ledger.seal.fresh',
    text: `${candidates} where j.position > $1 order by j.position limit $2`,
    values: [top, batchMax],
  });
  return rows;
}

async function readGaps(session: Session, gaps: readonly Gap[]): Promise<Candidate[]> {
  const { rows } = await session.query({
    name: 'ledger.seal.late',
    text: `select late.* from unnest($1::bigint[], $2::bigint[]) as gap (first, last)
      cross join lateral (${candidates} where j.position between gap.first and gap.last
        order by j.position limit $3) as late
      order by late.position limit $3`,
    values: [gaps.map(({ from }) => from), gaps.map(({ to }) => to), batchMax],
  });
  return rows;
}

async function appendSeals(
  session: Session,
  { number, hash }: SealerState,
  journals: readonly Candidate[],
  below: bigint,
): Promise<Buffer> {
  if (journals.length === 0) return hash;
  let last = hash;
  const hashes = journals.map((journal) => {
    last = nextHash(last, canonicalOf(journal));
    return last;
  });
  await session.query({
    name: 'ledger.seal.append',
    text: `insert into seals (number, journal_id, hash, below)
      select $1::bigint + place, journal_id, hash, $4
      from unnest($2::uuid[], $3::bytea[]) with ordinality as sealed (journal_id, hash, place)`,
    values: [number, journals.map(({ id }) => id), hashes, below],
  });
  return last;
}

const positionsOf = (rows: readonly Candidate[]): bigint[] => rows.map(({ position }) => BigInt(position));

/** What is missing between `top` and these positions, which ascend. */
export function gapsBetween(top: bigint, positions: readonly bigint[]): Omit<Gap, 'writers'>[] {
  return positions.flatMap((position, index) => {
    const from = (index === 0 ? top : positions[index - 1]!) + 1n;
    return from < position ? [{ from, to: position - 1n }] : [];
  });
}

/** Without those whose writers are all over: what has not come by now never comes. */
export function stillOpen(gaps: readonly Gap[], running: ReadonlySet<string>): Gap[] {
  return gaps.flatMap((gap) => {
    const writers = new Set([...gap.writers].filter((writer) => running.has(writer)));
    return writers.size > 0 ? [{ ...gap, writers }] : [];
  });
}

/** What is left of gaps after some of their positions came. */
export function withoutPositions(gaps: readonly Gap[], positions: readonly bigint[]): Gap[] {
  return gaps.flatMap((gap) => {
    const came = positions.filter((position) => position >= gap.from && position <= gap.to);
    const rest = gapsBetween(gap.from - 1n, [...came, gap.to + 1n]);
    return rest.map((range) => ({ ...range, writers: gap.writers }));
  });
}
