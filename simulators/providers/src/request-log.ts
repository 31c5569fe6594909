/** How many calls are remembered; older ones are forgotten. */
const callsMax = 5000;

/**
 * A call that arrived on the wire. `outcome` says what became of it, `status` what was answered; null
 * while the
 * call is open, and for good when the caller got no answer. No bodies are kept, only their SHA-256.
 */
export type LoggedCall = {
  seq: number;
  at: string;
  provider: string;
  op: string;
  method: string;
  path: string;
  idempotencyKey: string | null;
  bodySha256: string;
  references: readonly string[];
  fault: string | null;
  outcome: 'open' | 'executed' | 'replayed' | 'rejected' | 'conflict' | 'not-executed';
  status: number | null;
};

type Arrival = Pick<LoggedCall, 'provider' | 'op' | 'method' | 'path' | 'idempotencyKey' | 'bodySha256'>;
type Filter = { provider?: string; op?: string; key?: string; reference?: string };

/** What tests ask to see "same key, same bytes" and to count calls. Lost at a restart. */
export class RequestLog {
  #calls: LoggedCall[] = [];
  #received = 0;
  #running = new Set<LoggedCall>();

  open(arrival: Arrival): LoggedCall {
    this.#received += 1;
    const call: LoggedCall = {
      seq: this.#received,
      at: new Date().toISOString(),
      ...arrival,
      references: [],
      fault: null,
      outcome: 'open',
      status: null,
    };
    this.#calls.push(call);
    this.#running.add(call);
    if (this.#calls.length > callsMax * 1.2) this.#calls = this.#calls.slice(-callsMax);
    return call;
  }

  close(call: LoggedCall): void {
    this.#running.delete(call);
  }

  running(): LoggedCall[] {
    return [...this.#running];
  }

  find({ provider, op, key, reference }: Filter): LoggedCall[] {
    return this.#calls
      .slice(-callsMax)
      .filter((call) => !provider || call.provider === provider)
      .filter((call) => !op || call.op === op)
      .filter((call) => !key || call.idempotencyKey === key)
      .filter((call) => !reference || call.references.includes(reference));
  }
}
