import type { contractsEvents, escrowEvents, Message } from '@holdfast/events';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CreditRelease } from './commands/credit-release.ts';
import { RememberAgreement } from './commands/remember-agreement.ts';

/** IN: other services' events -> commands. */
@Controller()
export class KafkaController {
  constructor(private readonly commands: CommandBus) {}

  @EventPattern('contracts.events')
  async onContracts(@Payload() { id, event }: Message<typeof contractsEvents>): Promise<void> {
    switch (event.type) {
      case 'contracts.contract.activated':
        return this.commands.execute(new RememberAgreement({ message: { source: 'event', id }, ...event }));
    } // Other facts of contracts do not concern payouts.
  }

  @EventPattern('escrow.events')
  async onEscrow(@Payload() { id, event }: Message<typeof escrowEvents>): Promise<void> {
    switch (event.type) {
      case 'escrow.milestone.released': // Answered by `payouts.funds.credited`, same transfer (M-22).
        return this.commands.execute(new CreditRelease({ message: { source: 'event', id }, ...event }));
    } // Other facts of escrow do not concern payouts.
  }
}
