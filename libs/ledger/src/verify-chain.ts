import { type CanonicalRow, canonicalColumns, canonicalOf, genesis, nextHash } from './chain.ts';
import type { Session } from './journal-writer.ts';

export interface SealHead {
  number: bigint;
  journalId: string;
  hash: string;
}

export interface ChainFinding {
  /** Of the journal; of seals that are gone, whose journals nobody knows any more, their numbers. */
  id: string;
  what: 'changed' | 'missing' | 'seal missing' | 'not sealed';
  /** Of the seal, where there is one. */
  number?: bigint;
}

export interface VerifiedChain {
  seals: bigint;
  head?: SealHead;
  /** Journals that the sealer has not reached yet. */
  waiting: bigint;
  findings: ChainFinding[];
  total: number;
}

interface SealRow extends CanonicalRow {
  number: bigint | string;
  journal_id: string;
  hash: Buffer;
  found: boolean;
}

const pageSize = 500;
/** The sealer seals within a second; an alarm tells after a minute. */
const unsealedSeconds = 60;

/**
 * Recomputes the chain from the rows as they are, page by page (I10). After a wrong seal it goes on from the stored
 * hash, so that every changed row is named and not only the first.
 * @param session in one snapshot where somebody posts meanwhile
 */
export async function verifyChain(session: Session, limit = 100): Promise<VerifiedChain> {
  const findings: ChainFinding[] = [];
  let total = 0;
  const find = (finding: ChainFinding): void => {
    total += 1;
    if (findings.length < limit) findings.push(finding);
  };
  let head: SealHead | undefined;
  let number = 0n;
  let hash = genesis;
  for (;;) {
    const rows = await readSeals(session, number);
    for (const row of rows) {
      const next = BigInt(row.number);
      if (next > number + 1n) find({ id: rangeOf(number + 1n, next - 1n), what: 'seal missing' });
      if (!row.found) find({ id: row.journal_id, what: 'missing', number: next });
      // Behind a seal that is gone nothing can be recomputed but by the seal itself.
      else if (next === number + 1n && !nextHash(hash, canonicalOf(row)).equals(row.hash)) {
        find({ id: row.journal_id, what: 'changed', number: next });
      }
      number = next;
      hash = row.hash;
      head = { number, journalId: row.journal_id, hash: hash.toString('hex') };
    }
    if (rows.length < pageSize) break;
  }
  const unsealed = await readNeverSealed(session, limit);
  for (const id of unsealed.ids) find({ id, what: 'not sealed' });
  total += unsealed.total - unsealed.ids.length;
  return { seals: number, head, waiting: unsealed.waiting, findings, total };
}

const rangeOf = (first: bigint, last: bigint): string =>
  first === last ? `seal ${first}` : `seals ${first} to ${last}`;

async function readSeals(session: Session, after: bigint): Promise<SealRow[]> {
  const { rows } = await session.query({
    name: 'ledger.chain.page',
    text: `select s.number, s.journal_id, s.hash, j.id is not null as found, ${canonicalColumns}
      from seals s left join journals j on j.id = s.journal_id
      where s.number > $1 order by s.number limit $2`,
    values: [after, pageSize],
  });
  return rows;
}

/**
 * What the sealer has passed (by the last seal's own word) or left for a minute is wrong; what is younger is waiting.
 */
async function readNeverSealed(
  session: Session,
  limit: number,
): Promise<{ ids: string[]; total: number; waiting: bigint }> {
  const { rows } = await session.query({
    name: 'ledger.chain.unsealed',
    text: `with last as (
        select coalesce((select below from seals order by number desc limit 1), 0) as below
      ), unsealed as (
        select j.id, j.position, j.position < last.below
          or j.recorded_at < clock_timestamp() - make_interval(secs => $1) as late
        from last, journals j where not exists (select from seals s where s.journal_id = j.id)
      )
      select id::text, late, count(*) filter (where late) over ()::int as total,
        count(*) filter (where not late) over ()::text as waiting
      from unsealed order by late desc, position limit $2`,
    values: [unsealedSeconds, limit],
  });
  const { total = 0, waiting = '0' } = rows[0] ?? {};
  return { ids: rows.filter(({ late }) => late).map(({ id }) => id), total, waiting: BigInt(waiting) };
}

export interface Unsealed {
  count: bigint;
  /** When the first of them was recorded, by the database's clock. */
  oldest?: Date;
  firstId?: string;
}

/** What the sealer has still to do; cheap, since it begins where the last seal says that all below is done. */
export async function readUnsealed(session: Session): Promise<Unsealed> {
  const last = await session.query({
    name: 'ledger.chain.below',
    text: 'select below from seals order by number desc limit 1',
    values: [],
  });
  // As a parameter, so that it is planned for the few journals behind it.
  const { rows } = await session.query({
    name: 'ledger.chain.behind',
    text: `select count(*)::text as count, min(j.recorded_at) as oldest,
        (array_agg(j.id::text order by j.position))[1] as first_id
      from journals j
      where j.position >= $1 and not exists (select from seals s where s.journal_id = j.id)`,
    values: [last.rows[0]?.below ?? 0n],
  });
  const [{ count, oldest, first_id }] = rows;
  return { count: BigInt(count), oldest: oldest ?? undefined, firstId: first_id ?? undefined };
}

/** The seals of these numbers, as far as they exist: what a published head is compared with. */
export async function readSealsAt(session: Session, numbers: readonly bigint[]): Promise<SealHead[]> {
  const { rows } = await session.query({
    name: 'ledger.chain.at',
    text: `select number::text, journal_id::text, encode(hash, 'hex') as hash from seals
      where number = any($1::bigint[]) order by seals.number`,
    values: [numbers],
  });
  return rows.map(({ number, journal_id, hash }) => ({
    number: BigInt(number),
    journalId: journal_id,
    hash,
  }));
}

export async function readHead(session: Session): Promise<SealHead | undefined> {
  const { rows } = await session.query({
    name: 'ledger.chain.head',
    text: `select number::text, journal_id::text, encode(hash, 'hex') as hash from seals
      order by seals.number desc limit 1`,
    values: [],
  });
  const [row] = rows;
  return row && { number: BigInt(row.number), journalId: row.journal_id, hash: row.hash };
}
