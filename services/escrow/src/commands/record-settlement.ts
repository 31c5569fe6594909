import { NotYet } from '@holdfast/domain';
import { type EventOf, escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { settlementJournal, settlementReturnJournal } from '../domain/journals.ts';
import { observe, type PayoutObservation, type Settlement } from '../domain/settlement.ts';
import { loadSettlement, saveSettlement } from '../tables/settlement.table.ts';

export class RecordSettlement extends Command<void> {
  constructor(readonly input: { message: MessageRef; settlementId: string; observation: PayoutObservation }) {
    super();
  }
}

/** Books what was observed of a settlement: the cash changes its place only when the bank has it (M-23). */
@CommandHandler(RecordSettlement)
export class RecordSettlementHandler implements ICommandHandler<RecordSettlement> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordSettlement): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { settlementId, observation } = command.input;
      const known = await loadSettlement(tx, settlementId);
      if (!known) throw new NotYet('settlement.unknown');
      const after = observe(known.settlement, observation, tx.now);
      if (after === known.settlement) return;
      saveSettlement(tx, after, known.frame);
      if (after.status !== known.settlement.status) move(tx, after);
    });
  }
}

function move(tx: Tx, { id, status, amount }: Settlement): void {
  const moved = { movementId: id, kind: 'transfer', amount, movedAt: tx.now } as const;
  const publish = (places: Pick<TreasuryMoved, 'from' | 'to'>): void =>
    tx.publish(escrowEvents, [{ type: 'escrow.treasury.moved', ...moved, ...places }]);
  if (status === 'paid') {
    tx.post(settlementJournal(id, amount));
    publish({ from: 'trust_card', to: 'trust_bank' });
  }
  if (status === 'returned') {
    tx.post(settlementReturnJournal(id, amount));
    publish({ from: 'trust_bank', to: 'trust_card' });
  }
}

type TreasuryMoved = Extract<EventOf<typeof escrowEvents>, { type: 'escrow.treasury.moved' }>;
