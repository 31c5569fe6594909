import { NotYet } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { nextPollAt } from '../domain/billing-method.ts';
import type { SetupView } from '../providers/card-setup.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { SmallCharges } from './small-charges.ts';
import { refuseMethod, verifyMethod } from './verify-method.ts';

export type SetupObservation = { customerId: string } | { setup: SetupView } | { refused: string };

export class RecordSetup extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string; observation: SetupObservation }) {
    super();
  }
}

/**
 * Stores each step of a set-up before the next call; its success verifies the method (P-2, P-16). Where small charges
 * do that, the payer's record at the provider is the only step, and the first of them follows.
 */
@CommandHandler(RecordSetup)
export class RecordSetupHandler implements ICommandHandler<RecordSetup> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly smallCharges: SmallCharges,
  ) {}

  execute(command: RecordSetup): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId: id, observation } = command.input;
      const method = await tx.one(BillingMethodTable, { id });
      if (!method) throw new NotYet('billing_method.unknown');
      if (method.status !== 'verifying') return;
      if ('refused' in observation) {
        refuseMethod(tx, method, observation.refused);
      } else if ('customerId' in observation && method.verifyBy === 'small_charges') {
        await this.#charge(tx, method, observation.customerId);
      } else if ('customerId' in observation) {
        tx.save(BillingMethodTable, { ...method, customerId: observation.customerId, nextCallAt: tx.now });
      } else {
        await see(tx, method, observation.setup);
      }
    });
  }

  async #charge(tx: Tx, method: BillingMethod, customerId: string): Promise<void> {
    if (method.customerId) return;
    const known = { ...method, customerId, nextCallAt: null };
    if (await this.smallCharges.begin(tx, known, 1)) tx.save(BillingMethodTable, known);
    else refuseMethod(tx, known, 'account_on_hold');
  }
}

async function see(
  tx: Tx,
  method: BillingMethod,
  { id: setupId, status, method: providerMethod, payerUrl }: SetupView,
): Promise<void> {
  switch (status) {
    case 'succeeded':
      return verifyMethod(tx, { ...method, setupId, providerMethod: providerMethod ?? null });
    case 'requires_payment_method':
    case 'canceled':
      refuseMethod(tx, method, status);
      return;
    case 'requires_action':
    case 'processing': {
      // The bank or the payer has the word; the notice may be lost, so it is asked for as well.
      const nextCallAt = nextPollAt(method.kind, method.addedAt, tx.now);
      if (!nextCallAt) return refuseMethod(tx, method, 'abandoned');
      tx.save(BillingMethodTable, {
        ...method,
        setupId,
        payerUrl: payerUrl ?? null,
        nextCallAt,
      });
      return;
    }
    default:
      tx.save(BillingMethodTable, { ...method, setupId, nextCallAt: tx.now });
  }
}
