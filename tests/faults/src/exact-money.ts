import type { Rig } from './rig.ts';

/** One line per violation, naming the invariant and the place. */
export type Violations = Promise<string[]>;

/**
 * M-4 (I4): of each milestone funded + rolled in = released + rolled out + given back + charged back + balance; the balance is what its
 * row and its lots say.
 */
export async function milestonesAddUp(rig: Rig): Violations {
  const rows = await rig.sql(
    'escrow',
    `select m.id, m.status, m.held_minor::text as held, m.client_fee_held_minor::text as fee,
        (select coalesce(sum(-e.amount_minor), 0)::text from entries e join journals j on j.id = e.journal_id
          where e.account = 'E.escrow.milestone' and e.sub_account = m.id::text
            and e.amount_minor < 0 and j.kind in ('fund', 'roll', 'chargeback_won')) as came,
        (select coalesce(sum(e.amount_minor), 0)::text from entries e join journals j on j.id = e.journal_id
          where e.account = 'E.escrow.milestone' and e.sub_account = m.id::text
            and e.amount_minor > 0 and j.kind in ('release', 'roll', 'refund', 'chargeback_lost')) as went,
        (select coalesce(sum(amount_minor), 0)::text from balances
          where account = 'E.escrow.milestone' and sub_account = m.id::text) as balance,
        (select coalesce(sum(amount_minor), 0)::text from balances
          where account = 'E.fee.client_held' and sub_account = m.id::text) as fee_balance,
        (select coalesce(sum(principal_left_minor), 0)::text from lots where milestone_id = m.id) as lots,
        (select coalesce(sum(client_fee_left_minor), 0)::text from lots where milestone_id = m.id) as fee_lots
      from milestones m`,
  );
  return rows
    .map((row) => {
      const minor = (name: string): bigint => BigInt(row[name] as string);
      const moved = minor('came') === minor('went') + minor('balance');
      const held = minor('held') === minor('balance') && minor('lots') === minor('balance');
      const fees = minor('fee_lots') === minor('fee_balance') && minor('fee') === minor('fee_balance');
      return moved && held && fees ? '' : `M-4: milestone ${JSON.stringify(row)}`;
    })
    .filter(Boolean);
}

/** Every effect once: one agreement in each service, one credit per transfer, one word per milestone. */
export async function servicesAgree(rig: Rig): Violations {
  const ids = async (service: 'contracts' | 'escrow' | 'payouts', text: string): Promise<string[]> =>
    (await rig.sql<{ id: string }>(service, text)).map(({ id }) => id);
  const agreements = 'select id::text from agreements';
  const milestones = `select id || ' is ' || status as id from milestones`;
  const [contracts, escrow, payouts] = [
    await ids('contracts', agreements),
    await ids('escrow', agreements),
    await ids('payouts', agreements),
  ];
  const transfers = await ids('escrow', `select id || ' ' || net_minor as id from transfers`);
  const credits = await ids('payouts', `select id || ' ' || net_minor as id from credits`);
  const unanswered = await ids('escrow', `select id::text from transfers where status = 'sent'`);
  const say = (what: string) => (side: string, id: string) => `effects: ${what} ${id} stands only in ${side}`;
  return [
    ...different(contracts, escrow, say('agreement'), ['contracts', 'escrow']),
    ...different(escrow, payouts, say('agreement'), ['escrow', 'payouts']),
    ...different(transfers, credits, say('transfer'), ['escrow', 'payouts']),
    ...different(await ids('contracts', milestones), await ids('escrow', milestones), say('milestone'), [
      'contracts',
      'escrow',
    ]),
    ...unanswered.map((id) => `M-22: transfer ${id} was not answered by payouts`),
  ];
}

/** F34: locks are taken in one order everywhere, so that PostgreSQL never had to break a circle. */
export async function noDeadlocks(rig: Rig): Violations {
  const rows = await rig.sql<{ datname: string; deadlocks: bigint }>(
    'escrow',
    `select datname, deadlocks from pg_stat_database where datname like 'holdfast%' and deadlocks > 0`,
  );
  return rows.map(({ datname, deadlocks }) => `F34: ${deadlocks} deadlocks in ${datname}`);
}

/** Compares two lists as multisets. */
export function different(
  left: readonly string[],
  right: readonly string[],
  say: (side: string, item: string) => string,
  [leftName, rightName]: [string, string],
): string[] {
  const count = new Map<string, number>();
  for (const item of left) count.set(item, (count.get(item) ?? 0) + 1);
  for (const item of right) count.set(item, (count.get(item) ?? 0) - 1);
  return [...count]
    .filter(([, surplus]) => surplus !== 0)
    .map(([item, surplus]) => say(surplus > 0 ? leftName : rightName, item));
}
