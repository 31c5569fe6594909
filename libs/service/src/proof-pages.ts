import { readCashEntries, readSealsAt, readTransferSums } from '@holdfast/ledger';
import { type Client, run } from '@holdfast/messaging';
import { Problem } from './problem.ts';
import type { MovementRow, MovementSource } from './proof-movements.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** What `npm run proof` lays side by side, page by page; `next` is the cursor of the page behind. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** A page, or the rows of certain ids: what differed is looked at again. */
export type PageQuery = Readonly<{ after?: string; limit: number; ids?: readonly string[] }>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isUuid = (text: string): boolean => uuid.test(text);

function pageOf<Item>(
  items: Item[],
  { limit, ids }: PageQuery,
  cursorOf: (item: Item) => string,
): Page<Item> {
  const isLast = ids !== undefined || items.length < limit;
  return { items, next: isLast ? null : cursorOf(items.at(-1)!) };
}

/** A cursor is one that an earlier page gave. */
function cursor(after: string | undefined, form: RegExp): string | undefined {
  if (after !== undefined && !form.test(after)) throw new Problem('request.invalid', cursorIssue);
  return after;
}

const cursorIssue = { issues: [{ path: ['after'], message: 'is no cursor of these pages' }] };

export interface SequenceItem {
  subject: string;
  lastSequence: string;
  key: string;
}

/** The last sequence of every aggregate: so many of its events must be on the topic, or still in the outbox (I7). */
export async function sequencesPage(client: Client, query: PageQuery): Promise<Page<SequenceItem>> {
  const items = await run<SequenceItem>(
    client,
    `select subject, last_sequence::text as "lastSequence", message_key as key from event_sequences
      where ${query.ids ? 'subject = any($1)' : 'subject > $1'} order by subject limit $2`,
    query.ids ? [query.ids, query.ids.length] : [query.after ?? '', query.limit],
  );
  return pageOf(items, query, ({ subject }) => subject);
}

export interface OutboxItem {
  id: string;
  subject: string;
  sequence: string;
  type: string;
  transferId: string | null;
}

/** Events that are not published yet. */
export async function outboxPage(client: Client, query: PageQuery): Promise<Page<OutboxItem>> {
  const rows = await run<OutboxItem & { seq: string }>(
    client,
    `select seq::text, id::text, headers ->> 'subject' as subject, headers ->> 'sequence' as sequence, type,
        payload ->> 'transferId' as "transferId"
      from outbox where aggregateid <> '' and seq > $1 order by outbox.seq limit $2`,
    [cursor(query.after, /^\d{1,18}$/) ?? '0', query.limit],
  );
  const next = rows.length < query.limit ? null : rows.at(-1)!.seq;
  return { items: rows.map(({ seq: _, ...item }) => item), next };
}

export interface MarkItem {
  command: string;
  messageId: string;
  refused: boolean;
}

/** The inbox marks of the commands that handle events (I7). */
export async function marksPage(
  client: Client,
  { handles }: Pick<ServiceDefinition, 'handles'>,
  query: PageQuery,
): Promise<Page<MarkItem>> {
  const commands = [...new Set(Object.values(handles).flat())];
  const columns = `select command, message_id as "messageId", refusal is not null as refused from inbox
    where command = any($1)`;
  if (query.ids) {
    const items = await run<MarkItem>(client, `${columns} and message_id = any($2)`, [commands, query.ids]);
    return pageOf(items, query, () => '');
  }
  const [command = '', id = ''] = (cursor(query.after, /^[^/]*\/./) ?? '/').split(/\/(.*)/s);
  const items = await run<MarkItem>(
    client,
    `${columns} and (command, message_id) > ($2, $3) order by command, message_id limit $4`,
    [commands, command, id, query.limit],
  );
  return pageOf(items, query, (item) => `${item.command}/${item.messageId}`);
}

export interface ParkedItem {
  topic: string;
  partition: number;
  offset: string;
  messageId: string;
  kind: string;
}

/** Messages that could not be applied yet: they explain what a subscriber has not done. */
export async function parkedPage(client: Client, query: PageQuery): Promise<Page<ParkedItem>> {
  const rows = await run<ParkedItem & { id: string }>(
    client,
    `select id::text as id, topic, partition, record_offset::text as offset, message_id as "messageId", kind
      from parked_messages where id > $1 order by parked_messages.id limit $2`,
    [cursor(query.after, /^\d{1,18}$/) ?? '0', query.limit],
  );
  const next = rows.length < query.limit ? null : rows.at(-1)!.id;
  return { items: rows.map(({ id: _, ...item }) => item), next };
}

