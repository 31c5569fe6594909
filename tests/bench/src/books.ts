import { setTimeout as pause } from 'node:timers/promises';
import { checkLedger, readBalances } from '@holdfast/ledger';
import { serviceNames } from '@holdfast/local';
import type { Databases } from './databases.ts';
import type { Told } from './release-load.ts';

/** How often a count is asked again until everything has arrived; the longer it takes, the less often: asking is work. */
const pollMs = { least: 25, most: 1_000 };
/** Without anything new: ten thousand releases by silence take the consumers minutes. */
const settleMs = 90_000;

/**
 * Waits until every release is published, credited, noted and mirrored.
 * @returns how long that took, in milliseconds: how far the consumers were behind
 * @throws Error naming what is missing, when nothing has come for 90 s
 */
export async function untilApplied(databases: Databases, told: Told): Promise<number> {
  const startedAt = performance.now();
  const wanted = told.acknowledged.length + told.silent.length;
  const counts = {
    'credited by payouts': ['payouts', `select count(*)::int as seen from credits`],
    'noted by escrow': ['escrow', `select count(*)::int as seen from transfers where status <> 'sent'`],
    'mirrored by contracts': [
      'contracts',
      `select count(*)::int as seen from milestones where status = 'released'`,
    ],
  } as const;
  for (const [what, [name, text]] of Object.entries(counts)) {
    let [last, movedAt] = [-1, performance.now()];
    for (;;) {
      const [row] = await databases.rows<{ seen: number }>(name, text);
      const { seen } = row!;
      if (seen >= wanted) break;
      if (seen !== last) [last, movedAt] = [seen, performance.now()];
      if (performance.now() - movedAt > settleMs) {
        throw new Error(`of ${wanted} releases, ${seen} are ${what}, and no more for ${settleMs / 1_000} s`);
      }
      const waited = (performance.now() - startedAt) / 20;
      await pause(Math.min(Math.max(pollMs.least, waited), pollMs.most));
    }
  }
  return performance.now() - startedAt;
}

/**
 * What is wrong in the books of the services, after everything was applied: each acknowledged release moved its money
 * exactly once, so did each timer that was due, dated at its due instant (M-21), a repeated key moved nothing, a refusal
 * nothing, and both ledgers are exact (I1, I2, I3, M-8, M-22).
 */
export async function differencesOf(databases: Databases, told: Told, sequence: number): Promise<string[]> {
  const { acknowledged, silent } = told;
  const [escrow, payouts] = [databases.poolOf('escrow'), databases.poolOf('payouts')];
  const differences = [
    ...told.wrong,
    ...(await checkLedger(escrow)).map((found) => `escrow ${JSON.stringify(found)}`),
    ...(await checkLedger(payouts)).map((found) => `payouts ${JSON.stringify(found)}`),
  ];
  const counts = await databases.rows<Record<string, number>>('escrow', countsInEscrow);
  const releases = acknowledged.length + silent.length;
  const expected = {
    milestones: releases,
    transfers: releases,
    journals: releases,
    answers: acknowledged.length,
    refusals: told.refused,
    timers: silent.length,
    reviews: told.reviews,
    unpublished: 0,
  };
  for (const [what, count] of Object.entries(expected)) {
    if (counts[0]![what] !== count)
      differences.push(`escrow: ${counts[0]![what]} ${what} instead of ${count}`);
  }
  const transfers = acknowledged.map(
    ({ answer }) => (JSON.parse(answer) as { transferId: string }).transferId,
  );
  const inexact = await databases.rows<{ id: string }>('escrow', inexactReleases, [
    acknowledged.map(({ milestoneId }) => milestoneId),
    transfers,
    acknowledged.map(({ clientId, key }) => `${clientId}/${key}`),
    sequence,
  ]);
  differences.push(...inexact.map(({ id }) => `milestone ${id} is not released exactly once`));
  const unfired = await databases.rows<{ id: string }>('escrow', inexactTimers, [
    silent.map(({ milestoneId }) => milestoneId),
    silent.map(({ dueAt }) => dueAt.getTime()),
    silent.map(({ sequence }) => sequence),
  ]);
  differences.push(...unfired.map(({ id }) => `milestone ${id} is not released by its timer exactly once`));
  const bySilence = await databases.rows<{ id: string }>('escrow', transfersOf, [
    silent.map(({ milestoneId }) => milestoneId),
  ]);
  const uncredited = await databases.rows<{ id: string }>('payouts', inexactCredits, [
    [...transfers, ...bySilence.map(({ id }) => id)],
  ]);
  differences.push(...uncredited.map(({ id }) => `transfer ${id} is not credited exactly once`));
  const clearing = [
    (await readBalances(escrow, 'E.clearing.payouts')).get('E.clearing.payouts'),
    (await readBalances(payouts, 'P.clearing.escrow')).get('P.clearing.escrow'),
  ];
  if (clearing[0] !== clearing[1]) differences.push(`clearing: ${clearing.join(' in escrow, in payouts ')}`);
  for (const service of serviceNames) {
    const parked = await databases.rows<{ cause: string }>(
      service,
      'select cause from parked_messages limit 5',
    );
    differences.push(...parked.map(({ cause }) => `${service} has parked a message: ${cause}`));
  }
  return differences;
}

