import { Rejection } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertFewVerifications, triesMax } from '../domain/small-charge.ts';
import { isKeptFromPaying } from '../tables/account-hold.table.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';

export class AddBillingMethod extends Command<{ methodId: string; status: 'verifying' }> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      kind: BillingMethodKind;
      token?: string;
      /** Without it: by the provider's set-up. */
      verifyBy?: BillingMethod['verifyBy'];
    },
  ) {
    super();
  }
}

/**
 * Stores a card or a bank account by its provider's token, or that a PayPal account is to be stored, and starts the
 * set-up with its holder present, or the small charges that take its place (P-1, P-2, P-15).
 * @throws Rejection account.on_hold | billing_method.too_many_verifications, where it is to be charged (S-5)
 */
@CommandHandler(AddBillingMethod)
export class AddBillingMethodHandler implements ICommandHandler<AddBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AddBillingMethod): Promise<{ methodId: string; status: 'verifying' }> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, kind, token, verifyBy = 'set_up' } = command.input;
      const isCharged = verifyBy === 'small_charges';
      if (isCharged && (await isKeptFromPaying(tx, accountId))) {
        throw new Rejection('account.on_hold', { kind: 'financial' });
      }
      const earlier = isCharged ? await tx.many(BillingMethodTable, { accountId, verifyBy }) : [];
      assertFewVerifications(earlier, tx.now);
      const methodId = newId();
      tx.insert(BillingMethodTable, {
        id: methodId,
        accountId,
        kind,
        status: 'verifying',
        verifyBy,
        triesLeft: isCharged ? triesMax : null,
        verificationNumber: isCharged ? earlier.length + 1 : null,
        confirmBy: null,
        token: token ?? null,
        customerId: null,
        setupId: null,
        providerMethod: null,
        payerUrl: null,
        refusal: null,
        mandateAt: null,
        mandateVersion: null,
        mandateScope: null,
        rank: null,
        addedAt: tx.now,
        removedAt: null,
        nextCallAt: tx.now,
        correlationId: currentCausality()?.correlationId ?? methodId,
        traceparent: currentTraceparent() ?? null,
      });
      return { methodId, status: 'verifying' };
    });
  }
}
