import type { contractsEvents, escrowEvents, Message } from '@holdfast/events';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ClawBackFunds } from './commands/claw-back-funds.ts';
import { CreditRelease } from './commands/credit-release.ts';
import { HoldFunds } from './commands/hold-funds.ts';
import { NoteClearing } from './commands/note-clearing.ts';
import { RecordAccountHold } from './commands/record-account-hold.ts';
import { RememberAccount } from './commands/remember-account.ts';
import { RememberAgreement } from './commands/remember-agreement.ts';
import { RestoreFunds, RestoreRefund } from './commands/restore-funds.ts';
import { TakeRefund } from './commands/take-refund.ts';

/** IN: other services' events -> commands. */
@Controller()
export class KafkaController {
  constructor(private readonly commands: CommandBus) {}

  @EventPattern('contracts.events')
  async onContracts(@Payload() { id, event }: Message<typeof contractsEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'contracts.account.opened': {
        const { accountId, region } = event;
        return this.commands.execute(new RememberAccount({ message, accountId, region }));
      }
      case 'contracts.account.hold_placed':
      case 'contracts.account.hold_lifted': // Both decide which withdrawals are held (S-5).
        return this.commands.execute(new RecordAccountHold({ message, ...holdOf(event) }));
      case 'contracts.contract.activated':
        return this.commands.execute(new RememberAgreement({ message, ...event }));
    } // Other facts of contracts do not concern payouts.
  }

  @EventPattern('escrow.events')
  async onEscrow(@Payload() { id, event }: Message<typeof escrowEvents>): Promise<void> {
    const message = { source: 'event', id } as const;
    switch (event.type) {
      case 'escrow.milestone.released':
      case 'escrow.bonus.released': // Answered by `payouts.funds.credited`, same transfer (M-22).
        return this.commands.execute(new CreditRelease({ message, ...event }));
      case 'escrow.chargeback.received': // What the freelancer may have to give back waits (B-5).
        return this.commands.execute(new HoldFunds({ message, ...event }));
      case 'escrow.chargeback.won': // With a net: answered by `payouts.funds.restored`, same transfer (M-22).
        return this.commands.execute(new RestoreFunds({ message, ...event }));
      case 'escrow.chargeback.lost': // With a net: answered by `payouts.funds.clawed_back` (P-11).
        return this.commands.execute(new ClawBackFunds({ message, ...event }));
      case 'escrow.refund.drawn_on_balance': // Answered by `payouts.refund.taken` or `.refused` (E-25).
        return this.commands.execute(new TakeRefund({ message, ...event }));
      case 'escrow.refund.reversed': // Answered by `payouts.funds.restored`, same transfer (M-22).
        return this.commands.execute(new RestoreRefund({ message, ...event }));
      case 'escrow.clearing.applied': // The answer to our own transfers (M-22).
        return this.commands.execute(new NoteClearing({ message, ...event }));
    } // Other facts of escrow do not concern payouts.
  }
}

type HoldFact = Extract<
  Message<typeof contractsEvents>['event'],
  { type: 'contracts.account.hold_placed' | 'contracts.account.hold_lifted' }
>;

const holdOf = ({ type, accountId, holdId, kind }: HoldFact) => {
  return { accountId, holdId, kind, isStanding: type === 'contracts.account.hold_placed' };
};
