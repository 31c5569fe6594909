import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { EscrowConfig } from '../config.ts';
import { amountOf, type Refund, retry } from '../domain/refund.ts';
import { assertAtBank, otherMethod } from '../domain/refund-way.ts';
import { BankCashView } from '../tables/bank-cash.table.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { loadRefund, saveRefund } from '../tables/refund.table.ts';
import { decideByTwo } from '../tables/refund-decision.table.ts';
import { CashAccountTable } from '../tables/settlement.table.ts';
import { chargeOf, sendRefund } from './decide-refund.ts';
import { noteRefundRetried } from './settle-refunded-milestone.ts';

export type RerouteAnswer = {
  refundId: string;
  status: 'proposed' | 'refunding';
  attempt: number;
  /** The client's account to which it goes. */
  billingMethodId: string;
};

export class RerouteRefund extends Command<RerouteAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      refundId: string;
      /** Without it: the client's first verified bank account. */
      billingMethodId?: string;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * A refund that failed goes another way, when two persons want it: by the bank, to an account that the same client has
 * verified (E-23, S-11). The cash must be there: it is settled to the bank before (G-34.4).
 * @throws Rejection refund.not_failed | refund.no_other_method | refund.second_person_needed | refund.bank_short
 */
@CommandHandler(RerouteRefund)
export class RerouteRefundHandler implements ICommandHandler<RerouteRefund> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'BANK_ORIGINATING_ACCOUNT_ID'>,
  ) {}

  execute(command: RerouteRefund): Promise<RerouteAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundId, by, reason, billingMethodId: methodId } = command.input;
      const refund = await loadRefund(tx, refundId);
      const again = retry(refund);
      const { attempt } = refund;
      const funding = (await tx.one(FundingTable, { id: refund.fundingId }))!;
      const verified = await tx.many(BillingMethodTable, { accountId: refund.clientId, status: 'verified' });
      const method = otherMethod(verified, { methodId, chargedId: funding.methodId });
      const answer = { refundId, billingMethodId: method.id };
      const decision = { ...answer, attempt, decision: 'reroute' } as const;
      if (!(await decideByTwo(tx, decision, { by, reason }))) {
        saveRefund(tx, refund);
        return { ...answer, status: 'proposed', attempt };
      }
      await promiseCash(tx, again);
      // Written, so that whoever removes it at the same time decides again.
      tx.save(BillingMethodTable, method);
      saveRefund(tx, again);
      const originatingAccountId = this.config.BANK_ORIGINATING_ACCOUNT_ID;
      const otherwise = { token: method.providerMethod, originatingAccountId };
      await sendRefund(tx, again, chargeOf(funding), { otherwise });
      await noteRefundRetried(tx, again);
      return { ...answer, status: 'refunding', attempt: again.attempt };
    });
  }
}

/** Loaded before the cash is read and saved at the end: nobody else has promised of it in between. */
async function promiseCash(tx: Tx, { parts }: Refund): Promise<void> {
  const account = (await tx.one(CashAccountTable, { name: 'trust_bank' }))!;
  assertAtBank(amountOf(parts), (await tx.peek(BankCashView, { id: 'trust_bank' }))!);
  tx.save(CashAccountTable, account);
}
