import { naturalBalance } from '@holdfast/domain';
import type { Session } from './journal-writer.ts';

export interface ReportedJournal {
  id: string;
  position: bigint;
  kind: string;
  causeId: string;
  agreementId: string | null;
  accountId: string | null;
  transferId: string | null;
  valueDate: Date;
  postedAt: Date;
  lines: { account: string; amountMinor: bigint }[];
}

export const nameOf = (account: string, subAccount: string): string =>
  subAccount ? `${account}:${subAccount}` : account;

/** Journals of an agreement, an account or a kind, in the order of their positions; for operators and the golden cases. */
export async function readJournals(
  session: Session,
  filter: { agreementId?: string; accountId?: string; kind?: string; after?: bigint; limit: number },
): Promise<ReportedJournal[]> {
  const { rows } = await session.query({
    name: 'ledger.read',
    text: `select j.id, j.position, j.kind, j.cause_id, j.agreement_id, j.account_id, j.transfer_id, j.value_date,
        j.posted_at, array_agg(e.account order by e.line) as accounts,
        array_agg(e.sub_account order by e.line) as sub_accounts,
        array_agg(e.amount_minor::text order by e.line) as amounts
      from journals j join entries e on e.journal_id = j.id
      where ($1::uuid is null or j.agreement_id = $1) and ($2::text is null or j.account_id = $2)
        and ($3::text is null or j.kind = $3) and j.position > $4
      group by j.id order by j.position limit $5`,
    values: [
      filter.agreementId ?? null,
      filter.accountId ?? null,
      filter.kind ?? null,
      filter.after ?? 0n,
      filter.limit,
    ],
  });
  return rows.map((row) => ({
    id: row.id,
    position: BigInt(row.position),
    kind: row.kind,
    causeId: row.cause_id,
    agreementId: row.agreement_id,
    accountId: row.account_id,
    transferId: row.transfer_id,
    valueDate: row.value_date,
    postedAt: row.posted_at,
    lines: (row.accounts as string[]).map((account, index) => ({
      account: nameOf(account, row.sub_accounts[index]),
      amountMinor: BigInt(row.amounts[index]),
    })),
  }));
}

/** Every account's balance on its natural side, summed from the entries: the truth behind stored balances. */
export async function readBalances(session: Session, prefix = ''): Promise<Map<string, bigint>> {
  const { rows } = await session.query({
    name: 'ledger.balances',
    text: `select account, sub_account, sum(amount_minor)::text as amount from entries
      where starts_with(account, $1) group by account, sub_account order by account, sub_account`,
    values: [prefix],
  });
  return new Map(
    rows.map(({ account, sub_account, amount }) => [
      nameOf(account, sub_account),
      naturalBalance(account, BigInt(amount)),
    ]),
  );
}

/** A stored balance of a guarded account, natural side; 0 where nothing was ever posted. */
export async function readBalance(session: Session, account: string, subAccount: string): Promise<bigint> {
  const { rows } = await session.query({
    name: 'ledger.balance',
    text: 'select amount_minor from balances where account = $1 and sub_account = $2',
    values: [account, subAccount],
  });
  return BigInt(rows[0]?.amount_minor ?? 0);
}
