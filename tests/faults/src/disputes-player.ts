import { setTimeout as pause } from 'node:timers/promises';
import {
  disputesEvents,
  type EventOf,
  encodeData,
  headersOf,
  keyOf,
  sourceOf,
  subjectOf,
  wireType,
} from '@holdfast/events';
import type { Agreement } from '@holdfast/journeys';
import { newId, type OutgoingRecord, Publisher, partitionCount, partitionOf } from '@holdfast/messaging';
import type { Rig } from './rig.ts';

const minuteMs = 60_000;

type DisputesEvent = EventOf<typeof disputesEvents>;

/** A case as disputes has committed it; escrow knows nothing of it until it is published. */
export type Committed = Readonly<{ id: string; caseId: string; record: OutgoingRecord }>;

/** Escrow waits for disputes as well; no such service runs. */
export const withDisputes = { escrow: { DEPLOYED_SERVICES: 'contracts,escrow,payouts,disputes' } };

/**
 * Plays the service that is not built: commits cases, publishes them when it is told to, and says by watermarks that all
 * before an instant is out (M-17). Nobody proves what it publishes, so its messages are of the test (AD-8).
 */
export class DisputesPlayer {
  readonly #rig: Rig;
  readonly #publisher: Publisher;
  readonly #sequences = new Map<string, number>();

  constructor(rig: Rig) {
    this.#rig = rig;
    this.#publisher = new Publisher(rig.kafka());
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }

  /** Of the first milestone, by its freelancer. */
  opened(
    { agreementId, freelancer, milestones }: Agreement,
    { at, claimMinor = 100_000n, milestoneId = milestones[0]!.milestoneId }: OpenedAs,
  ): Committed {
    const caseId = newId();
    const named = { agreementId, caseId, milestoneId, openedBy: freelancer.id };
    const claim = { amountMinor: claimMinor, currency: 'USD' } as const;
    return this.#commit({ type: 'disputes.case.opened', ...named, claim, openedAt: at }, caseId, at);
  }

  withdrawn({ agreementId, milestones }: Agreement, caseId: string, at: Date): Committed {
    const { milestoneId } = milestones[0]!;
    const event = { type: 'disputes.case.withdrawn', agreementId, caseId, milestoneId } as const;
    return this.#commit({ ...event, withdrawnAt: at }, caseId, at);
  }

  /** The same without what it claims: no event of the topic. */
  malformed(committed: Committed): Committed {
    const { claim: _, ...data } = JSON.parse(committed.record.value) as Record<string, unknown>;
    return { ...committed, record: { ...committed.record, value: JSON.stringify(data) } };
  }

  publish(...facts: readonly Committed[]): Promise<void> {
    return this.#send(facts.map(({ record }) => record));
  }

  /** "All I committed before this instant is out", on every partition. */
  beat(instant: Date): Promise<void> {
    const records = Array.from({ length: partitionCount }, (_, partition): OutgoingRecord => {
      const event = { type: 'disputes.watermark.reached', partition, instant } as const;
      return { ...this.#recordOf(newId(), event, instant), key: null, partition };
    });
    return this.#send(records);
  }

  /** Again until the broker has taken it, as a relay does. */
  async #send(records: readonly OutgoingRecord[]): Promise<void> {
    const giveUpAt = Date.now() + minuteMs;
    for (;;) {
      try {
        return await this.#publisher.send(disputesEvents.topic, records);
      } catch (error) {
        if (Date.now() > giveUpAt) throw error;
        await pause(200);
      }
    }
  }

  #commit(event: DisputesEvent, caseId: string, at: Date): Committed {
    const id = newId();
    this.#rig.planted.add(id);
    return { id, caseId, record: this.#recordOf(id, event, at) };
  }

  #recordOf(id: string, event: DisputesEvent, occurredAt: Date): OutgoingRecord {
    const [key, subject] = [keyOf(disputesEvents, event), subjectOf(disputesEvents, event)];
    const sequence = (this.#sequences.get(subject) ?? 0) + 1;
    this.#sequences.set(subject, sequence);
    const envelope = { id, source: sourceOf('disputes'), subject, occurredAt, sequence };
    const cause = { causationId: id, correlationId: id };
    return {
      key,
      value: JSON.stringify(encodeData(disputesEvents, event)),
      headers: headersOf(wireType(disputesEvents, event.type), { ...envelope, ...cause }),
      partition: partitionOf(key),
    };
  }
}

interface OpenedAs {
  at: Date;
  claimMinor?: bigint;
  milestoneId?: string;
}
