import { type Client, run } from './database.ts';

/** Keeps the largest watermark per topic and partition; called after the messages before it were applied (M-17). */
export async function saveWatermark(client: Client, topic: string, partition: number, instant: Date): Promise<void> {
  await run(
    client,
    `insert into watermarks as known (topic, partition, instant) values ($1, $2, $3)
      on conflict (topic, partition) do update set instant = greatest(known.instant, excluded.instant)`,
    [topic, partition, instant],
  );
}

/** Whether every one of these topics has said, on every one of these partitions, that all before `instant` is out. */
export async function watermarksReached(
  client: Client,
  topics: readonly string[],
  partitions: readonly number[],
  instant: Date,
): Promise<boolean> {
  const distinct = [...new Set(partitions)];
  const [row] = await run<{ reached: bigint }>(
    client,
    `select count(*) as reached from watermarks where topic = any($1) and partition = any($2) and instant >= $3`,
    [topics, distinct, instant],
  );
  return Number(row!.reached) === topics.length * distinct.length;
}
