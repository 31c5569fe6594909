import type { escrowEvents, Message, payoutsEvents } from '@holdfast/events';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ForgetBillingMethod } from './commands/forget-billing-method.ts';
import { LiftHoldByFact } from './commands/lift-hold.ts';
import { MirrorMilestone } from './commands/mirror-milestone.ts';
import { PlaceHoldByFact } from './commands/place-hold.ts';
import { PlanNotices } from './commands/plan-notices.ts';
import { RememberBillingMethod } from './commands/remember-billing-method.ts';

/** IN: other services' events -> commands. */
@Controller()
export class KafkaController {
  constructor(private readonly commands: CommandBus) {}

  @EventPattern('escrow.events')
  async onEscrow(@Payload() { id, event }: Message<typeof escrowEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'escrow.billing_method.verified': // Opens the gate at sending an offer.
        return this.commands.execute(new RememberBillingMethod({ message, ...event }));
      case 'escrow.billing_method.removed':
        return this.commands.execute(new ForgetBillingMethod({ message, methodId: event.methodId }));
      case 'escrow.funding.started':
        return this.commands.execute(new MirrorMilestone({ message, event }));
      case 'escrow.funding.failed':
      case 'escrow.milestone.funded':
      case 'escrow.review.started': // These two answer `contracts.milestone.submitted` (M-15).
      case 'escrow.submission.refused':
      case 'escrow.milestone.changes_requested':
      case 'escrow.milestone.released':
        await this.commands.execute(new MirrorMilestone({ message, event }));
        return this.commands.execute(new PlanNotices({ message, event }));
    } // Other facts of escrow do not concern contracts.
  }

  @EventPattern('payouts.events')
  async onPayouts(@Payload() { id, event }: Message<typeof payoutsEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'payouts.identity.failed': // Contracts alone holds accounts, also for facts of others (S-5).
      case 'payouts.screening.blocked':
        return this.commands.execute(new PlaceHoldByFact({ message, event }));
      case 'payouts.identity.verified':
      case 'payouts.screening.cleared':
        return this.commands.execute(new LiftHoldByFact({ message, event }));
      case 'payouts.method.added': // Contracts alone knows where a person is reached (C-7).
      case 'payouts.method.disabled':
      case 'payouts.withdrawal.paid':
      case 'payouts.withdrawal.failed':
      case 'payouts.withdrawal.returned':
        return this.commands.execute(new PlanNotices({ message, event }));
    } // Other facts of payouts do not concern contracts.
  }
}
