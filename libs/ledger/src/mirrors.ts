import { clearingAccounts } from './books.ts';
import type { Session } from './journal-writer.ts';

/** What one transfer has moved on this ledger's clearing account; debit positive (M-2, M-22). */
export interface TransferSum {
  transferId: string;
  amountMinor: bigint;
  currency: string;
  journalIds: string[];
}

const transferSums = (where: string): string => `select j.transfer_id::text as transfer_id, j.currency,
    coalesce(sum(e.amount_minor), 0)::text as amount, array_agg(j.id::text order by j.position) as journal_ids
  from journals j left join entries e on e.journal_id = j.id and e.account = any($1)
  where j.transfer_id is not null and ${where}
  group by j.transfer_id, j.currency order by j.transfer_id`;

/** In the order of their ids, so that two ledgers can be laid side by side. */
export async function readTransferSums(
  session: Session,
  page: { after?: string; limit: number } | { ids: readonly string[] },
): Promise<TransferSum[]> {
  const { rows } = await session.query(
    'ids' in page
      ? {
          name: 'ledger.transfers.of',
          text: transferSums('j.transfer_id = any($2::uuid[])'),
          values: [clearingAccounts, page.ids],
        }
      : {
          name: 'ledger.transfers.page',
          text: transferSums(`j.transfer_id in (select distinct transfer_id from journals
            where transfer_id > $2::uuid order by transfer_id limit $3)`),
          values: [clearingAccounts, page.after ?? nilId, page.limit],
        },
  );
  return rows.map(({ transfer_id, currency, amount, journal_ids }) => ({
    transferId: transfer_id,
    amountMinor: BigInt(amount),
    currency,
    journalIds: journal_ids,
  }));
}

/** Below every id. */
const nilId = '00000000-0000-0000-0000-000000000000';

/** One line on a cash account: what this ledger says of the money at a provider (M-3). */
export interface CashEntry {
  journalId: string;
  position: bigint;
  /** The sub-account. */
  provider: string;
  causeId: string;
  transferId: string | null;
  amountMinor: bigint;
  currency: string;
}

const cashEntries = `select j.id::text as journal_id, j.position::text, e.sub_account, j.cause_id,
    j.transfer_id::text as transfer_id, e.amount_minor::text as amount, j.currency
  from journals j join entries e on e.journal_id = j.id and e.account = 'E.cash.trust'`;

/** In the order of their positions. Those of a journal that commits late come with a later look. */
export async function readCashEntries(
  session: Session,
  page: { after: bigint; limit: number } | { causeIds: readonly string[]; transferIds: readonly string[] },
): Promise<CashEntry[]> {
  const { rows } = await session.query(
    'causeIds' in page
      ? {
          name: 'ledger.cash.of',
          text: `${cashEntries} where j.cause_id = any($1) or j.transfer_id = any($2::uuid[]) order by j.position`,
          values: [page.causeIds, page.transferIds],
        }
      : {
          name: 'ledger.cash.page',
          // Whole journals: one may have lines on two cash accounts.
          text: `${cashEntries} where j.position > $1 order by j.position fetch first $2 rows with ties`,
          values: [page.after, page.limit],
        },
  );
  return rows.map(({ journal_id, position, sub_account, cause_id, transfer_id, amount, currency }) => ({
    journalId: journal_id,
    position: BigInt(position),
    provider: sub_account,
    causeId: cause_id,
    transferId: transfer_id,
    amountMinor: BigInt(amount),
    currency,
  }));
}
