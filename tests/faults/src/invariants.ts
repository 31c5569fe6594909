import { type ProofResult, proveSystem, serviceNames } from '@holdfast/local';
import { expect } from '@jest/globals';
import { acknowledgedIsThere, answersAreOne } from './exact-answers.ts';
import { nothingIsLeft } from './exact-events.ts';
import { milestonesAddUp, noDeadlocks, servicesAgree } from './exact-money.ts';
import type { Rig } from './rig.ts';
import { type PublishedFact, readFacts } from './topics.ts';

/** All that is on the topics, and all that is wrong. */
export async function violationsOf(rig: Rig): Promise<{ facts: PublishedFact[]; violations: string[] }> {
  const facts = await readFacts(
    rig.system.brokers,
    serviceNames.map((service) => `${service}.events`),
  );
  const checks = await Promise.all([
    proofHolds(rig),
    milestonesAddUp(rig),
    servicesAgree(rig),
    noDeadlocks(rig),
    nothingIsLeft(rig),
    answersAreOne(rig),
    acknowledgedIsThere(rig),
  ]);
  return { facts, violations: checks.flat() };
}

/**
 * The proof of the running system (docs/proof.md); what a test has put on a topic itself is left out. At quiet nothing is
 * on its way but movements at a provider that wait for a person or a date.
 */
async function proofHolds(rig: Rig): Promise<string[]> {
  const proof = await proveSystem(rig.system.urls, rig.system.brokers, { foreign: rig.planted });
  const onTheirWay = proof.underWay.filter(({ what }) => !what.includes('under way by its own row'));
  return [...faultsOf(proof), ...onTheirWay.map(({ id, what }) => `not quiet: ${id}: ${what}`)];
}

/** One line per finding: the rule, the id of what is wrong, and what is wrong with it. */
export const faultsOf = ({ checks }: ProofResult): string[] =>
  checks.flatMap(({ rule, findings }) => findings.map(({ id, what }) => `${rule} ${id}: ${what}`));

/**
 * What must hold whatever was broken, once the system is quiet again: the proof, every answer is kept, and services
 * agree in what the proof does not look at.
 * @returns what stands on the topics
 */
export async function assertBooksExact(rig: Rig): Promise<PublishedFact[]> {
  await rig.market.settle();
  const { facts, violations } = await violationsOf(rig);
  expect(violations.slice(0, 20)).toEqual([]);
  return facts;
}
