import { type ServiceName, serviceNames } from '@holdfast/local';
import { partitionOf } from '@holdfast/messaging';
import { different, type Violations } from './exact-money.ts';
import type { Rig } from './rig.ts';
import type { PublishedFact } from './topics.ts';

/** What each service does on whose facts: the lists of their `kafka.controller.ts`. */
const handled: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
  contracts: {
    'escrow.billing_method.verified': 'RememberBillingMethod',
    'escrow.funding.started': 'MirrorMilestone',
    'escrow.funding.failed': 'MirrorMilestone',
    'escrow.milestone.funded': 'MirrorMilestone',
    'escrow.review.started': 'MirrorMilestone',
    'escrow.submission.refused': 'MirrorMilestone',
    'escrow.milestone.changes_requested': 'MirrorMilestone',
    'escrow.milestone.released': 'MirrorMilestone',
  },
  escrow: {
    'contracts.contract.activated': 'ActivateAgreement',
    'contracts.milestone.submitted': 'StartReview',
    'payouts.funds.credited': 'NoteTransfer',
    'payouts.funds.matured': 'NoteTransfer',
  },
  payouts: {
    'contracts.contract.activated': 'RememberAgreement',
    'escrow.milestone.released': 'CreditRelease',
  },
};

/** I7: what each aggregate counted stands on its topic: each number once, in order, on its partition. */
export async function everythingIsPublished(rig: Rig, facts: readonly PublishedFact[]): Violations {
  const found: string[] = [];
  for (const service of serviceNames) {
    const own = facts.filter(({ topic, id }) => topic === `${service}.events` && !rig.planted.has(id));
    const counted = await rig.sql<{ subject: string; last_sequence: bigint; message_key: string }>(
      service,
      'select subject, last_sequence, message_key from event_sequences',
    );
    const bySubject = Map.groupBy(own, ({ subject }) => subject);
    for (const { subject, last_sequence, message_key } of counted) {
      const published = firstOfEach(bySubject.get(subject) ?? []);
      const wanted = Array.from({ length: Number(last_sequence) }, (_, index) => index + 1).join();
      const sequences = published.map(({ sequence }) => sequence).join();
      if (sequences !== wanted)
        found.push(`I7: ${service} ${subject}: counted ${wanted}, on the topic ${sequences}`);
      const astray = published.find(
        ({ key, partition }) => key !== message_key || partition !== partitionOf(key),
      );
      if (astray) found.push(`I7: ${service} ${subject}: ${astray.id} on partition ${astray.partition}`);
      bySubject.delete(subject);
    }
    found.push(...[...bySubject.keys()].map((subject) => `I7: ${service} ${subject} was never counted`));
  }
  return found;
}

/** A repeat of an event is allowed on a topic; the first of each id is what was published. */
function firstOfEach(facts: readonly PublishedFact[]): PublishedFact[] {
  const seen = new Set<string>();
  return facts.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** I7: each event that a service acts on is in its inbox exactly once, and nothing else is. */
export async function everythingIsAppliedOnce(rig: Rig, facts: readonly PublishedFact[]): Violations {
  const found: string[] = [];
  const published = firstOfEach(facts).filter(({ id }) => !rig.planted.has(id));
  const known = new Set(published.map(({ id }) => id));
  for (const service of serviceNames) {
    const commands = handled[service];
    const expected = published
      .filter(({ type }) => commands[type] !== undefined)
      .map(({ type, id }) => `${commands[type]} ${id}`);
    const marks = await rig.sql<{ command: string; message_id: string; refused: boolean }>(
      service,
      `select command, message_id, refusal is not null as refused from inbox
        where command = any($1) or message_id = any($2)`,
      [[...new Set(Object.values(commands))], [...known]],
    );
    const applied = marks.map(({ command, message_id }) => `${command} ${message_id}`);
    const say = (side: string, mark: string): string => `I7: ${service}: ${mark} stands only in ${side}`;
    found.push(...different(expected, applied, say, ['the topics', 'the inbox']));
    found.push(
      ...marks.filter(({ refused }) => refused).map(({ message_id }) => `I7: ${message_id} was refused`),
    );
  }
  return found;
}

/** I14: nothing is left to publish, and nothing is parked but what a test has planted. */
export async function nothingIsLeft(rig: Rig): Violations {
  const found: string[] = [];
  for (const service of serviceNames) {
    const outbox = await rig.sql<{ type: string }>(
      service,
      `select type from outbox where aggregateid <> ''`,
    );
    found.push(...outbox.map(({ type }) => `I7: ${service}: ${type} is in the outbox`));
    const parked = await rig.sql<{ message_id: string; kind: string; cause: string; type: string }>(
      service,
      `select message_id, kind, cause, headers ->> 'ce_type' as type from parked_messages`,
    );
    for (const { message_id, kind, cause, type } of parked) {
      if (!rig.planted.has(message_id))
        found.push(`I14: ${service}: ${type} ${message_id} is ${kind}: ${cause}`);
    }
  }
  return found;
}
