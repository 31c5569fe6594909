import type { MovementSource } from '@holdfast/service';

/**
 * Sendings, by the keys of their attempts (M-3, I5). What ended unpaid moved nothing; what came back is there
 * twice. Escrow keeps the cash, so the transfers join it: of one that came back before it was paid there is
 * only what the bank kept.
 */
const attempts: MovementSource = {
  name: 'attempts',
  text: `select a.id, w.provider, 'payout' as kind, a.key as reference,
      case when a.state in ('failed', 'cancelled') then 0 else -a.sent_minor end as amount_minor, 'USD' as currency,
      case when a.state in ('failed', 'cancelled', 'paid', 'returned') then 'booked' else 'open' end as state,
      null::text as cause_id,
      case when a.state in ('paid', 'returned') then w.paid_transfer_id::text end as transfer_id
    from attempts a join withdrawals w on w.id = a.withdrawal_id
    union all
    select a.id, w.provider, 'payout_returned', a.key, a.back_minor, 'USD', 'booked', null,
      w.return_transfer_id::text
    from attempts a join withdrawals w on w.id = a.withdrawal_id where a.state = 'returned'`,
};

/** Payouts' movements of money at providers, for the proof (M-3). */
export const payoutsMovements: readonly MovementSource[] = [attempts];
