import type { BusinessClock } from './clocks.ts';
import { type Client, run } from './database.ts';
import { newId } from './ids.ts';
import { partitionCount } from './partitions.ts';

export interface WatermarkBeatOptions {
  clock: BusinessClock;
  /**
   * `watermark.seconds` = 5 of wall time, once a minute while this service has published nothing at all. On all
   * partitions alike: a deadline elsewhere also waits for those of its two accounts, on which nothing may lie here.
   */
  everyMs?: number;
  quietEveryMs?: number;
  /** Due instants of timers that are due and not yet swept, with their partitions (M-17). */
  unsweptTimers?: (client: Client) => Promise<readonly { partition: number; dueAt: Date }[]>;
  /** A pause between the two readings, for the race test. */
  pauseBetweenReadings?: () => Promise<void>;
}

/** When each partition is due to beat. */
export class WatermarkBeat {
  readonly options: WatermarkBeatOptions;
  #nextAt = new Array<number>(partitionCount).fill(0);

  constructor(options: WatermarkBeatOptions) {
    this.options = options;
  }

  due(all: boolean): number[] {
    const now = performance.now();
    return this.#nextAt.flatMap((at, partition) => (all || at <= now ? [partition] : []));
  }

  schedule(partitions: readonly number[], busy: boolean): void {
    const { everyMs = 5_000, quietEveryMs = 60_000 } = this.options;
    for (const partition of partitions) {
      this.#nextAt[partition] = performance.now() + (busy ? everyMs : quietEveryMs);
    }
  }

  nextBeatInMs(): number {
    return Math.max(1, Math.min(...this.#nextAt) - performance.now());
  }
}

/**
 * Writes watermark rows: "all I committed before this instant is published" (M-17). The order of the readings matters:
 * first the running transactions, then the unpublished rows, then the timers; only then the watermark gets its place
 * in the outbox. What is uncommitted at that moment is bounded by the first reading, what is committed stands before it.
 */
export async function beatWatermarks(
  client: Client,
  beat: WatermarkBeat,
  { service, acknowledged, all }: { service: string; acknowledged: readonly bigint[]; all: boolean },
): Promise<void> {
  const partitions = beat.due(all);
  if (partitions.length === 0) return;
  const { clock, unsweptTimers, pauseBetweenReadings } = beat.options;
  const [running] = await run<{ oldest: Date }>(client, oldestRunning);
  await pauseBetweenReadings?.();
  const unpublished = await run<{ partition: number; oldest: Date }>(client, oldestUnpublished, [
    acknowledged,
  ]);
  const timers = (await unsweptTimers?.(client)) ?? [];
  const [published] = await run<{ any: boolean }>(client, anythingPublished);
  const floor = (instant: Date): number => Math.floor(instant.getTime());
  for (const partition of partitions) {
    const wallMs = Math.min(
      floor(running!.oldest),
      ...unpublished.filter((row) => row.partition === partition).map((row) => floor(row.oldest)),
    );
    const instant = Math.min(
      wallMs + clock.offsetMs,
      ...timers.filter((timer) => timer.partition === partition).map((timer) => timer.dueAt.getTime()),
    );
    await run(client, insertWatermark, [
      newId(),
      service,
      ...watermarkRow(service, partition, new Date(instant)),
    ]);
  }
  beat.schedule(partitions, published!.any);
}

function watermarkRow(service: string, partition: number, instant: Date): unknown[] {
  const text = instant.toISOString();
  const headers = {
    subject: String(partition),
    source: `/holdfast/${service}`,
    sequence: 0,
    time: text,
    causationId: 'watermark',
    correlationId: 'watermark',
  };
  const type = `${service}.watermark.reached.v1`;
  return [type, JSON.stringify({ partition, instant: text }), JSON.stringify(headers), partition];
}

/**
 * The oldest of now, read first, and the start of the oldest transaction of this role that has written. A backup or
 * another role's session does not hold it back (F87).
 */
const oldestRunning = `select date_trunc('milliseconds', least(statement_timestamp(), min(xact_start))) as oldest
  from pg_stat_activity
  where datname = current_database() and usename = current_user and backend_type = 'client backend'
    and backend_xid is not null and pid <> pg_backend_pid()`;

const oldestUnpublished = `select partition, date_trunc('milliseconds', min(occurred_at)) as oldest from outbox
  where seq <> all($1::bigint[]) and aggregateid <> '' group by partition`;

const anythingPublished = 'select exists (select 1 from event_sequences) as any';

const insertWatermark = `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
  values ($1, $2, '', $3, $4, $5, $6)`;
