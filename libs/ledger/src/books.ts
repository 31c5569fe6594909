import { isDebitAccount, isGuarded } from '@holdfast/domain';
import type { Session } from './journal-writer.ts';
import { nameOf } from './reports.ts';

export interface LedgerDifference {
  invariant: 'I1' | 'I2' | 'I3' | 'M-22';
  /** Of the journal, or the name of the account. */
  id: string;
  where: string;
  found: string;
}

/** What one check looked at, and what it found: the first ones, and how many there are. */
export interface Checked {
  figures: Readonly<Record<string, bigint>>;
  differences: readonly LedgerDifference[];
  total: number;
}

export interface Books {
  journals: Checked;
  balances: Checked;
  held: Checked;
  clearing: Checked;
}

/**
 * Whether the books hold, summed by the database, so that nothing grows here with the number of journals: I1 (every
 * journal sums to zero), I2 (stored balances equal the sums), I3 (none below zero), M-22 (clearing names its transfer).
 * @param session in one snapshot where somebody posts meanwhile
 */
export async function checkBooks(session: Session, limit = 100): Promise<Books> {
  const journals = await checkJournals(session, limit);
  const { balances, held } = await checkBalances(session, limit);
  return { journals, balances, held, clearing: await checkClearing(session, limit) };
}

/** All that is wrong with the books: empty when they hold. */
export async function checkLedger(session: Session): Promise<LedgerDifference[]> {
  return Object.values(await checkBooks(session)).flatMap(({ differences }) => differences);
}

async function checkJournals(session: Session, limit: number): Promise<Checked> {
  const { rows } = await session.query({
    name: 'ledger.check.i1',
    text: `with sums as (
        select journal_id, sum(amount_minor) as amount, count(*) as lines from entries group by journal_id
      )
      select coalesce(j.id, s.journal_id)::text as id, coalesce(s.amount, 0)::text as found,
        j.id is null as lost, count(*) over ()::int as total
      from journals j full join sums s on s.journal_id = j.id
      where j.id is null or s.amount is distinct from 0 or s.lines < 2 order by 1 limit $1`,
    values: [limit],
  });
  const { rows: counts } = await session.query({
    name: 'ledger.check.counts',
    text: `select (select count(*) from journals)::text as journals, (select count(*) from entries)::text as entries`,
    values: [],
  });
  return {
    figures: { journals: BigInt(counts[0].journals), entries: BigInt(counts[0].entries) },
    differences: rows.map(({ id, found, lost }) => ({
      invariant: 'I1',
      id,
      where: `journal ${id}`,
      found: lost ? 'entries without their journal' : found,
    })),
    total: rows[0]?.total ?? 0,
  };
}

async function checkBalances(session: Session, limit: number): Promise<Pick<Books, 'balances' | 'held'>> {
  const guarded = (await accountCodes(session)).filter(isGuarded);
  const { rows } = await session.query({
    name: 'ledger.check.i2',
    text: `with sums as (
        select account, sub_account, sum(case when account = any($2) then amount_minor else -amount_minor end) as amount
        from entries where account = any($1) group by account, sub_account
      ), compared as (
        select account, sub_account, coalesce(s.amount, 0) as amount, b.amount_minor as stored
        from sums s full join balances b using (account, sub_account)
      )
      select account, sub_account, amount::text, stored::text, stored is distinct from amount as differs,
        count(*) filter (where stored is distinct from amount) over ()::int as differing,
        count(*) filter (where amount < 0) over ()::int as negative
      from compared where stored is distinct from amount or amount < 0
      order by account, sub_account limit $3`,
    values: [guarded, guarded.filter(isDebitAccount), limit],
  });
  const { rows: counts } = await session.query({
    name: 'ledger.check.held',
    text: 'select count(*)::text as accounts, coalesce(sum(amount_minor), 0)::text as held from balances',
    values: [],
  });
  const figures = { accounts: BigInt(counts[0].accounts), heldMinor: BigInt(counts[0].held) };
  const place = (row: { account: string; sub_account: string }) => {
    const where = nameOf(row.account, row.sub_account);
    return { id: where, where };
  };
  return {
    balances: {
      figures,
      differences: rows
        .filter(({ differs }) => differs)
        .map((row) => ({
          invariant: 'I2',
          ...place(row),
          found: `stored ${row.stored ?? 'nothing'}, entries ${row.amount}`,
        })),
      total: rows[0]?.differing ?? 0,
    },
    held: {
      figures,
      differences: rows
        .filter(({ amount }) => BigInt(amount) < 0n)
        .map((row) => ({ invariant: 'I3', ...place(row), found: row.amount })),
      total: rows[0]?.negative ?? 0,
    },
  };
}

/** From the index alone, code by code: there are few, however many entries there are. */
async function accountCodes(session: Session): Promise<string[]> {
  const { rows } = await session.query({
    name: 'ledger.check.codes',
    text: `with recursive codes as (
        (select account from entries order by account limit 1)
        union all
        select (select e.account from entries e where e.account > codes.account order by e.account limit 1)
        from codes where codes.account is not null
      )
      select account from codes where account is not null union select distinct account from balances`,
    values: [],
  });
  return rows.map(({ account }) => account);
}

async function checkClearing(session: Session, limit: number): Promise<Checked> {
  const { rows } = await session.query({
    name: 'ledger.check.clearing',
    text: `select j.id::text as id, e.account, e.amount_minor::text as amount, count(*) over ()::int as total
      from entries e join journals j on j.id = e.journal_id
      where e.account = any($1) and j.transfer_id is null order by j.position limit $2`,
    values: [clearingAccounts, limit],
  });
  const { rows: counts } = await session.query({
    name: 'ledger.check.postings',
    text: 'select count(*)::text as postings from entries where account = any($1)',
    values: [clearingAccounts],
  });
  return {
    figures: { postings: BigInt(counts[0].postings) },
    differences: rows.map(({ id, account, amount }) => ({
      invariant: 'M-22',
      id,
      where: `journal ${id}`,
      found: `${amount} on ${account} without a transferId`,
    })),
    total: rows[0]?.total ?? 0,
  };
}

/** The two mirror accounts (M-2). */
export const clearingAccounts = ['E.clearing.payouts', 'P.clearing.escrow'];
