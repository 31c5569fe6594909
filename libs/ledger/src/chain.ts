import { createHash } from 'node:crypto';

/**
 * What the hash covers: every column of a journal and of its lines, as text in one fixed form, whatever the session's
 * settings. Bigints and uuids have one form; instants are written in UTC to the microsecond.
 */
const instant = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export const coveredColumns = {
  journals: {
    id: 'j.id::text',
    position: 'j.position::text',
    kind: 'j.kind',
    cause_id: 'j.cause_id',
    currency: 'j.currency',
    agreement_id: 'j.agreement_id::text',
    account_id: 'j.account_id',
    transfer_id: 'j.transfer_id::text',
    reverses: 'j.reverses::text',
    value_date: instant('j.value_date'),
    posted_at: instant('j.posted_at'),
    recorded_at: instant('j.recorded_at'),
  },
  entries: {
    line: 'e.line::text',
    account: 'e.account',
    sub_account: 'e.sub_account',
    amount_minor: 'e.amount_minor::text',
  },
} as const;

const arrayOf = (columns: Readonly<Record<string, string>>): string =>
  `array[${Object.values(columns).join(', ')}]::text[]`;

/** Of `journals j`: what `canonicalOf` takes. */
export const canonicalColumns = `${arrayOf(coveredColumns.journals)} as journal,
  (select array_agg(${arrayOf(coveredColumns.entries)} order by e.line)
    from entries e where e.journal_id = j.id) as lines`;

export interface CanonicalRow {
  journal: (string | null)[];
  lines: string[][] | null;
}

/** One text for one journal: JSON without spaces, its columns in their order, then its lines in theirs. */
export const canonicalOf = ({ journal, lines }: CanonicalRow): string =>
  JSON.stringify([journal, lines ?? []]);

/** Before the first seal. */
export const genesis: Buffer = Buffer.alloc(32);

/** h_n = SHA-256(h_(n-1), canonical journal n), in UTF-8 (AD-17, I10). */
export const nextHash = (previous: Buffer, canonical: string): Buffer =>
  createHash('sha256').update(previous).update(canonical, 'utf8').digest();
