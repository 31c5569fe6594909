import type { Collection } from './collection.ts';
import { type Check, checkOf, count, Findings } from './findings.ts';

/**
 * I7: each aggregate's events, from 1 to the last one that was counted, stand on its topic: each number once, in order,
 * under its key, on the partition of the key. What is in the outbox is under way.
 */
export function eventsArePublished({ store }: Collection, underWay: Findings): Check {
  const wrong = new Findings();
  const waiting = `select * from outbox o where not exists (select 1 from events e where e.id = o.id)`;
  for (const { service, id, type } of store.each<Named>(waiting)) {
    underWay.add(id, `${type} is in the outbox of ${service}`);
  }
  const incomplete = `select s.service, s.subject, s.last_sequence as last, count(distinct e.sequence) as seen
    from sequences s left join events e on e.service = s.service and e.subject = s.subject
      and e.sequence between 1 and s.last_sequence
    group by s.service, s.subject having seen < s.last_sequence`;
  for (const { service, subject, last } of store.all<{ service: string; subject: string; last: bigint }>(
    incomplete,
  )) {
    const there = new Set(
      store
        .all<{ sequence: bigint }>(
          `select sequence from events where service = ?1 and subject = ?2
            union select sequence from outbox where service = ?1 and subject = ?2`,
          service,
          subject,
        )
        .map(({ sequence }) => sequence),
    );
    for (let sequence = 1n; sequence <= last; sequence += 1n) {
      if (!there.has(sequence))
        wrong.add(
          `${subject}#${sequence}`,
          `${service} counted it, and it is neither on the topic nor in the outbox`,
        );
    }
  }
  const twice = `select service, subject, sequence, group_concat(id, ' and ') as ids from events
    group by service, subject, sequence having count(*) > 1`;
  for (const { service, subject, sequence, ids } of store.each<Named & Numbered & { ids: string }>(twice)) {
    wrong.add(`${subject}#${sequence}`, `${service} published it as ${ids}`);
  }
  const uncounted = `select e.service, e.id, e.type, e.subject, e.sequence from events e
    left join sequences s using (service, subject) where s.subject is null or e.sequence not between 1 and s.counted`;
  for (const { service, id, type, subject, sequence } of store.each<Named & Numbered>(uncounted)) {
    wrong.add(
      id,
      `${type || 'a message'} is on the topic of ${service}, which counted no ${subject}#${sequence}`,
    );
  }
  const disordered = `select service, id, subject, sequence from (
      select *, max(sequence) over (partition by service, subject, partition order by place
        rows between unbounded preceding and 1 preceding) as before from events
    ) where sequence < before`;
  for (const { service, id, subject, sequence } of store.each<Named & Numbered>(disordered)) {
    wrong.add(id, `stands behind a later one on the topic of ${service} (${subject}#${sequence})`);
  }
  const astray = `select f.service, f.id, f.partition from facts f join sequences s using (service, subject)
    where f.late = 0 and (f.key <> s.key or f.addressed = 0)`;
  for (const { service, id, partition } of store.each<Named & { partition: bigint }>(astray)) {
    wrong.add(
      id,
      `has another key than its aggregate, or is on a wrong partition (${service}.events/${partition})`,
    );
  }
  const { events, aggregates, copies } = store.one<Record<'events' | 'aggregates' | 'copies', bigint>>(
    `select (select count(*) from events) as events, (select count(*) from sequences) as aggregates,
      (select count(*) from facts where late = 0) as copies`,
  );
  const repeats = copies - events;
  const figure = `${count(events, 'event')} of ${count(aggregates, 'aggregate')}, ${count(repeats, 'repeat')}`;
  return checkOf('events.published', 'I7', figure, wrong, { events, aggregates, repeats });
}

interface Named {
  service: string;
  id: string;
  type: string;
}

interface Numbered {
  subject: string;
  sequence: bigint;
}

interface Delivery extends Named {
  subscriber: string;
  command: string;
  applied: bigint;
  parked: string | null;
  unread: bigint;
}

/**
 * I7: every service that handles a type has applied each event of it exactly once, and nothing that was not published.
 * What it has not read yet, or has parked, is under way.
 */
export function eventsAreApplied({ store }: Collection, underWay: Findings): Check {
  const wrong = new Findings();
  const deliveries = `select * from (
      select e.service, e.id, e.type, h.service as subscriber, h.command,
        (select count(*) from marks m where m.message_id = e.id and m.service = h.service
          and m.command = h.command) as applied,
        (select kind from parked p where p.message_id = e.id and p.service = h.service) as parked,
        e.place >= coalesce((select next from positions p where p.service = h.service and p.topic_of = e.service
          and p.partition = e.partition), 0) as unread
      from events e join handled h on h.type = e.type
    ) where applied <> 1`;
  for (const { id, type, subscriber, applied, parked, unread } of store.each<Delivery>(deliveries)) {
    if (applied > 1n) wrong.add(id, `${subscriber} applied ${type} ${applied} times`);
    else if (parked) underWay.add(id, `${type} is parked at ${subscriber} (${parked})`);
    else if (unread === 1n) underWay.add(id, `${type} is not read yet by ${subscriber}`);
    else wrong.add(id, `${subscriber} has read ${type} and not applied it`);
  }
  const baseless = `select m.service, m.command, m.message_id as id from marks m
    where not exists (select 1 from facts f where f.id = m.message_id)`;
  for (const { service, command, id } of store.each<Named & { command: string }>(baseless)) {
    wrong.add(id, `${service} applied it by ${command}, and it is on no topic`);
  }
  const mistaken = `select m.service, m.command, m.message_id as id, m.refused, f.type
    from marks m join facts f on f.id = m.message_id
    where m.refused = 1 or not exists (select 1 from handled h where h.service = m.service
      and h.command = m.command and h.type = f.type) group by m.service, m.command, m.message_id
    order by m.message_id`;
  for (const row of store.each<Named & { command: string; refused: bigint }>(mistaken)) {
    const { service, command, id, type, refused } = row;
    const how = refused === 1n ? 'refused it' : `does not handle ${type}`;
    wrong.add(id, `${command} of ${service} ${how}`);
  }
  const { marks } = store.one<{ marks: bigint }>('select count(*) as marks from marks');
  return checkOf('events.applied', 'I7', count(marks, 'effect'), wrong, { effects: marks });
}
