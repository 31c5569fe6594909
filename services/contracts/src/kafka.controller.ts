import type { escrowEvents, Message, payoutsEvents } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ApplyTerms } from './commands/apply-terms.ts';
import { FollowClearing } from './commands/end-agreement.ts';
import { ForgetBillingMethod } from './commands/forget-billing-method.ts';
import { LiftHoldByFact } from './commands/lift-hold.ts';
import { MirrorMatter, MirrorMilestone } from './commands/mirror-milestone.ts';
import { PlaceHoldByFact } from './commands/place-hold.ts';
import { type ForeignTelling, PlanNotices } from './commands/plan-notices.ts';
import { RememberBillingMethod } from './commands/remember-billing-method.ts';
import { isTelling } from './domain/notices.ts';

/** IN: other services' events -> commands. What a fact does here comes first, then whom it is told (C-7). */
@Controller()
export class KafkaController {
  constructor(private readonly commands: CommandBus) {}

  @EventPattern('escrow.events')
  async onEscrow(@Payload() { id, event }: Message<typeof escrowEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    await this.#applyEscrow(message, event);
    if (isTelling(event)) await this.#tell(message, event);
  }

  @EventPattern('payouts.events')
  async onPayouts(@Payload() { id, event }: Message<typeof payoutsEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    await this.#applyPayouts(message, event);
    if (isTelling(event)) await this.#tell(message, event);
  }

  async #applyEscrow(message: MessageRef, event: Message<typeof escrowEvents>['event']): Promise<void> {
    switch (event.type) {
      case 'escrow.billing_method.verified': // Opens the gate at sending an offer.
        return this.commands.execute(new RememberBillingMethod({ message, ...event }));
      case 'escrow.billing_method.removed':
        return this.commands.execute(new ForgetBillingMethod({ message, methodId: event.methodId }));
      case 'escrow.funding.started':
      case 'escrow.funding.failed':
      case 'escrow.milestone.funded':
      case 'escrow.milestone.rolled':
      case 'escrow.review.started': // These two answer `contracts.milestone.submitted` (M-15).
      case 'escrow.submission.refused':
      case 'escrow.review.suspended':
      case 'escrow.review.resumed':
      case 'escrow.milestone.changes_requested':
      case 'escrow.milestone.released':
      case 'escrow.milestone.frozen':
      case 'escrow.milestone.unfrozen':
      case 'escrow.milestone.refunded':
      case 'escrow.milestone.charged_back':
      case 'escrow.refund.requested':
      case 'escrow.refund.decided':
      case 'escrow.refund.failed':
      case 'escrow.deadline.moved':
      case 'escrow.deadline.suspended':
        return this.commands.execute(new MirrorMilestone({ message, event }));
      case 'escrow.refund.drawn_on_balance':
      case 'escrow.refund.paid':
      case 'escrow.refund.refused':
      case 'escrow.refund.reversed':
      case 'escrow.refund.cancelled':
      case 'escrow.chargeback.warned':
      case 'escrow.chargeback.contested':
      case 'escrow.chargeback.accepted':
      case 'escrow.chargeback.lost':
      case 'escrow.bonus.charged':
      case 'escrow.bonus.charge_failed':
      case 'escrow.bonus.released':
      case 'escrow.dormancy.started':
      case 'escrow.dormancy.release_requested':
      case 'escrow.dormancy.cancelled':
        return this.commands.execute(new MirrorMatter({ message, event }));
      case 'escrow.chargeback.received': // Also holds the client's account until it is won or repaid (P-9).
        await this.commands.execute(new MirrorMatter({ message, event }));
        return this.commands.execute(new PlaceHoldByFact({ message, event }));
      case 'escrow.chargeback.won':
        await this.commands.execute(new MirrorMatter({ message, event }));
        return this.commands.execute(new LiftHoldByFact({ message, event }));
      case 'escrow.milestone.terms_applied': // These two answer `contracts.milestone.terms_proposed`.
      case 'escrow.milestone.terms_refused':
        return this.commands.execute(new ApplyTerms({ message, event }));
      case 'escrow.contract.cleared': // These two answer `contracts.contract.end_requested`.
      case 'escrow.contract.clearing_refused':
        return this.commands.execute(new FollowClearing({ message, event }));
    } // Other facts of escrow change nothing here.
  }

  async #applyPayouts(message: MessageRef, event: Message<typeof payoutsEvents>['event']): Promise<void> {
    switch (event.type) {
      case 'payouts.identity.failed': // Contracts alone holds accounts, also for facts of others (S-5).
      case 'payouts.screening.blocked':
        return this.commands.execute(new PlaceHoldByFact({ message, event }));
      case 'payouts.identity.verified':
      case 'payouts.screening.cleared':
        return this.commands.execute(new LiftHoldByFact({ message, event }));
    } // Other facts of payouts change nothing here.
  }

  #tell(message: MessageRef, event: ForeignTelling): Promise<void> {
    return this.commands.execute(new PlanNotices({ message, event }));
  }
}
