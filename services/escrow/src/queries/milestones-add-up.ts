import type { OwnProof } from '@holdfast/service';

/** What came to a milestone or a bonus and what left it, by what its journals are for. */
const moved = `select e.account, e.sub_account as id,
    coalesce(sum(-e.amount_minor) filter (where e.amount_minor < 0
      and j.kind in ('fund', 'bonus', 'roll', 'chargeback_won')), 0) as came,
    coalesce(sum(e.amount_minor) filter (where e.amount_minor > 0
      and j.kind in ('release', 'roll', 'refund', 'chargeback_lost')), 0) as went,
    coalesce(sum(-e.amount_minor) filter (where j.kind in ('fund', 'bonus', 'roll')), 0) as paid,
    coalesce(sum(e.amount_minor) filter (where j.kind = 'release'), 0) as released
  from entries e join journals j on j.id = e.journal_id
  where e.account in ('E.escrow.milestone', 'E.escrow.bonus') group by e.account, e.sub_account`;

const stored = `select account, sub_account as id, amount_minor as balance from balances
  where account in ('E.escrow.milestone', 'E.escrow.bonus')`;

/** A bonus is released with its charge, so that nothing of it is ever held (E-10). */
const rows = `select 'E.escrow.milestone' as account, id::text, held_minor as held from milestones
  union all select 'E.escrow.bonus', id::text, 0 from bonuses`;

const accountOf = `case when bonus_id is null then 'E.escrow.milestone' else 'E.escrow.bonus' end as account,
  coalesce(milestone_id, bonus_id)::text as id`;
const lots = `select ${accountOf}, sum(principal_minor) as principal, sum(principal_left_minor) as lots
  from lots group by 1, 2`;
const transfers = `select ${accountOf}, sum(gross_minor) as gross from transfers where gross_minor is not null group by 1, 2`;

/**
 * Every milestone, and every bonus: funded + rolled in = released + rolled over + given back + charged back + balance. The
 * balance is not below zero, and is what its row and its lots say; the lots were paid by its charges, and the transfers
 * were released from it (M-4).
 */
export const milestonesAddUp: OwnProof = {
  name: 'milestones.add_up',
  rule: 'M-4',
  figures: `select (select count(*) from milestones) as milestones, (select count(*) from bonuses) as bonuses,
    (select coalesce(sum(held_minor), 0) from milestones) as "heldMinor"`,
  wrong: `with moved as (${moved}), stored as (${stored}), own as (${rows}), lots as (${lots}), sent as (${transfers}),
    whole as (
      select account, id, held, coalesce(came, 0) as came, coalesce(went, 0) as went, coalesce(balance, 0) as balance,
        coalesce(lots, 0) as lots, coalesce(paid, 0) as paid, coalesce(principal, 0) as principal,
        coalesce(released, 0) as released, coalesce(gross, 0) as gross
      from own full join moved using (account, id) full join stored using (account, id)
        full join lots using (account, id) full join sent using (account, id))
    select id, case account when 'E.escrow.bonus' then 'bonus' else 'milestone' end
      || case when held is null then ' that no row tells of' else '' end
      || format(': %s came, %s left, balance %s; its row holds %s, its lots %s; paid %s, by its lots %s;'
        || ' released %s, by its transfers %s',
        came, went, balance, held, lots, paid, principal, released, gross) as what
    from whole
    where held is null or came <> went + balance or balance < 0 or balance <> held or balance <> lots
      or paid <> principal or released <> gross`,
};
