import { Instant } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { PaymentRequest } from '../domain/payment-request.ts';

/** What the freelancer has asked to be paid for; written once (E-27). */
export const PaymentRequestTable = defineEntity({
  name: 'PaymentRequest',
  tableName: 'payment_requests',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneIds: p.json<readonly string[]>(),
    requestedAt: p.datetime(),
    version: p.integer(),
  },
});

export const loadPaymentRequests = async (tx: Tx, agreementId: string): Promise<PaymentRequest[]> =>
  (await tx.many(PaymentRequestTable, { agreementId })).map(({ version: _, ...request }) => request);

export const insertPaymentRequest = (tx: Tx, request: PaymentRequest): void =>
  tx.insert(PaymentRequestTable, request);

export const shownRequest = (row: InferEntity<typeof PaymentRequestTable>): object => ({
  paymentRequestId: row.id,
  milestoneIds: row.milestoneIds,
  requestedAt: Instant.encode(row.requestedAt),
});
