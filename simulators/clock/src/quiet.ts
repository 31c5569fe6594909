import { createKafka, run } from '@holdfast/messaging';
import type { Runtime } from '@holdfast/service';

export interface QuietAnswer {
  quiet: boolean;
  reasons: string[];
  /** Grows with everything this service does; two equal readings around a quiet answer prove that nothing slipped by. */
  activity: number;
}

/** Whether a service has nothing to do right now (AD-14). Waiting for a person, a bank or a date is quiet. */
export class Quiet {
  readonly #runtime: Runtime;
  readonly #admin;
  #connected: Promise<void> | undefined;
  #commits = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#admin = createKafka({
      brokers: runtime.config.KAFKA_BROKERS,
      clientId: `${runtime.definition.name}-sandbox`,
    }).admin();
    runtime.unitOfWork.onCommit(() => {
      this.#commits += 1;
    });
  }

  async ask(): Promise<QuietAnswer> {
    const [outbox, unsealed, parked, due, lag] = await Promise.all([
      this.#outbox(),
      this.#runtime.sealer?.behind() ?? 0n,
      this.#runtime.transport.consumer?.parked.counts(),
      this.#runtime.deadlines().dueNow(),
      this.#lag(),
    ]);
    const reasons = [
      ...(outbox > 0n ? [`outbox ${outbox}`] : []),
      ...(unsealed > 0n ? [`unsealed journals ${unsealed}`] : []),
      ...(parked && parked.waiting > 0 ? [`waiting messages ${parked.waiting}`] : []),
      ...due.map((kind) => `due ${kind}`),
      ...(lag > 0n ? [`lag ${lag}`] : []),
    ];
    return { quiet: reasons.length === 0, reasons, activity: this.#commits };
  }

  async stop(): Promise<void> {
    if (this.#connected) await this.#admin.disconnect().catch(() => undefined);
  }

  async #outbox(): Promise<bigint> {
    const [row] = await run<{ count: bigint }>(
      this.#runtime.pool,
      `select count(*) as count from outbox where aggregateid <> ''`,
    );
    return row!.count;
  }

  /** Records that this group has not handled yet, over all its topics; asked of the broker itself. */
  async #lag(): Promise<bigint> {
    const { definition, transport } = this.#runtime;
    this.#connected ??= this.#admin.connect();
    await this.#connected;
    let lag = 0n;
    for (const { topic } of definition.listensTo) {
      const [ends, committed] = await Promise.all([
        this.#admin.fetchTopicOffsets(topic),
        this.#admin.fetchOffsets({ groupId: definition.name, topics: [topic] }),
      ]);
      for (const { partition, high } of ends) {
        const stored = committed[0]?.partitions.find(
          (candidate) => candidate.partition === partition,
        )?.offset;
        const handled = transport.consumer?.positions.get(`${topic}/${partition}`) ?? BigInt(stored ?? '0');
        lag += BigInt(high) - (handled < 0n ? 0n : handled);
      }
    }
    return lag;
  }
}
