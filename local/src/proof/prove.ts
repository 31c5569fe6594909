import { booksHold, chainsReachTheirHeads } from './books.ts';
import { clearingMirrors } from './clearing.ts';
import { Collection, type ProofOptions, type ProofTarget } from './collection.ts';
import { eventsAreApplied, eventsArePublished } from './events.ts';
import { Evidence } from './evidence.ts';
import { type Check, Findings } from './findings.ts';
import { providersAgree } from './providers.ts';
import type { Finding } from './wire.ts';

export interface ProofResult {
  holds: boolean;
  checks: readonly Check[];
  /** Explained differences, each by its id: nothing where the system is quiet and nobody is asked for anything. */
  underWay: readonly Finding[];
  underWayTotal: number;
}

/**
 * Proves that not a cent and not a fact is missing: the books of each service, their mirrors, the topics, the inboxes and
 * the providers' books are laid side by side (AD-17; docs/proof.md).
 * @throws NotRunning when a part of the system does not answer
 */
export async function prove(target: ProofTarget, options?: ProofOptions): Promise<ProofResult> {
  const collection = await Collection.open(target, options);
  try {
    await collection.readAll();
    const underWay = new Findings();
    const evidence = new Evidence(collection);
    const checks = [
      ...booksHold(collection),
      await chainsReachTheirHeads(collection),
      eventsArePublished(collection, underWay),
      eventsAreApplied(collection, underWay),
      await clearingMirrors(collection, evidence, underWay),
      ...(await providersAgree(collection, evidence, underWay)),
    ];
    return {
      holds: checks.every(({ holds }) => holds),
      checks,
      underWay: underWay.first,
      underWayTotal: underWay.total,
    };
  } finally {
    await collection.close();
  }
}
