import type { contractsEvents, disputesEvents, Message, payoutsEvents } from '@holdfast/events';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ActivateAgreement } from './commands/activate-agreement.ts';
import { ApplyClawBack } from './commands/apply-claw-back.ts';
import { ApplyWithdrawalPaid } from './commands/apply-withdrawal-paid.ts';
import { ApplyWithdrawalReturned } from './commands/apply-withdrawal-returned.ts';
import { AddMilestone, ChangeTerms, OrderMilestone } from './commands/change-terms.ts';
import { EndCaseFreeze, FreezeForCase } from './commands/follow-case.ts';
import { NoteActivity } from './commands/follow-dormancy.ts';
import { DecideDrawnRefund, RefuseDrawnRefund } from './commands/follow-draw.ts';
import { RecordNotice } from './commands/follow-refund-request.ts';
import { NoteDebt } from './commands/note-debt.ts';
import { NoteRestored } from './commands/note-restored.ts';
import { NoteTransfer } from './commands/note-transfer.ts';
import { RecordAccountHold } from './commands/record-account-hold.ts';
import { RememberAccount } from './commands/remember-account.ts';
import { NoteAgreementEnded, RequestClearing } from './commands/request-clearing.ts';
import { StartReview } from './commands/start-review.ts';

/** IN: other services' events -> commands. */
@Controller()
export class KafkaController {
  constructor(private readonly commands: CommandBus) {}

  @EventPattern('contracts.events')
  async onContracts(@Payload() { id, occurredAt, event }: Message<typeof contractsEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'contracts.account.hold_placed':
      case 'contracts.account.hold_lifted': {
        const { accountId, holdId, kind } = event;
        const isStanding = event.type === 'contracts.account.hold_placed';
        const hold = { accountId, holdId, kind, isStanding, at: occurredAt };
        return this.commands.execute(new RecordAccountHold({ message, ...hold }));
      }
      case 'contracts.account.opened':
        return this.commands.execute(new RememberAccount({ message, ...event }));
      case 'contracts.contract.activated': // Answered by `escrow.funding.started` or `.failed` (E-3).
        return this.commands.execute(new ActivateAgreement({ message, ...event }));
      case 'contracts.milestone.agreed':
        await this.commands.execute(new AddMilestone({ message, ...event }));
        return this.commands.execute(
          new NoteActivity({ message, agreementId: event.agreementId, at: occurredAt, due: dueOf(event) }),
        );
      case 'contracts.milestone.terms_proposed': // Answered by `escrow.milestone.terms_applied` or `.terms_refused`.
        await this.commands.execute(new ChangeTerms({ message, ...event }));
        return this.commands.execute(
          new NoteActivity({ message, agreementId: event.agreementId, at: occurredAt }),
        );
      case 'contracts.milestone.changed':
        await this.commands.execute(new OrderMilestone({ message, ...event }));
        return this.commands.execute(
          new NoteActivity({ message, agreementId: event.agreementId, at: occurredAt, due: dueOf(event) }),
        );
      case 'contracts.milestone.submitted': // Answered by `escrow.review.started` or `.submission.refused`.
        await this.commands.execute(new StartReview({ message, ...event }));
        return this.commands.execute(
          new NoteActivity({ message, agreementId: event.agreementId, at: occurredAt }),
        );
      case 'contracts.contract.end_requested': // Answered by `escrow.contract.cleared` or `.clearing_refused`.
        return this.commands.execute(new RequestClearing({ message, ...event }));
      case 'contracts.contract.ended':
        return this.commands.execute(new NoteAgreementEnded({ message, ...event }));
      case 'contracts.notice.sent':
      case 'contracts.notice.bounced': // The proofs of C-8.
        return this.commands.execute(new RecordNotice({ message, ...event }));
      case 'contracts.milestone.cancelled': {
        const due = { milestoneId: event.milestoneId, date: null };
        const { agreementId } = event;
        return this.commands.execute(new NoteActivity({ message, agreementId, at: occurredAt, due }));
      }
      case 'contracts.contract.amended': // Other terms, and a request for a release, are activity too (E-20).
      case 'contracts.payment.requested': {
        const { agreementId } = event;
        return this.commands.execute(new NoteActivity({ message, agreementId, at: occurredAt }));
      }
    } // Other facts of contracts do not concern escrow.
  }

  @EventPattern('payouts.events')
  async onPayouts(@Payload() { id, event }: Message<typeof payoutsEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    const { type } = event;
    switch (type) {
      case 'payouts.funds.credited': {
        const { transferId, dueAt: availableAt } = event;
        return this.commands.execute(
          new NoteTransfer({ message, transferId, status: 'credited', availableAt }),
        );
      }
      case 'payouts.funds.matured': {
        const { transferId, maturedAt: availableAt } = event;
        return this.commands.execute(
          new NoteTransfer({ message, transferId, status: 'matured', availableAt }),
        );
      }
      case 'payouts.funds.clawed_back': // Answered by `escrow.clearing.applied` (M-22, P-11).
        return this.commands.execute(new ApplyClawBack({ message, ...event }));
      case 'payouts.funds.restored': // The answer to a transfer of ours (M-22).
        return this.commands.execute(new NoteRestored({ message, ...event }));
      case 'payouts.debt.opened': // The platform covers it until it is paid (M-14).
        return this.commands.execute(new NoteDebt({ message, isNew: true, ...event }));
      case 'payouts.debt.settled':
        return this.commands.execute(new NoteDebt({ message, isNew: false, ...event }));
      case 'payouts.refund.taken': // Answered by `escrow.clearing.applied`, same transfer (M-22).
        return this.commands.execute(new DecideDrawnRefund({ message, ...event }));
      case 'payouts.refund.refused':
        return this.commands.execute(new RefuseDrawnRefund({ message, ...event }));
      case 'payouts.withdrawal.paid': // Answered by `escrow.clearing.applied` (M-22).
        return this.commands.execute(new ApplyWithdrawalPaid({ message, ...event }));
      case 'payouts.withdrawal.returned': // Answered likewise, where clearing was touched.
        return this.commands.execute(new ApplyWithdrawalReturned({ message, ...event }));
    } // Other facts of payouts do not concern escrow.
  }

  @EventPattern('disputes.events')
  async onDisputes(@Payload() { id, event }: Message<typeof disputesEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'disputes.case.opened': // Answered by `escrow.milestone.frozen` or `.freeze_refused` (D-19).
        return this.commands.execute(new FreezeForCase({ message, ...event }));
      case 'disputes.case.withdrawn': // Answered by `escrow.milestone.unfrozen`.
        return this.commands.execute(new EndCaseFreeze({ message, ...event }));
    } // A watermark is the consumer's own.
  }
}

const dueOf = ({ milestoneId, dueDate: date }: { milestoneId: string; dueDate: string }) => ({
  milestoneId,
  date,
});
