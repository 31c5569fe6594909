import { serviceNames } from '@holdfast/local';
import { expect } from '@jest/globals';
import { acknowledgedIsThere, answersAreOne } from './exact-answers.ts';
import { everythingIsAppliedOnce, everythingIsPublished, nothingIsLeft } from './exact-events.ts';
import {
  clearingMirrors,
  ledgersBalance,
  milestonesAddUp,
  noDeadlocks,
  providerBookAgrees,
  servicesAgree,
} from './exact-money.ts';
import type { Rig } from './rig.ts';
import { type PublishedFact, readFacts } from './topics.ts';

/** All that is on the topics, and all that is wrong. */
export async function violationsOf(rig: Rig): Promise<{ facts: PublishedFact[]; violations: string[] }> {
  const facts = await readFacts(
    rig.system.brokers,
    serviceNames.map((service) => `${service}.events`),
  );
  const checks = await Promise.all([
    ledgersBalance(rig),
    clearingMirrors(rig),
    milestonesAddUp(rig),
    providerBookAgrees(rig),
    servicesAgree(rig),
    noDeadlocks(rig),
    everythingIsPublished(rig, facts),
    everythingIsAppliedOnce(rig, facts),
    nothingIsLeft(rig),
    answersAreOne(rig),
    acknowledgedIsThere(rig),
  ]);
  return { facts, violations: checks.flat() };
}

/**
 * What must hold whatever was broken, once the system is quiet again: journals balance and mirror, the
 * provider's book is the ledger, every event was published and applied once, every answer is kept.
 * @returns what stands on the topics
 */
export async function assertBooksExact(rig: Rig): Promise<PublishedFact[]> {
  await rig.market.settle();
  const { facts, violations } = await violationsOf(rig);
  expect(violations.slice(0, 20)).toEqual([]);
  return facts;
}
