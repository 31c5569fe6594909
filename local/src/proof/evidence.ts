import type { Collection } from './collection.ts';
import type { MarkItem } from './wire.ts';

interface Told {
  service: string;
  id: string;
  type: string;
}

/**
 * Why two books differ while nothing is wrong: the event that tells the other one is still on its way. It is looked for
 * after the difference was seen, so that what is found explains it.
 */
export class Evidence {
  readonly #collection: Collection;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Outbox before topics, positions before parked messages, and both before the inbox: what moves is met once. */
  async refresh(): Promise<void> {
    await this.#collection.readOutbox();
    await this.#collection.catchUp();
    await this.#collection.readPositions();
    await this.#collection.readParked();
  }

  /** Where the event of a transfer is held up; undefined where every subscriber has applied it, or there is none. */
  async ofTransfer(transferId: string): Promise<string | undefined> {
    const { store } = this.#collection;
    const published = store.all<Told>(
      'select distinct service, id, type from facts where transfer_id = ?',
      transferId,
    );
    for (const { id, type, service } of published) {
      const heldUp = await this.#unapplied(service, id, type);
      if (heldUp) return heldUp;
    }
    const waiting = store.all<Told>(
      `select service, id, type from outbox where transfer_id = ?
        and not exists (select 1 from facts where facts.id = outbox.id)`,
      transferId,
    );
    return waiting.map(({ service, id, type }) => `${type} ${id} is in the outbox of ${service}`)[0];
  }

  async #unapplied(publisher: string, id: string, type: string): Promise<string | undefined> {
    const { store, sources } = this.#collection;
    const subscribers = store.all<{ service: string; command: string }>(
      'select service, command from handled where type = ?',
      type,
    );
    for (const { service, command } of subscribers) {
      const marks = await sources.get(service)!.lookUp<MarkItem>('marks', [id]);
      if (marks.some((mark) => mark.command === command)) continue;
      const state = store.one<{ parked: string | null; unread: bigint }>(
        `select (select kind from parked where service = ? and message_id = ?) as parked,
          exists (select 1 from facts f left join positions p
            on p.service = ? and p.topic_of = f.service and p.partition = f.partition
            where f.service = ? and f.id = ? and f.place >= coalesce(p.next, 0)) as unread`,
        service,
        id,
        service,
        publisher,
        id,
      );
      if (state.parked) return `${type} ${id} is parked at ${service} (${state.parked})`;
      if (state.unread === 1n) return `${type} ${id} is not read yet by ${service}`;
    }
    return undefined;
  }
}
