import { setTimeout as pause } from 'node:timers/promises';
import type { Collection } from './collection.ts';
import type { Evidence } from './evidence.ts';
import { type Check, checkOf, count, dollars, Findings } from './findings.ts';
import type { CashItem, MovementItem } from './wire.ts';

/** One movement as three books know it; the sums of all that each has under that reference. */
interface Compared {
  provider: string;
  reference: string;
  currency: string;
  /** What the provider executed. */
  executed: bigint;
  /** What a service tells as booked. */
  booked: bigint;
  /** What the journals moved on the cash account. */
  cash: bigint;
  /** Movements that a row says are under way. */
  open: bigint;
  told: bigint;
  /** The provider's own ids. */
  ids: string | null;
  transfers: string | null;
}

/** The three books are not read at once, so what moves meanwhile differs for a look or two. */
const looksMax = 8;
const pauseMs = 250;

/**
 * All that differs or is under way. A movement's journals are those of its cause and of its transfer, on its own cash
 * account.
 */
const compared = `with told as (
    select provider, reference, currency, sum(case open when 0 then amount else 0 end) as booked, sum(open) as open
    from movements group by provider, reference, currency
  ), linked as (
    select distinct m.provider, m.reference, c.currency, c.journal_id, c.amount from movements m
      join cash c on c.provider = m.provider and c.cause_id = m.cause_id where m.open = 0
    union
    select distinct m.provider, m.reference, c.currency, c.journal_id, c.amount from movements m
      join cash c on c.provider = m.provider and c.transfer_id = m.transfer_id where m.open = 0
  ), posted as (
    select provider, reference, currency, sum(amount) as cash from linked group by provider, reference, currency
  ), executed as (
    select provider, reference, currency, sum(amount) as executed, group_concat(id, ', ') as ids
    from book group by provider, reference, currency
  )
  select provider, reference, currency, coalesce(executed, 0) as executed, coalesce(booked, 0) as booked,
    coalesce(cash, 0) as cash, coalesce(open, 0) as open, booked is not null as told, ids,
    (select group_concat(distinct transfer_id) from movements m
      where m.provider = told.provider and m.reference = told.reference) as transfers
  from told full join executed using (provider, reference, currency)
    left join posted using (provider, reference, currency)
  where coalesce(executed, 0) <> coalesce(booked, 0) or coalesce(booked, 0) <> coalesce(cash, 0)
    or coalesce(open, 0) > 0 or told.provider is null order by provider, reference`;

/**
 * M-3, I5: each movement in a provider's book is one of ours with the same amount, booked on the cash account of that
 * provider, and the other way round. What is open by its own row, or whose transfer is on its way, is under way.
 */
export async function providersAgree(
  collection: Collection,
  evidence: Evidence,
  underWay: Findings,
  betweenLooksMs = pauseMs,
): Promise<Check[]> {
  for (const table of ['movements', 'cash', 'book'] as const) collection.store.index(table);
  const wrong = new Map<string, Findings>();
  const wrongAt = (provider: string): Findings => {
    if (!wrong.has(provider)) wrong.set(provider, new Findings());
    return wrong.get(provider)!;
  };
  const explained = async (one: Compared): Promise<boolean> => {
    const reason = await reasonOf(collection, evidence, one);
    if (reason) underWay.add(one.reference, `${one.provider}: ${reason}`);
    return reason !== undefined;
  };
  const all = collection.store.all<Compared>(compared);
  // What its own row explains need not be looked at again.
  for (const one of all.filter(isOpen)) await explained(one);
  let differing = all.filter((one) => !isOpen(one));
  for (let look = 1; differing.length > 0 && look <= looksMax; look += 1) {
    if (look > 1) await pause(betweenLooksMs);
    differing = await lookAgain(collection, differing);
    if (differing.length > 0) await evidence.refresh();
    const unexplained: Compared[] = [];
    for (const one of differing) if (!(await explained(one))) unexplained.push(one);
    differing = unexplained;
  }
  for (const one of differing) wrongAt(one.provider).add(one.reference, differenceOf(one));
  for (const { provider, id, amount } of collection.store.each<Untold>(untold)) {
    wrongAt(provider).add(id, `journal: ${dollars(amount)} on the cash account, and no movement tells of it`);
  }
  const providers = collection.store.all<{ provider: string }>(
    'select provider from movements union select provider from cash union select provider from book order by 1',
  );
  return providers.map(({ provider }) => checkOfProvider(collection, provider, wrongAt(provider)));
}

