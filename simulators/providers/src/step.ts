import type { FaultRule } from './faults.ts';
import type { Simulation } from './simulation.ts';
import type { Tx } from './store.ts';

/**
 * One thing being done, by a call, by a payer's hand or by the clock; `atMs` is business time, which dates
 * it. `references` are what the call is about, `fault` is what the operation itself must play, beyond what
 * happens to its answer.
 */
export type Step = Readonly<{
  simulation: Simulation;
  tx: Tx;
  atMs: number;
  op: string;
  key: string | null;
  requestId: string | null;
  references: readonly string[];
  fault: FaultRule | undefined;
}>;

/** What the provider does by itself. */
export function ownStep(simulation: Simulation, tx: Tx, atMs: number, op: string): Step {
  return { simulation, tx, atMs, op, key: null, requestId: null, references: [], fault: undefined };
}