/** The same of what pgbench wrote, of which only the number of its transactions is known. */
export async function differencesOfReference(databases: Databases, transactions: number): Promise<string[]> {
  const pool = databases.poolOf('reference');
  const differences = (await checkLedger(pool)).map((found) => `reference ${JSON.stringify(found)}`);
  const [counts] = await databases.rows<Record<string, number>>('reference', countsInEscrow);
  for (const what of ['milestones', 'transfers', 'journals', 'answers', 'unpublished']) {
    if (counts![what] !== transactions) {
      differences.push(`reference: ${counts![what]} ${what} instead of ${transactions}`);
    }
  }
  return differences;
}

/** The number of the last fact of a milestone, before its release. */
export async function sequenceBefore(databases: Databases, milestoneId: string): Promise<number> {
  const text = 'select last_sequence::int as last from event_sequences where subject = $1';
  const [row] = await databases.rows<{ last: number }>('escrow', text, [milestoneId]);
  return row!.last;
}

const countsInEscrow = `select
  (select count(*)::int from milestones where status = 'released') as milestones,
  (select count(*)::int from transfers) as transfers,
  (select count(*)::int from journals where kind = 'release') as journals,
  (select count(*)::int from inbox where command = 'ReleaseMilestone' and answer is not null) as answers,
  (select count(*)::int from inbox where command = 'ReleaseMilestone' and refusal is not null) as refusals,
  (select count(*)::int from inbox where command = 'ReleaseBySilence') as timers,
  (select count(*)::int from milestones where review_due_at is not null) as reviews,
  (select count(*)::int from outbox where aggregateid <> '') as unpublished`;

const inexactReleases = `select told.milestone as id
  from unnest($1::text[], $2::text[], $3::text[]) as told (milestone, transfer, message)
  left join milestones m on m.id = told.milestone::uuid and m.status = 'released' and m.held_minor = 0
  left join transfers t on t.id = told.transfer::uuid and t.milestone_id = m.id
  left join journals j on j.cause_id = told.transfer and j.kind = 'release' and j.transfer_id = t.id
  left join event_sequences s on s.subject = told.milestone and s.last_sequence = $4 + 1
  left join inbox i on i.command = 'ReleaseMilestone' and i.message_id = told.message
    and i.answer->>'transferId' = told.transfer
  where m is null or t is null or j is null or s is null or i is null`;

const inexactTimers = `select told.milestone as id
  from unnest($1::text[], $2::bigint[], $3::int[]) as told (milestone, due_ms, sequence)
  left join milestones m on m.id = told.milestone::uuid and m.status = 'released' and m.held_minor = 0
  left join transfers t on t.milestone_id = m.id and t.released_at = to_timestamp(told.due_ms / 1000.0)
  left join journals j on j.cause_id = t.id::text and j.kind = 'release' and j.transfer_id = t.id
  left join event_sequences s on s.subject = told.milestone and s.last_sequence = told.sequence + 1
  left join inbox i on i.command = 'ReleaseBySilence'
    and i.message_id = 'review.silence/' || told.milestone || '/' || told.due_ms
  where m is null or t is null or j is null or s is null or i is null`;

const transfersOf = `select id::text from transfers where milestone_id = any($1::uuid[])`;

const inexactCredits = `select told.transfer as id from unnest($1::text[]) as told (transfer)
  left join credits c on c.id = told.transfer::uuid
  left join journals j on j.transfer_id = c.id
  group by told.transfer having count(j.id) <> 1
  union all select id::text from credits where id::text <> all ($1::text[])`;
