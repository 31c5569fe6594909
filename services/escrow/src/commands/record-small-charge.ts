import { NotYet, usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { expire, type Funding, type Observation, observe } from '../domain/funding.ts';
import { confirmableUntil, smallChargeJournal } from '../domain/small-charge.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import {
  loadSmallCharge,
  type SmallChargeRow,
  SmallChargeTable,
  toRow,
} from '../tables/small-charge.table.ts';
import { giveBackSmallCharge, giveBackSmallCharges, SmallCharges } from './small-charges.ts';
import { refuseMethod } from './verify-method.ts';

export class RecordSmallCharge extends Command<void> {
  constructor(readonly input: { message: MessageRef; smallChargeId: string; observation: Observation }) {
    super();
  }
}

/** Books what was observed of a small charge; after the first one comes the second, then the client's word (P-2). */
@CommandHandler(RecordSmallCharge)
export class RecordSmallChargeHandler implements ICommandHandler<RecordSmallCharge> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly smallCharges: SmallCharges,
  ) {}

  execute(command: RecordSmallCharge): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { smallChargeId, observation } = command.input;
      const known = await loadSmallCharge(tx, smallChargeId);
      if (!known) throw new NotYet('billing_method.unknown');
      const after = observe(known.charge, observation, tx.now);
      if (after === known.charge) return;
      const row = toRow(after, known.row);
      tx.save(SmallChargeTable, row);
      if (after.status === known.charge.status) return;
      const method = (await tx.one(BillingMethodTable, { id: row.methodId }))!;
      if (after.status === 'succeeded') {
        const providerMethod = observation.kind === 'seen' ? observation.intent.method : undefined;
        await this.#succeed(tx, row, { ...method, providerMethod: providerMethod ?? method.providerMethod });
      } else if (method.status === 'verifying') {
        await follow(tx, method, after);
      }
    });
  }

  /** Of a method that is given up meanwhile it goes back at once, however late it came. */
  async #succeed(tx: Tx, row: SmallChargeRow, method: BillingMethod): Promise<void> {
    tx.post(smallChargeJournal(row.id, { accountId: row.accountId, amount: usd(row.amountMinor) }));
    if (method.status !== 'verifying') return giveBackSmallCharge(tx, row);
    if (row.place === 2) {
      const { accountId, id: methodId, kind } = method;
      const dueAt = confirmableUntil(tx.now);
      tx.save(BillingMethodTable, { ...method, status: 'confirming', confirmBy: dueAt, payerUrl: null });
      tx.publish(escrowEvents, [
        { type: 'escrow.billing_method.confirmable', accountId, methodId, kind, dueAt },
      ]);
      return;
    }
    if (await this.smallCharges.begin(tx, method, 2)) {
      return tx.save(BillingMethodTable, { ...method, payerUrl: null });
    }
    refuseMethod(tx, method, 'account_on_hold');
    await giveBackSmallCharge(tx, row);
  }
}

/** The payer is called, or there will be no two charges: then one that was paid goes back. */
async function follow(tx: Tx, method: BillingMethod, after: Funding): Promise<void> {
  if (after.status === 'failed' || after.status === 'in_review') {
    refuseMethod(tx, method, after.status === 'failed' ? after.ending : after.status);
    return giveBackSmallCharges(tx, method.id);
  }
  const payerUrl = after.status === 'awaiting_payer' ? (after.payerUrl ?? null) : null;
  tx.save(BillingMethodTable, { ...method, payerUrl });
}

export class ExpireSmallCharge extends Command<void> {
  constructor(readonly input: { message: MessageRef; smallChargeId: string }) {
    super();
  }
}

/** The payer's minutes are over: cancelled at the provider first, since the payer may just have confirmed (E-26). */
@CommandHandler(ExpireSmallCharge)
export class ExpireSmallChargeHandler implements ICommandHandler<ExpireSmallCharge> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireSmallCharge): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const known = await loadSmallCharge(tx, command.input.smallChargeId);
      if (!known) throw new NotYet('billing_method.unknown');
      const expired = expire(known.charge, tx.now);
      if (expired) tx.save(SmallChargeTable, toRow(expired, known.row));
    });
  }
}
