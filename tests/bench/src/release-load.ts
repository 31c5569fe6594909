import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Person } from '@holdfast/journeys';
import { percentile } from './statistics.ts';

/** A release that was acknowledged, as its caller knows it. */
export interface Acknowledged {
  milestoneId: string;
  clientId: string;
  token: string;
  key: string;
  answer: string;
}

/** A milestone that its timer releases, since nobody judges the work. */
export interface Silent {
  milestoneId: string;
  dueAt: Date;
  /** The number of the milestone's last fact before. */
  sequence: number;
}

/** Everything that callers were ever told, or timers were set to: what the books must show, no more and no less. */
export class Told {
  readonly acknowledged: Acknowledged[] = [];
  readonly silent: Silent[] = [];
  /** Reviews whose end is still to come. */
  reviews = 0;
  refused = 0;
  repeated = 0;
  /** Answers that nobody should have got. */
  readonly wrong: string[] = [];
}

export interface LoadOptions {
  url: string;
  connections: number;
  warmUpMs: number;
  measureMs: number;
  next: () => { milestoneId: string; client: Person } | undefined;
  told: Told;
  /** Called at the beginning and at the end of what is measured. */
  onEdge?: () => Promise<void>;
}

export interface LoadFigures {
  /** Within what is measured. */
  releases: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Of twenty requests one repeats an earlier key, and one asks for what is released already. */
const mixOf = 20;
const repeatAt = 7;
const refusalAt = 13;

/**
 * Releases milestone after milestone on so many connections at once. Only first answers count as releases; repeats and
 * refusals are work besides.
 */
export async function runLoad(options: LoadOptions): Promise<LoadFigures> {
  const { connections, warmUpMs, measureMs, told } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies: number[] = [];
  let turn = 0;
  let measuring = false;
  let over = false;

  const connection = async (): Promise<void> => {
    while (!over) {
      const kind = told.acknowledged.length > connections ? turn++ % mixOf : 0;
      if (kind === repeatAt) await repeat(agent, options);
      else if (kind === refusalAt) await askAgain(agent, options);
      else {
        const sentAt = performance.now();
        if ((await releaseNext(agent, options)) && measuring) latencies.push(performance.now() - sentAt);
      }
    }
  };
  try {
    const work = Promise.all(Array.from({ length: connections }, connection));
    const edges = async (): Promise<number> => {
      await passed(warmUpMs);
      await options.onEdge?.();
      const startedAt = performance.now();
      measuring = true;
      await passed(measureMs);
      measuring = false;
      const ms = performance.now() - startedAt;
      await options.onEdge?.();
      over = true;
      return ms;
    };
    const [ms] = await Promise.all([edges(), work]);
    return {
      releases: latencies.length,
      perSecond: latencies.length / (ms / 1_000),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
    };
  } finally {
    over = true;
    agent.destroy();
  }
}

/** One release alone. @throws Error on any other answer than the release */
export async function releaseOne(options: Pick<LoadOptions, 'url' | 'next' | 'told'>): Promise<Acknowledged> {
  const agent = new Agent();
  try {
    if (await releaseNext(agent, options)) return options.told.acknowledged.at(-1)!;
    throw new Error(options.told.wrong.at(-1));
  } finally {
    agent.destroy();
  }
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function releaseNext(
  agent: Agent,
  { url, next, told }: Pick<LoadOptions, 'url' | 'next' | 'told'>,
): Promise<boolean> {
  const work = next();
  if (!work)
    throw new Error('there are no more milestones to release: a measurement needed more than planned');
  const { milestoneId, client } = work;
  const [token, key] = [await client.token(), randomUUID()];
  const { status, text } = await post(agent, `${url}/v1/milestones/${milestoneId}/release`, token, key);
  if (status === 200) told.acknowledged.push({ milestoneId, clientId: client.id, token, key, answer: text });
  else told.wrong.push(`release of ${milestoneId}: ${status} ${text}`);
  return status === 200;
}

/** The same key again: the first answer, to the byte. */
async function repeat(agent: Agent, { url, told }: LoadOptions): Promise<void> {
  const { milestoneId, token, key, answer } = anyOf(told.acknowledged);
  const { status, text } = await post(agent, `${url}/v1/milestones/${milestoneId}/release`, token, key);
  told.repeated += 1;
  if (status !== 200 || text !== answer) told.wrong.push(`repeat for ${milestoneId}: ${status} ${text}`);
}

/** Another key for a milestone that was released: refused, and kept as a refusal. */
async function askAgain(agent: Agent, { url, told }: LoadOptions): Promise<void> {
  const { milestoneId, token } = anyOf(told.acknowledged);
  const { status, text } = await post(
    agent,
    `${url}/v1/milestones/${milestoneId}/release`,
    token,
    randomUUID(),
  );
  told.refused += 1;
  const { code } = JSON.parse(text) as { code?: string };
  if (status !== 409 || code !== 'milestone.released') {
    told.wrong.push(`second release of ${milestoneId}: ${status} ${text}`);
  }
}

const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

/** `node:http` directly: `fetch` takes several times the CPU, which the service would miss. */
function post(
  agent: Agent,
  url: string,
  token: string,
  key: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': 2,
      'idempotency-key': key,
    };
    const sent = request(url, { agent, method: 'POST', headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.once('error', reject);
    sent.once('timeout', () => sent.destroy(new Error(`no answer from ${url} within 30 s`)));
    sent.end('{}');
  });
}
