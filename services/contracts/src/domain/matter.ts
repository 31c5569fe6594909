import type { Money } from '@holdfast/domain';
import type { EventOf, escrowEvents } from '@holdfast/events';

/** What escrow decides under an agreement beside the state of its milestones. */
export type MatterFact = Extract<
  EventOf<typeof escrowEvents>,
  {
    type:
      | 'escrow.refund.drawn_on_balance'
      | 'escrow.refund.decided'
      | 'escrow.refund.paid'
      | 'escrow.refund.failed'
      | 'escrow.refund.refused'
      | 'escrow.refund.reversed'
      | 'escrow.refund.cancelled'
      | 'escrow.chargeback.warned'
      | 'escrow.chargeback.received'
      | 'escrow.chargeback.contested'
      | 'escrow.chargeback.accepted'
      | 'escrow.chargeback.won'
      | 'escrow.chargeback.lost'
      | 'escrow.bonus.charged'
      | 'escrow.bonus.charge_failed'
      | 'escrow.bonus.released'
      | 'escrow.dormancy.started'
      | 'escrow.dormancy.release_requested'
      | 'escrow.dormancy.cancelled';
  }
>;

export type MatterStatus =
  | ('drawing' | 'refunding' | 'refunded' | 'refund_failed' | 'refused' | 'reversed')
  | ('warned' | 'received' | 'contested' | 'accepted' | 'won' | 'lost')
  | ('charged' | 'charge_failed' | 'released')
  | ('client_asked' | 'freelancer_asked' | 'release_requested' | 'cancelled');

/** A refund, chargeback or bonus, or the dormancy of the agreement, as escrow last spoke of it: for both to read. */
export type Matter = Readonly<{
  /** Of the refund, chargeback or bonus; of the agreement where it lies dormant. */
  id: string;
  agreementId: string;
  kind: 'refund' | 'chargeback' | 'bonus' | 'dormancy';
  status: MatterStatus;
  milestoneId?: string;
  amount?: Money;
  dueAt?: Date;
}>;

/** The state after an event, with what earlier ones said of milestone and amount. */
export function evolve(matter: Matter | undefined, event: MatterFact): Matter {
  const said = saidBy(event);
  const { milestoneId = matter?.milestoneId, amount = matter?.amount } = said;
  return { ...said, agreementId: event.agreementId, milestoneId, amount };
}

function saidBy(event: MatterFact): Omit<Matter, 'agreementId'> {
  switch (event.type) {
    case 'escrow.refund.drawn_on_balance':
      return { kind: 'refund', id: event.refundId, status: 'drawing' };
    case 'escrow.refund.decided': {
      const { refundId: id, milestoneId, amount } = event;
      return { kind: 'refund', id, status: 'refunding', milestoneId, amount };
    }
    case 'escrow.refund.paid':
      return { kind: 'refund', id: event.refundId, status: 'refunded' };
    case 'escrow.refund.failed':
      return { kind: 'refund', id: event.refundId, status: 'refund_failed' };
    case 'escrow.refund.refused':
      return { kind: 'refund', id: event.refundId, status: 'refused' };
    case 'escrow.refund.reversed':
      return { kind: 'refund', id: event.refundId, status: 'reversed' };
    case 'escrow.refund.cancelled':
      return { kind: 'refund', id: event.refundId, status: 'cancelled' };
    case 'escrow.bonus.charged':
      return { kind: 'bonus', id: event.bonusId, status: 'charged', amount: event.amount };
    case 'escrow.bonus.charge_failed':
      return { kind: 'bonus', id: event.bonusId, status: 'charge_failed' };
    case 'escrow.bonus.released':
      return { kind: 'bonus', id: event.bonusId, status: 'released', amount: event.gross };
    case 'escrow.dormancy.started':
    case 'escrow.dormancy.release_requested': {
      const { agreementId: id, step: status, balance: amount, dueAt } = event;
      return { kind: 'dormancy', id, status, amount, dueAt };
    }
    case 'escrow.dormancy.cancelled':
      return { kind: 'dormancy', id: event.agreementId, status: 'cancelled' };
    default:
      return saidOfChargeback(event);
  }
}

type ChargebackFact = Extract<MatterFact, { type: `escrow.chargeback.${string}` }>;

function saidOfChargeback(event: ChargebackFact): Omit<Matter, 'agreementId'> {
  const chargeback = { kind: 'chargeback', id: event.chargebackId } as const;
  switch (event.type) {
    case 'escrow.chargeback.warned':
      return { ...chargeback, status: 'warned', amount: event.amount, dueAt: event.dueAt };
    case 'escrow.chargeback.received':
      return { ...chargeback, status: 'received', amount: event.amount, dueAt: event.dueAt };
    case 'escrow.chargeback.contested':
      return { ...chargeback, status: 'contested' };
    case 'escrow.chargeback.accepted':
      return { ...chargeback, status: 'accepted' };
    case 'escrow.chargeback.won':
      return { ...chargeback, status: 'won' };
    case 'escrow.chargeback.lost':
      return { ...chargeback, status: 'lost' };
  }
}
