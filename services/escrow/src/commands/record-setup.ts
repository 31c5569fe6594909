import { NotYet } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { mandate, nextPollAt, rankOfNew } from '../domain/billing-method.ts';
import type { SetupView } from '../providers/card-setup.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';

export type SetupObservation = { customerId: string } | { setup: SetupView } | { refused: string };

export class RecordSetup extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string; observation: SetupObservation }) {
    super();
  }
}

/** Stores each step of a set-up before the next call; its success verifies the method (P-2, P-16). */
@CommandHandler(RecordSetup)
export class RecordSetupHandler implements ICommandHandler<RecordSetup> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordSetup): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId: id, observation } = command.input;
      const method = await tx.one(BillingMethodTable, { id });
      if (!method) throw new NotYet('billing_method.unknown');
      if (method.status !== 'verifying') return;
      if ('customerId' in observation) {
        tx.save(BillingMethodTable, { ...method, customerId: observation.customerId, nextCallAt: tx.now });
      } else if ('refused' in observation) {
        refuse(tx, method, observation.refused);
      } else {
        await see(tx, method, observation.setup);
      }
    });
  }
}

async function see(
  tx: Tx,
  method: BillingMethod,
  { id: setupId, status, method: providerMethod, payerUrl }: SetupView,
): Promise<void> {
  switch (status) {
    case 'succeeded': {
      const { accountId, id: methodId, kind } = method;
      const others = await tx.many(BillingMethodTable, { accountId, status: 'verified' });
      tx.save(BillingMethodTable, {
        ...method,
        setupId,
        providerMethod: providerMethod ?? null,
        status: 'verified',
        mandateAt: tx.now,
        mandateVersion: mandate.version,
        mandateScope: mandate.scope,
        rank: rankOfNew(others),
        payerUrl: null,
        nextCallAt: null,
      });
      tx.publish(escrowEvents, [{ type: 'escrow.billing_method.verified', accountId, methodId, kind }]);
      return;
    }
    case 'requires_payment_method':
    case 'canceled':
      refuse(tx, method, status);
      return;
    case 'requires_action':
    case 'processing': {
      // The bank or the payer has the word; the notice may be lost, so it is asked for as well.
      const nextCallAt = nextPollAt(method.kind, method.addedAt, tx.now);
      if (!nextCallAt) return refuse(tx, method, 'abandoned');
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

function refuse(tx: Tx, method: BillingMethod, refusal: string): void {
  tx.save(BillingMethodTable, {
    ...method,
    status: 'refused',
    refusal: refusal.slice(0, 80),
    nextCallAt: null,
  });
}
