import type { escrowEvents, Message, payoutsEvents } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ForgetBillingMethod } from './commands/forget-billing-method.ts';
import { LiftHoldByFact } from './commands/lift-hold.ts';
import { MirrorMilestone } from './commands/mirror-milestone.ts';
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
      case 'escrow.review.started': // These two answer `contracts.milestone.submitted` (M-15).
      case 'escrow.submission.refused':
      case 'escrow.milestone.changes_requested':
      case 'escrow.milestone.released':
        return this.commands.execute(new MirrorMilestone({ message, event }));
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
