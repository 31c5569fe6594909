import { usd } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { AddBillingMethod, AddBillingMethodHandler } from '../commands/add-billing-method.ts';
import {
  ConfirmBillingMethod,
  ConfirmBillingMethodHandler,
  ExpireConfirmation,
  ExpireConfirmationHandler,
} from '../commands/confirm-billing-method.ts';
import {
  ExpireSmallCharge,
  ExpireSmallChargeHandler,
  RecordSmallCharge,
  RecordSmallChargeHandler,
} from '../commands/record-small-charge.ts';
import { RecordSmallDispute, RecordSmallDisputeHandler } from '../commands/record-small-dispute.ts';
import { RecordSmallRefund, RecordSmallRefundHandler } from '../commands/record-small-refund.ts';
import { RetrySmallRefund, RetrySmallRefundHandler } from '../commands/retry-small-refund.ts';
import type { DisputeView } from '../domain/chargeback.ts';
import type { IntentView } from '../domain/funding.ts';
import type { RefundView } from '../domain/refund-attempt.ts';
import { Escrow, http, smallCharges, useEscrow } from './escrow.ts';

const worker = () => ({ source: 'worker', id: newId() }) as const;

/** A card that two small charges verify, step by step as the worker takes them (P-2). */
export class Verifications extends Escrow {
  get #uow() {
    return this.database.unitOfWork;
  }

  async addSmall(accountId = `client-${newId()}`, token = 'pm_card_visa') {
    const input = { message: http(), accountId, kind: 'card', token, verifyBy: 'small_charges' } as const;
    const { methodId } = await new AddBillingMethodHandler(this.#uow).execute(new AddBillingMethod(input));
    return { accountId, methodId };
  }

  /** With the client's record at the provider, and so with its first charge. */
  async begun() {
    const added = await this.addSmall();
    await this.recordSetup(added.methodId, { customerId: 'cus_1' });
    return added;
  }

  /** Both were paid. */
  async confirming() {
    const added = await this.begun();
    await this.seeSmall(added.methodId, 1, 'succeeded', { method: 'pm_kept' });
    await this.seeSmall(added.methodId, 2, 'succeeded');
    return { ...added, amounts: await this.amountsOf(added.methodId) };
  }

  async amountsOf(methodId: string): Promise<[bigint, bigint]> {
    const rows = await this.chargesOf(methodId);
    return rows.map((row) => row.amount_minor) as [bigint, bigint];
  }

  chargesOf(methodId: string) {
    return this.rows('select * from small_charges where method_id = $1 order by place', [methodId]);
  }

  smallRefundsOf(methodId: string) {
    return this.rows(
      `select r.*, c.place from small_refunds r join small_charges c on c.id = r.small_charge_id
        where c.method_id = $1 order by c.place, r.number`,
      [methodId],
    );
  }

  async seeSmall(
    methodId: string,
    place: 1 | 2,
    status: IntentView['status'],
    more: Partial<IntentView> = {},
  ) {
    const { id, amount_minor } = (await this.chargesOf(methodId))[place - 1]!;
    const receivedMinor = status === 'succeeded' ? (amount_minor as bigint) : 0n;
    const intent = { id: `pi_${id}`, status, receivedMinor, currency: 'usd', ...more };
    const input = {
      message: worker(),
      smallChargeId: String(id),
      observation: { kind: 'seen', intent },
    } as const;
    await new RecordSmallChargeHandler(this.#uow, smallCharges).execute(new RecordSmallCharge(input));
  }

  async expireSmall(methodId: string, place: 1 | 2) {
    const { id, expires_at } = (await this.chargesOf(methodId))[place - 1]!;
    const message: MessageRef = { source: 'timer', id: `${id}`, datedAt: expires_at as Date };
    await new ExpireSmallChargeHandler(this.#uow).execute(
      new ExpireSmallCharge({ message, smallChargeId: String(id) }),
    );
  }

  /** What the provider says of the last sending of each charge's way back. */
  async seeSmallRefunds(methodId: string, status: RefundView['status']) {
    for (const { id, amount_minor } of await this.smallRefundsOf(methodId)) {
      const refund = { id: `re_${id}`, status, amountMinor: amount_minor as bigint, currency: 'usd' };
      const input = {
        message: worker(),
        attemptId: String(id),
        observation: { kind: 'seen', refund },
      } as const;
      await new RecordSmallRefundHandler(this.#uow).execute(new RecordSmallRefund(input));
    }
  }

  async seeSmallDispute(smallChargeId: string, dispute: DisputeView) {
    const input = { message: worker(), smallChargeId, dispute };
    await new RecordSmallDisputeHandler(this.#uow).execute(new RecordSmallDispute(input));
  }

  confirm(accountId: string, methodId: string, amounts: readonly [bigint, bigint], message = http()) {
    const said = [usd(amounts[0]), usd(amounts[1])] as const;
    return new ConfirmBillingMethodHandler(this.#uow).execute(
      new ConfirmBillingMethod({ message, accountId, methodId, amounts: said }),
    );
  }

  expireConfirmation(methodId: string, datedAt: Date) {
    const message: MessageRef = { source: 'timer', id: `${methodId}/${datedAt.getTime()}`, datedAt };
    return new ExpireConfirmationHandler(this.#uow).execute(new ExpireConfirmation({ message, methodId }));
  }

  retrySmall(smallChargeId: string, by: string) {
    const input = { message: http(), smallChargeId, by, reason: 'The card was blocked by mistake' };
    return new RetrySmallRefundHandler(this.#uow).execute(new RetrySmallRefund(input));
  }

  async methodOf(methodId: string) {
    return (await this.rows('select * from billing_methods where id = $1', [methodId]))[0]!;
  }
}

export function useVerifications(): () => Verifications {
  const escrow = useEscrow();
  return () => new Verifications(escrow().database);
}
