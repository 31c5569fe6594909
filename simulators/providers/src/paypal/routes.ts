import { get, operationsOf, post, type Route } from '../routes.ts';
import { CaptureOrder, CreateOrder, captureOrder, createOrder, readOrder } from './orders.ts';
import { RefundCapture, readCapture, readRefund, refundCapture } from './refunds.ts';
import { CreateAccessToken, createAccessToken } from './tokens.ts';
import {
  CreatePaymentToken,
  CreateSetupToken,
  createPaymentToken,
  createSetupToken,
  readPaymentToken,
  readSetupToken,
} from './vault.ts';

export const routes: readonly Route[] = [
  post('/v1/oauth2/token', 'token.create', CreateAccessToken, createAccessToken),
  post('/v2/checkout/orders', 'order.create', CreateOrder, createOrder),
  post('/v2/checkout/orders/:id/capture', 'order.capture', CaptureOrder, captureOrder),
  get('/v2/checkout/orders/:id', 'order.read', readOrder),
  get('/v2/payments/captures/:id', 'capture.read', readCapture),
  post('/v2/payments/captures/:id/refund', 'capture.refund', RefundCapture, refundCapture),
  get('/v2/payments/refunds/:id', 'capture.refund.read', readRefund),
  post('/v3/vault/setup-tokens', 'vault.setup', CreateSetupToken, createSetupToken),
  get('/v3/vault/setup-tokens/:id', 'vault.setup.read', readSetupToken),
  post('/v3/vault/payment-tokens', 'vault.token', CreatePaymentToken, createPaymentToken),
  get('/v3/vault/payment-tokens/:id', 'vault.token.read', readPaymentToken),
];

export const operations = operationsOf(routes);

const hourMs = 3_600_000;

/** How long a key is known: 6 h for orders, 3 h in the vault, 45 days for refunds (section 4.2). */
export function keptForMs({ op }: Route): number {
  if (op.startsWith('vault.')) return 3 * hourMs;
  return op === 'capture.refund' ? 45 * 24 * hourMs : 6 * hourMs;
}
