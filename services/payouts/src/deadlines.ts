import type { AnyDeadline, Deadline } from '@holdfast/messaging';
import { type BaseConfig, CONFIG, deployedTopics } from '@holdfast/service';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { MatureFunds } from './commands/mature-funds.ts';
import { CreditTable } from './tables/credit.table.ts';

/** What falls due in payouts, and whose facts can stop it (docs/deadlines.md). */
export function payoutsDeadlines(app: INestApplicationContext): AnyDeadline[] {
  const commands = app.get(CommandBus);
  const config = app.get<BaseConfig>(CONFIG);
  const endOfHold: Deadline<typeof CreditTable> = {
    kind: 'hold.end',
    does: 'timer',
    entity: CreditTable,
    dueAt: 'maturesAt',
    keys: ['agreementId', 'clientId', 'accountId'],
    parties: ['accountId'],
    // Chargeback or refund after release; safety hold; case on paid money (B-3).
    stoppedBy: deployedTopics(config, ['escrow', 'contracts', 'disputes']),
    fire: (credit, message) => commands.execute(new MatureFunds({ message, transferId: credit.id })),
  };
  return [endOfHold];
}
