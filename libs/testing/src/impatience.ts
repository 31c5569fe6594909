import { setTimeout as pause } from 'node:timers/promises';

type Call = Readonly<{ operation: string; idempotencyKey?: string }>;

/** A call as the log of a provider's simulator has it. */
type Logged = Readonly<{
  seq: number;
  idempotencyKey: string | null;
  fault: string | null;
  outcome: string;
  status: number | null;
}>;

/**
 * Gives up a provider's call as soon as the simulator keeps it waiting, not after the client's ten seconds. It looks at
 * what has happened, not at the time: however slow the machine is, no other call is left without its answer.
 */
export class Impatience {
  readonly #logged: (op: string) => Promise<readonly Logged[]>;
  /** Operations of which a call will be kept waiting. */
  readonly #slow = new Set<string>();
  readonly #given = new Set<number>();

  constructor(logged: (op: string) => Promise<readonly Logged[]>) {
    this.#logged = logged;
  }

  /** A fault was set: only a slow one, or a vendor that says nothing, keeps its caller waiting. */
  note(op: string, fault: string, params: { result?: unknown } = {}): void {
    if (fault.startsWith('slow-') || params.result === 'no_answer') this.#slow.add(op);
  }

  /** The faults were taken back. */
  forget(): void {
    this.#slow.clear();
  }

  readonly patience = (call: Call): AbortSignal => {
    const giveUp = new AbortController();
    if (this.#slow.has(call.operation)) void this.#watch(call, giveUp).catch(() => undefined);
    return giveUp.signal;
  };

  async #watch({ operation, idempotencyKey }: Call, giveUp: AbortController): Promise<void> {
    while (this.#slow.has(operation)) {
      const held = (await this.#logged(operation)).find(
        (call) =>
          call.idempotencyKey === (idempotencyKey ?? null) &&
          call.fault?.startsWith('slow-') &&
          call.outcome !== 'open' &&
          call.status === null &&
          !this.#given.has(call.seq),
      );
      if (held) {
        this.#given.add(held.seq);
        this.#slow.delete(operation);
        return giveUp.abort();
      }
      await pause(10, undefined, { ref: false });
    }
  }
}
