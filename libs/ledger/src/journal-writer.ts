import { accountParts, isDebitAccount, isGuarded, type Journal, Rejection } from '@holdfast/domain';

/** The part of a PostgreSQL session that the ledger needs: the transaction belongs to the caller. */
export interface Session {
  // biome-ignore lint/suspicious/noExplicitAny: rows are typed at each call.
  query(query: { name: string; text: string; values: unknown[] }): Promise<{ rows: any[] }>;
}

interface Delta {
  code: string;
  subAccount: string;
  amountMinor: bigint;
}

/**
 * Writes journals inside the transaction of their cause (M-1). Balances that must not fall below zero are locked in
 * the order of their accounts, so that transfers across each other do not deadlock (F34).
 * @throws Rejection money.insufficient when a guarded account would fall below zero (I3, M-7)
 */
export class LedgerWriter {
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  async write(
    session: Session,
    journals: readonly Journal[],
    { valueDate, postedAt }: { valueDate: Date; postedAt: Date },
  ): Promise<void> {
    await this.#moveBalances(session, journals);
    for (const journal of journals) {
      const id = this.#newId();
      await session.query({
        name: 'ledger.journal',
        text: insertJournal,
        values: [
          id,
          journal.kind,
          journal.causeId,
          journal.currency,
          journal.agreementId ?? null,
          journal.accountId ?? null,
          journal.transferId ?? null,
          journal.reverses ?? null,
          journal.valueDate ?? valueDate,
          postedAt,
        ],
      });
      const parts = journal.lines.map((line) => accountParts(line.account));
      await session.query({
        name: 'ledger.entries',
        text: insertEntries,
        values: [
          id,
          parts.map((part) => part.code),
          parts.map((part) => part.subAccount),
          journal.lines.map((line) => line.amountMinor),
        ],
      });
    }
  }

  async #moveBalances(session: Session, journals: readonly Journal[]): Promise<void> {
    const deltas = balanceDeltas(journals);
    if (deltas.length === 0) return;
    const columns = [
      deltas.map((delta) => delta.code),
      deltas.map((delta) => delta.subAccount),
      deltas.map((delta) => delta.amountMinor),
    ];
    await session.query({ name: 'ledger.open', text: openBalances, values: columns.slice(0, 2) });
    try {
      await session.query({ name: 'ledger.move', text: moveBalances, values: columns });
    } catch (error) {
      if ((error as { code?: string }).code === '23514') throw new Rejection('money.insufficient');
      throw error;
    }
  }
}

/** What each guarded account gains or loses on its natural side, in the order in which they are locked. */
export function balanceDeltas(journals: readonly Journal[]): Delta[] {
  const deltas = new Map<string, Delta>();
  for (const { account, amountMinor } of journals.flatMap((journal) => journal.lines)) {
    if (!isGuarded(account)) continue;
    const { code, subAccount } = accountParts(account);
    const delta = deltas.get(account) ?? { code, subAccount, amountMinor: 0n };
    delta.amountMinor += isDebitAccount(account) ? amountMinor : -amountMinor;
    deltas.set(account, delta);
  }
  return [...deltas].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, delta]) => delta);
}

const insertJournal = `insert into journals
    (id, kind, cause_id, currency, agreement_id, account_id, transfer_id, reverses, value_date, posted_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

const insertEntries = `insert into entries (journal_id, line, account, sub_account, amount_minor)
  select $1, row_number() over (), * from unnest($2::text[], $3::text[], $4::bigint[])`;

const openBalances = `insert into balances (account, sub_account, amount_minor)
  select account, sub_account, 0 from unnest($1::text[], $2::text[]) as wanted (account, sub_account)
  where not exists (select 1 from balances known
    where known.account = wanted.account and known.sub_account = wanted.sub_account)
  order by account, sub_account on conflict do nothing`;

const moveBalances = `with delta as (
    select * from unnest($1::text[], $2::text[], $3::bigint[]) as d (account, sub_account, amount_minor)
  ), locked as materialized (
    select b.account, b.sub_account from balances b join delta using (account, sub_account)
    order by b.account, b.sub_account for no key update of b
  )
  update balances b set amount_minor = b.amount_minor + delta.amount_minor
  from delta join locked using (account, sub_account)
  where b.account = delta.account and b.sub_account = delta.sub_account`;
