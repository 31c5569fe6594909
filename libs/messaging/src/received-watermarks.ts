import { type Client, run } from './database.ts';

/** Keeps the largest watermark per topic and partition; called after the messages before it were applied (M-17). */
export async function saveWatermark(
  client: Client,
  topic: string,
  partition: number,
  instant: Date,
): Promise<void> {
  await run(
    client,
    `insert into watermarks as known (topic, partition, instant) values ($1, $2, $3)
      on conflict (topic, partition) do update set instant = greatest(known.instant, excluded.instant)`,
    [topic, partition, instant],
  );
}

/** What topics have said about their partitions: "all before this instant is out". */
export class ReceivedWatermarks {
  readonly #instants: ReadonlyMap<string, number>;

  private constructor(instants: ReadonlyMap<string, number>) {
    this.#instants = instants;
  }

  static async read(client: Client, topics: readonly string[]): Promise<ReceivedWatermarks> {
    const rows = await run<{ topic: string; partition: number; instant: Date }>(
      client,
      'select topic, partition, instant from watermarks where topic = any($1)',
      [topics],
    );
    return new ReceivedWatermarks(
      new Map(rows.map(({ topic, partition, instant }) => [`${topic}/${partition}`, instant.getTime()])),
    );
  }

  of(topic: string, partition: number): Date | undefined {
    const instant = this.#instants.get(`${topic}/${partition}`);
    return instant === undefined ? undefined : new Date(instant);
  }

  /** Whether every one of these topics has reached the instant on every one of these partitions. */
  reached(topics: readonly string[], partitions: readonly number[], instant: Date): boolean {
    return topics.every((topic) =>
      partitions.every(
        (partition) => (this.#instants.get(`${topic}/${partition}`) ?? -1) >= instant.getTime(),
      ),
    );
  }
}
