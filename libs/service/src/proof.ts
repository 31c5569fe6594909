import { type Checked, checkBooks, readHead, verifyChain } from '@holdfast/ledger';
import { type Client, run, type WallClock } from '@holdfast/messaging';
import type { Pool, PoolClient } from 'pg';
import { type OwnProof, proveOwn } from './own-proof.ts';
import type { ServiceDefinition } from './service-definition.ts';

export interface ProofFinding {
  /** Of the row that is wrong: a journal, an account, an event, a seal. */
  id: string;
  what: string;
}

export interface ProofCheck {
  name: string;
  /** The invariant or rule that it checks. */
  rule: string;
  holds: boolean;
  figures: Readonly<Record<string, string>>;
  /** The first ones; `findingsTotal` counts them all. */
  findings: readonly ProofFinding[];
  findingsTotal: number;
}

/** What a service can prove alone. What takes two services, the topics or a provider, `npm run proof` merges. */
export interface ServiceProof {
  service: string;
  ledger: string | null;
  publishes: string;
  listensTo: readonly string[];
  handles: ServiceDefinition['handles'];
  takenAt: string;
  holds: boolean;
  checks: readonly ProofCheck[];
  /** The last seal of the chain. */
  head: { number: string; journalId: string; hash: string } | null;
}

/** Enough to act on: of each check the first ones are named. */
const findingsMax = 100;
/** A proof reads whole tables, which no request of a customer may. */
const statementMs = 30 * 60_000;

/** Proves the books of one service from its own tables, in one snapshot, so that nothing is seen half done (I1 to I3). */
export class Proof {
  readonly #pool: Pool;
  readonly #definition: ServiceDefinition;
  readonly #wallClock: WallClock;
  #running: Promise<ServiceProof> | undefined;

  constructor(pool: Pool, definition: ServiceDefinition, wallClock: WallClock) {
    this.#pool = pool;
    this.#definition = definition;
    this.#wallClock = wallClock;
  }

  /** Whoever asks while one is under way gets that one: it costs as much as the tables are long. */
  take(): Promise<ServiceProof> {
    this.#running ??= this.#take().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #take(): Promise<ServiceProof> {
    const { name, ledger, publishes, listensTo, handles, proofs = [] } = this.#definition;
    const takenAt = this.#wallClock.now().toISOString();
    return inSnapshot(this.#pool, async (client) => {
      const books = ledger ? await provenBooks(client, findingsMax) : [];
      const own: ProofCheck[] = [];
      for (const proof of proofs) own.push(await ownCheck(client, proof));
      const checks = [...books, ...own, await eventsCounted(client, findingsMax)];
      const head = ledger ? await readHead(client) : undefined;
      return {
        service: name,
        ledger: ledger || null,
        publishes: publishes.topic,
        listensTo: listensTo.map(({ topic }) => topic),
        handles,
        takenAt,
        holds: checks.every(({ holds }) => holds),
        checks,
        head: head ? { ...head, number: String(head.number) } : null,
      };
    });
  }
}

async function inSnapshot<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    await client.query(`set local statement_timeout = ${statementMs}`);
    await client.query('set local jit = off');
    return await work(client);
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error;
    });
    client.release(broken);
  }
}

const checkOf = (
  name: string,
  rule: string,
  figures: Readonly<Record<string, bigint>>,
  found: { findings: readonly ProofFinding[]; total: number },
): ProofCheck => ({
  name,
  rule,
  holds: found.total === 0,
  figures: Object.fromEntries(Object.entries(figures).map(([figure, value]) => [figure, String(value)])),
  findings: found.findings,
  findingsTotal: found.total,
});

async function provenBooks(client: PoolClient, limit: number): Promise<ProofCheck[]> {
  const books = await checkBooks(client, limit);
  const chain = await verifyChain(client, limit);
  const named = (name: string, rule: string, { figures, differences, total }: Checked): ProofCheck =>
    checkOf(name, rule, figures, {
      findings: differences.map(({ id, found }) => ({ id, what: found })),
      total,
    });
  return [
    named('journals.balance', 'I1', books.journals),
    named('balances.equal', 'I2', books.balances),
    named('held.covered', 'I3', books.held),
    named('clearing.named', 'M-22', books.clearing),
    checkOf(
      'chain.verifies',
      'I10',
      { seals: chain.seals, waiting: chain.waiting },
      {
        findings: chain.findings.map(({ id, what, number }) => ({
          id,
          what: number ? `${what} (seal ${number})` : what,
        })),
        total: chain.total,
      },
    ),
  ];
}

async function ownCheck(client: Client, proof: OwnProof): Promise<ProofCheck> {
  const { figures, ...found } = await proveOwn(client, proof, findingsMax);
  return checkOf(proof.name, proof.rule, figures, found);
}

/** What waits in the outbox was counted, and goes where its aggregate's events go (AD-6, I7). */
async function eventsCounted(client: Client, limit: number): Promise<ProofCheck> {
  const [counts] = await run<{ aggregates: bigint; events: string; outbox: bigint }>(
    client,
    `select count(*) as aggregates, coalesce(sum(last_sequence), 0)::text as events,
      (select count(*) from outbox where aggregateid <> '') as outbox from event_sequences`,
  );
  const uncounted = await run<{ id: string; subject: string; total: bigint }>(
    client,
    `select o.id::text, o.headers ->> 'subject' as subject, count(*) over () as total
      from outbox o left join event_sequences s on s.subject = o.headers ->> 'subject'
      where o.aggregateid <> '' and (s.subject is null or (o.headers ->> 'sequence')::bigint > s.last_sequence
        or o.partition <> s.partition or o.aggregateid <> s.message_key)
      order by o.seq limit $1`,
    [limit],
  );
  const findings = uncounted.map(({ id, subject }) => ({
    id,
    what: `in the outbox, not counted for ${subject}`,
  }));
  const { aggregates, events, outbox } = counts!;
  const figures = { aggregates, events: BigInt(events), outbox };
  return checkOf('events.counted', 'I7', figures, { findings, total: Number(uncounted[0]?.total ?? 0n) });
}