export interface MovementItem {
  provider: string;
  kind: string;
  reference: string;
  amountMinor: string;
  currency: string;
  state: MovementRow['state'];
  causeId: string | null;
  transferId: string | null;
}

type StoredMovement = Omit<MovementRow, 'amount_minor'> & { amount_minor: bigint | string };

/** The movements of this service at providers (M-3), table after table; `ids` are references. */
export async function movementsPage(
  client: Client,
  { movements = [] }: Pick<ServiceDefinition, 'movements'>,
  query: PageQuery,
): Promise<Page<MovementItem>> {
  if (query.ids) {
    const found = await Promise.all(
      movements.map(({ text }) =>
        run<StoredMovement>(client, `select * from (${text}) as movement where reference = any($1)`, [
          query.ids,
        ]),
      ),
    );
    return { items: found.flat().map(itemOf), next: null };
  }
  const [name, id] = (cursor(query.after, /^[a-z_]+:[\w-]*$/) ?? '').split(/:(.*)/s);
  const place = name ? movements.findIndex((source) => source.name === name) : 0;
  const source = movements[place];
  if (!source) {
    if (name) throw new Problem('request.invalid', cursorIssue);
    return { items: [], next: null };
  }
  const rows = await readSource(client, source, id, query.limit);
  const following = movements[place + 1];
  const next =
    rows.length < query.limit ? following && `${following.name}:` : `${source.name}:${rows.at(-1)!.id}`;
  return { items: rows.map(itemOf), next: next ?? null };
}

/** With ties: all rows of an id stand on one page. */
async function readSource(
  client: Client,
  { text }: MovementSource,
  after: string | undefined,
  limit: number,
): Promise<StoredMovement[]> {
  const page = `select * from (${text}) as movement`;
  const order = 'order by id fetch first $1 rows with ties';
  try {
    return after
      ? await run<StoredMovement>(client, `${page} where id > $2 ${order}`, [limit, after])
      : await run<StoredMovement>(client, `${page} ${order}`, [limit]);
  } catch (error) {
    // The cursor of another table: its ids have another form.
    if ((error as { code?: string }).code === '22P02') throw new Problem('request.invalid', cursorIssue);
    throw error;
  }
}

const itemOf = (row: StoredMovement): MovementItem => ({
  provider: row.provider,
  kind: row.kind,
  reference: row.reference,
  amountMinor: String(row.amount_minor),
  currency: row.currency,
  state: row.state,
  causeId: row.cause_id,
  transferId: row.transfer_id,
});

/** What each transfer moved on the clearing account (M-2). */
export async function transfersPage(client: Client, query: PageQuery) {
  const { ids, limit } = query;
  const after = cursor(query.after, uuid);
  const sums = await readTransferSums(client, ids ? { ids: ids.filter(isUuid) } : { after, limit });
  const items = sums.map((sum) => ({ ...sum, amountMinor: String(sum.amountMinor) }));
  return pageOf(items, query, ({ transferId }) => transferId);
}

/** Below every position, also one that somebody has made up. */
const lowest = -(2n ** 63n);

/** What stands on the cash accounts (M-3); `ids` are causes and transfers. */
export async function cashPage(client: Client, query: PageQuery) {
  const { ids, limit } = query;
  const after = BigInt(cursor(query.after, /^-?\d{1,18}$/) ?? lowest);
  const page = ids ? { causeIds: ids, transferIds: ids.filter(isUuid) } : { after, limit };
  const entries = await readCashEntries(client, page);
  const items = entries.map(({ position, amountMinor, ...entry }) => {
    return { ...entry, position: String(position), amountMinor: String(amountMinor) };
  });
  return pageOf(items, query, ({ position }) => position);
}

/** The seals of these numbers: what a published head is compared with (I10). */
export async function sealsAt(client: Client, numbers: readonly string[]) {
  const seals = await readSealsAt(client, numbers.map(BigInt));
  return { items: seals.map((seal) => ({ ...seal, number: String(seal.number) })), next: null };
}
