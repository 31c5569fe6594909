import { z } from 'zod';
import { canBite, defaultTimes, faultCatalogue } from './fault-catalogue.ts';
import { type Store, type Tx, table } from './store.ts';

const Request = z.strictObject({
  provider: z.string().optional(),
  op: z.string(),
  match: z
    .strictObject({ reference: z.string().min(1).optional(), nth: z.int().min(1).optional() })
    .default({}),
  fault: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  times: z.int().min(1).max(1_000_000).optional(),
});

/** `times` null is without end; `seen` counts matching calls, for `nth`; `createdAtMs` is wall time. */
export type FaultRule = Readonly<{
  id: string;
  provider: string;
  op: string;
  match: Readonly<{ reference?: string | undefined; nth?: number | undefined }>;
  fault: string;
  params: Readonly<Record<string, unknown>>;
  times: number | null;
  seen: number;
  fired: number;
  createdAtMs: number;
}>;

/**
 * What a provider's operations are called, and which faults it can never play on one of them: such a rule
 * would be set and then wait for ever.
 */
export type Repertoire = Readonly<{
  operations: readonly string[];
  cannot?: (fault: string, op: string, params: FaultRule['params']) => boolean;
}>;

/** One occasion at which a fault may be played. `ops` are its names, `references` what it is about. */
export type Occasion = Readonly<{ provider: string; ops: readonly string[]; references: readonly string[] }>;

const rules = table<FaultRule>('faults');

/** The rules that tests set, in the order they were set; the first that applies is played. */
export class Faults {
  readonly #store: Store;
  readonly #repertoires = new Map<string, Repertoire>();

  constructor(store: Store) {
    this.#store = store;
  }

  know(provider: string, repertoire: Repertoire): void {
    this.#repertoires.set(provider, repertoire);
  }

  /** @throws Error whose message names what is not known */
  add(body: unknown): FaultRule {
    const request = Request.safeParse(body);
    if (!request.success) throw new Error(z.prettifyError(request.error));
    const { op, match, fault, times } = request.data;
    const provider = request.data.provider ?? this.#providerOf(op);
    const repertoire = this.#repertoires.get(provider);
    const known = faultCatalogue[fault];
    if (!repertoire) throw new Error(`unknown provider "${provider}"`);
    if (op !== '*' && !repertoire.operations.includes(op)) throw new Error(`unknown op "${op}"`);
    if (!known) throw new Error(`unknown fault "${fault}"`);
    if (!canBite(fault, op)) throw new Error(`fault "${fault}" cannot happen to op "${op}"`);
    const params = known.params.safeParse(request.data.params);
    if (!params.success) throw new Error(`params of "${fault}": ${z.prettifyError(params.error)}`);
    if (repertoire.cannot?.(fault, op, params.data)) {
      const asked = `fault "${fault}" with ${JSON.stringify(params.data)}`;
      throw new Error(`${asked} cannot happen to op "${op}" of provider "${provider}"`);
    }
    return this.#store.transact((tx) => {
      const rule: FaultRule = {
        id: tx.newId('flt'),
        provider,
        op,
        match,
        fault,
        params: params.data,
        times: times ?? defaultTimes(fault, params.data),
        seen: 0,
        fired: 0,
        createdAtMs: Date.now(),
      };
      tx.put(rules, rule.id, rule);
      return rule;
    });
  }

  list(): FaultRule[] {
    return [...this.#store.all(rules)];
  }

  clear(id?: string): void {
    this.#store.transact((tx) => {
      for (const rule of this.list()) if (!id || rule.id === id) tx.remove(rules, rule.id);
    });
  }

  /**
   * Counts the occasion and gives the rule to play on it, if any. `fits` narrows by what only the caller
   * knows.
   */
  take(tx: Tx, occasion: Occasion, fits: (rule: FaultRule) => boolean): FaultRule | undefined {
    let taken: FaultRule | undefined;
    for (const { id } of this.list()) {
      const rule = tx.get(rules, id);
      if (!rule || isSpent(rule) || !matches(rule, occasion) || !fits(rule)) continue;
      const seen = rule.seen + 1;
      const fires = !taken && seen >= (rule.match.nth ?? 1) && isStruck(tx, rule);
      if (fires) taken = rule;
      if (fires || rule.match.nth) tx.put(rules, id, { ...rule, seen, fired: rule.fired + (fires ? 1 : 0) });
    }
    return taken;
  }

  /** What is to become of an object that is being made, if a rule says so; beside a fault of the call. */
  takeFate(tx: Tx, occasion: Occasion, fate: string): FaultRule | undefined {
    return this.take(tx, occasion, ({ fault }) => fault === fate);
  }

  /** For a fault that is played when it is set rather than on a call. */
  markFired(rule: FaultRule): void {
    this.#store.transact((tx) => tx.put(rules, rule.id, { ...rule, fired: rule.fired + 1 }));
  }

  /** Whose operation it is; what several have, as `webhook`, is the card provider's unless the rule says. */
  #providerOf(op: string): string {
    const owners = [...this.#repertoires].filter(([, { operations }]) => operations.includes(op));
    return owners.length === 1 ? String(owners[0]?.[0]) : 'card';
  }
}

function matches(rule: FaultRule, { provider, ops, references }: Occasion): boolean {
  const isAboutOp = rule.op === '*' || ops.includes(rule.op);
  const isAboutReference = !rule.match.reference || references.includes(rule.match.reference);
  return rule.provider === provider && isAboutOp && isAboutReference;
}

function isSpent({ fault, times, fired, params, createdAtMs }: FaultRule): boolean {
  if (fault === 'brown-out' && Date.now() > createdAtMs + Number(params.seconds) * 1000) return true;
  return times !== null && fired >= times;
}

function isStruck(tx: Tx, { fault, params }: FaultRule): boolean {
  return fault !== 'brown-out' || tx.random() < Number(params.ratio);
}
