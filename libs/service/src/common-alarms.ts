import { readUnsealed } from '@holdfast/ledger';
import { type DeadlineWatch, type OverdueTimer, run } from '@holdfast/messaging';
import type { AlarmCheck, Finding } from './alarms.ts';
import { deployedTopics } from './config.ts';
import type { Runtime } from './service-module.ts';

export type Watched = Pick<
  Runtime,
  'pool' | 'config' | 'definition' | 'businessClock' | 'wallClock' | 'transport' | 'relay' | 'clockSkew'
> & { deadlineWatch: DeadlineWatch };

/** `answer.alarm_minutes` = 15 (M-15): what waits for a fact of another service usually gets it within seconds. */
const waitingMaxMs = 15 * 60_000;
/** 1 min: the relay publishes within milliseconds, and pauses 3 s at most while the broker is away. */
const unpublishedMaxMs = 60_000;
/** 5 min: a timer waits for a watermark some 5 s, up to a minute where a partition is quiet (AD-14a, M-17). */
const overdueMaxMs = 5 * 60_000;
/** 1 min: the sealer chains a journal within a second (AD-17). */
const unsealedMaxMs = 60_000;
/** 2 min: quiet partitions beat once a minute, so one beat was missed. */
const watermarkMaxMs = 2 * 60_000;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

const before = (now: Date, ms: number): Date => new Date(now.getTime() - ms);

/** What every service watches; thresholds are wall time unless they say otherwise. */
export function commonChecks(watched: Watched): AlarmCheck[] {
  const { definition, transport, relay, clockSkew } = watched;
  return [
    { name: 'parked.failed', find: () => parkedFailed(watched) },
    { name: 'parked.waiting', find: () => parkedWaiting(watched) },
    { name: 'outbox.late', find: () => outboxLate(watched) },
    { name: 'deadline.overdue', find: () => deadlinesOverdue(watched) },
    ...(definition.ledger ? [{ name: 'ledger.unsealed', find: () => ledgerUnsealed(watched) }] : []),
    watermarksLate(watched),
    { name: 'service.unnamed', find: () => servicesUnnamed(watched) },
    clockSkew,
    {
      name: 'relay.failing',
      find: () => (relay.healthy ? [] : [{ id: 'relay', what: 'the broker takes no events' }]),
    },
    {
      name: 'consumer.silent',
      find: () => {
        const silent = definition.listensTo.length > 0 && transport.consumer?.healthy !== true;
        return silent ? [{ id: 'consumer', what: 'nothing was fetched for 10 s' }] : [];
      },
    },
  ];
}

interface ParkedPlace {
  topic: string;
  partition: number;
  record_offset: bigint;
  parked_at: Date;
  attempts: number;
}

/** Named by its place in the topic: keys and causes may come from a foreign producer. */
const placeOf = ({ topic, partition, record_offset, parked_at, attempts }: ParkedPlace, what: string) => ({
  id: `${topic}/${partition}/${record_offset}`,
  what,
  since: parked_at,
  facts: { attempts },
});

async function parkedFailed({ pool }: Watched): Promise<Finding[]> {
  const rows = await run<ParkedPlace>(
    pool,
    `select topic, partition, record_offset, parked_at, attempts from parked_messages
      where kind = 'failed' order by id limit $1`,
    [findingsMax],
  );
  return rows.map((row) => placeOf(row, 'a message failed and waits for an operator'));
}

/** Only the first of a key: those behind it wait for it. */
async function parkedWaiting({ pool, wallClock }: Watched): Promise<Finding[]> {
  const rows = await run<ParkedPlace>(
    pool,
    `select topic, partition, record_offset, parked_at, attempts from parked_messages p
      where kind = 'waiting' and parked_at <= $1 and not exists (select 1 from parked_messages q
        where q.consumer_group = p.consumer_group and q.topic = p.topic and q.message_key = p.message_key
          and q.id < p.id)
      order by id limit $2`,
    [before(wallClock.now(), waitingMaxMs), findingsMax],
  );
  return rows.map((row) => placeOf(row, 'a message waits for a fact that does not come'));
}

async function outboxLate({ pool, wallClock, definition }: Watched): Promise<Finding[]> {
  const [late] = await run<{ oldest: Date | null; count: bigint }>(
    pool,
    'select min(occurred_at) as oldest, count(*) as count from outbox where occurred_at <= $1',
    [before(wallClock.now(), unpublishedMaxMs)],
  );
  if (!late?.oldest) return [];
  const facts = { count: Number(late.count) };
  return [{ id: definition.publishes.topic, what: 'events are not published', since: late.oldest, facts }];
}

async function ledgerUnsealed({ pool, wallClock }: Watched): Promise<Finding[]> {
  const { count, oldest, firstId } = await readUnsealed(pool);
  if (!oldest || oldest > before(wallClock.now(), unsealedMaxMs)) return [];
  const what = 'journals are not sealed';
  return [{ id: firstId!, what, since: oldest, facts: { count: Number(count) } }];
}

async function deadlinesOverdue({ deadlineWatch, businessClock, wallClock }: Watched): Promise<Finding[]> {
  const timers = await deadlineWatch.overdue(before(businessClock.now(), overdueMaxMs), findingsMax);
  return timers.flatMap((timer) => {
    // Where a sandbox has moved the clock, from the jump on.
    const since = businessClock.toWall(timer.dueAt);
    if (since > before(wallClock.now(), overdueMaxMs)) return [];
    const { kind, missing, parked } = timer;
    return [{ id: `${kind}/${timer.id}`, what: reasonOf(timer), since, facts: { kind, missing, parked } }];
  });
}

function reasonOf({ missing, parked }: OverdueTimer): string {
  if (missing.length > 0) return `a deadline waits for the watermark of ${missing.join(', ')}`;
  if (parked.length > 0) return `a deadline waits for a parked message of ${parked.join(', ')}`;
  return 'a deadline is due and does not fire';
}

function watermarksLate({ deadlineWatch, businessClock, wallClock }: Watched): AlarmCheck {
  const watchedSince = wallClock.now();
  return {
    name: 'watermark.late',
    find: async () => {
      const awaited = await deadlineWatch.awaitedWatermarks();
      const latest = before(wallClock.now(), watermarkMaxMs);
      return awaited.flatMap(({ topic, partition, instant }) => {
        const since = instant ? businessClock.toWall(instant) : watchedSince;
        if (since > latest) return [];
        const what = 'deadlines wait on a partition of which nothing is heard';
        return [{ id: `${topic}/${partition}`, what, since, facts: { topic, partition } }];
      });
    },
  };
}

/** Its facts are applied, but no deadline waits for them: what is timely may come too late (AD-14a, M-17). */
async function servicesUnnamed({ pool, config, businessClock, wallClock }: Watched): Promise<Finding[]> {
  const rows = await run<{ topic: string; instant: Date }>(
    pool,
    'select topic, max(instant) as instant from watermarks where topic <> all($1) group by topic',
    [deployedTopics(config, config.DEPLOYED_SERVICES)],
  );
  const latest = before(wallClock.now(), watermarkMaxMs);
  return rows.flatMap(({ topic, instant }) => {
    // One that ran here once is silent.
    const since = businessClock.toWall(instant);
    if (since < latest) return [];
    const what = 'a service is heard that DEPLOYED_SERVICES does not name: no deadline waits for its facts';
    return [{ id: topic, what, since, facts: { topic } }];
  });
}