const isOpen = ({ open }: Compared): boolean => open > 0n;

interface Untold {
  provider: string;
  id: string;
  amount: bigint;
}

/** Cash was read before the movements, so what moved it is among them. */
const untold = `select provider, journal_id as id, amount from cash c where not exists (select 1 from movements m
    where m.provider = c.provider and (m.cause_id = c.cause_id or m.transfer_id = c.transfer_id))`;

/** The three books as they are now. Cash and a provider's book only grow; a movement's state changes. */
async function lookAgain(collection: Collection, differing: readonly Compared[]): Promise<Compared[]> {
  const { store, sources, books } = collection;
  const references = [...new Set(differing.map(({ reference }) => reference))];
  for (const [service, source] of sources) {
    const items = await source.lookUp<MovementItem>('movements', references);
    for (const reference of references) {
      store.run('delete from movements where service = ? and reference = ?', service, reference);
    }
    for (const item of items) collection.addMovement(service, item);
  }
  const links = references.flatMap((reference) =>
    store.all<{ link: string }>(
      `select cause_id as link from movements where reference = ?1 and cause_id is not null
        union select transfer_id from movements where reference = ?1 and transfer_id is not null`,
      reference,
    ),
  );
  const ids = links.map(({ link }) => link);
  for (const service of collection.ledgers) {
    const items = await sources.get(service)!.lookUp<CashItem>('cash', ids);
    for (const item of items) collection.addCash(service, item);
  }
  for (const reference of references) {
    for (const item of await books.entries(reference)) collection.addBookEntry(item);
  }
  const asked = new Set(differing.map(({ provider, reference }) => `${provider}/${reference}`));
  return store
    .all<Compared>(compared)
    .filter(({ provider, reference }) => asked.has(`${provider}/${reference}`));
}

async function reasonOf(
  { books }: Collection,
  evidence: Evidence,
  one: Compared,
): Promise<string | undefined> {
  if (isOpen(one)) return differenceOf(one);
  if (one.told === 0n) return undefined;
  const reasons: string[] = [];
  if (one.executed !== one.booked) {
    if (!(await books.isTelling())) return undefined;
    reasons.push(`${differenceOf(one)}; the provider has a notice on its way`);
  }
  if (one.booked !== one.cash) {
    const transfers = one.transfers?.split(',') ?? [];
    const held = await Promise.all(transfers.map((transfer) => evidence.ofTransfer(transfer)));
    const reason = held.find((found) => found !== undefined);
    if (!reason) return undefined;
    reasons.push(reason);
  }
  return reasons.join('; ');
}

function differenceOf({ executed, booked, cash, open, told, ids }: Compared): string {
  const amounts = `executed ${dollars(executed)}, booked ${dollars(booked)}, on the cash account ${dollars(cash)}`;
  if (told === 0n) return `only the provider knows it (${ids}): ${amounts}`;
  return open > 0n ? `under way by its own row: ${amounts}` : amounts;
}

function checkOfProvider({ store }: Collection, provider: string, wrong: Findings): Check {
  const totals = store.one<Record<'executed' | 'cash' | 'movements' | 'open', bigint>>(
    `select (select coalesce(sum(amount), 0) from book where provider = ?1) as executed,
      (select coalesce(sum(amount), 0) from cash where provider = ?1) as cash,
      (select count(*) from movements where provider = ?1) as movements,
      (select coalesce(sum(open), 0) from movements where provider = ?1) as open`,
    provider,
  );
  const { executed, cash, movements, open } = totals;
  const difference = executed === cash ? '' : `, difference ${dollars(executed - cash)}`;
  const figure =
    `the provider has ${dollars(executed)}, E.cash.trust:${provider} ${dollars(cash)}${difference}; ` +
    `${count(movements, 'movement')}, ${open} under way`;
  return checkOf(`provider.${provider}`, 'M-3', figure, wrong, totals);
}
