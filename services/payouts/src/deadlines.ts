import { type AnyDeadline, type Deadline, nextCall } from '@holdfast/messaging';
import { noticeDeadline } from '@holdfast/providers';
import { type BaseConfig, CONFIG, deployedTopics } from '@holdfast/service';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { FailIdentity } from './commands/change-identity.ts';
import { EndCooling } from './commands/end-cooling.ts';
import { MatureFunds } from './commands/mature-funds.ts';
import { MethodWorker } from './providers/method.worker.ts';
import { NoticeWorker } from './providers/notice.worker.ts';
import { StopWorker } from './providers/stop.worker.ts';
import { WithdrawalWorker } from './providers/withdrawal.worker.ts';
import { CreditTable } from './tables/credit.table.ts';
import { PersonTable } from './tables/person.table.ts';
import { SendingStopTable } from './tables/sending-stop.table.ts';
import { WithdrawalTable } from './tables/withdrawal.table.ts';
import { WithdrawalMethodTable } from './tables/withdrawal-method.table.ts';

/** What falls due in payouts, and whose facts can stop it (docs/deadlines.md). */
export function payoutsDeadlines(app: INestApplicationContext): AnyDeadline[] {
  const commands = app.get(CommandBus);
  const config = app.get<BaseConfig>(CONFIG);
  const methods = app.get(MethodWorker);
  const endOfHold: Deadline<typeof CreditTable> = {
    kind: 'hold.end',
    does: 'timer',
    entity: CreditTable,
    dueAt: 'maturesAt',
    keys: ['agreementId', 'clientId', 'accountId'],
    parties: ['accountId'],
    // Chargeback or refund after release; safety hold (B-3). Disputes joins them with cases on paid money (D-16).
    stoppedBy: deployedTopics(config, ['escrow', 'contracts']),
    announced: { by: 'nobody', because: 'the hold of a release (C-8, B-3)' },
    atStake: 'pendingMinor',
    fire: (credit, message) => commands.execute(new MatureFunds({ message, transferId: credit.id })),
  };
  const identityAnswer: Deadline<typeof PersonTable> = {
    kind: 'identity.answer',
    does: 'timer',
    entity: PersonTable,
    dueAt: 'identityDueAt',
    keys: ['id'],
    parties: ['id'],
    stoppedBy: [],
    announced: { by: 'notice', hoursBefore: 24 },
    fire: (person, message) => commands.execute(new FailIdentity({ message, accountId: person.id })),
  };
  const cooling: Deadline<typeof WithdrawalMethodTable> = {
    kind: 'method.cooling',
    does: 'timer',
    entity: WithdrawalMethodTable,
    dueAt: 'coolingDueAt',
    keys: ['accountId'],
    parties: ['accountId'],
    // Hold; chargeback (W-1).
    stoppedBy: deployedTopics(config, ['contracts', 'escrow']),
    announced: { by: 'nobody', because: 'it takes no right and moves no money (W-1)' },
    fire: (method, message) => commands.execute(new EndCooling({ message, methodId: method.id })),
  };
  const screening = nextCall('method.call', WithdrawalMethodTable, 'accountId', (method) =>
    methods.advance(method),
  );
  return [endOfHold, identityAnswer, cooling, screening, ...sendingDeadlines(app)];
}

/** What is due at the bank, and because of operators' stops: work, which no other service's fact stops. */
function sendingDeadlines(app: INestApplicationContext): AnyDeadline[] {
  const [withdrawals, notices, stops] = [
    app.get(WithdrawalWorker),
    app.get(NoticeWorker),
    app.get(StopWorker),
  ];
  const sending = nextCall('withdrawal.call', WithdrawalTable, 'accountId', (withdrawal) =>
    withdrawals.advance(withdrawal),
  );
  const stopped = nextCall('sending_stop.review', SendingStopTable, 'id', (stop) => stops.work(stop));
  return [sending, noticeDeadline(notices), stopped];
}
