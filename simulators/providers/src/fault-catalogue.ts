import { z } from 'zod';

/** Calls of the provider that asks for a token of limited life. */
const tokenCalls = [
  'token.create',
  'order.create',
  'order.capture',
  'order.read',
  'capture.read',
  'capture.refund',
  'capture.refund.read',
  'vault.setup',
  'vault.setup.read',
  'vault.token',
  'vault.token.read',
];

/** Where a fault bites: on a call, on a call that reads, on a webhook, or only on the operations named. */
type Place = 'call' | 'read' | 'webhook' | readonly string[];

/** `isFate`: not what happens to the call, but what becomes of the object that it makes. */
type Fault = Readonly<{ place: Place; params: z.ZodObject; isFate?: true }>;

const seconds = z.number().nonnegative();
const none = z.strictObject({});
const minor = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d{0,17}$/)])
  .transform((amount) => String(amount));
const outage = z.strictObject({ status: z.literal([424, 500, 502, 503, 504]).optional() });

/**
 * The faults that can be played, by their names in section 5 of the provider protocols, and their
 * parameters.
 */
export const faultCatalogue: Readonly<Record<string, Fault>> = {
  'slow-executed': { place: 'call', params: z.strictObject({ seconds: seconds.default(30) }) },
  'slow-not-executed': { place: 'call', params: none },
  'error-before-execution': { place: 'call', params: outage },
  'error-after-execution': { place: 'call', params: outage },
  'too-many-requests': {
    place: 'call',
    params: z.strictObject({
      retryAfter: z.union([seconds, z.literal('date')]).optional(),
      seconds: seconds.optional(),
    }),
  },
  'connection-reset': {
    place: 'call',
    params: z.strictObject({ when: z.enum(['before', 'within']).default('before') }),
  },
  'connection-refused': { place: 'call', params: z.strictObject({ seconds: seconds.default(2) }) },
  'webhook-before-response': { place: 'call', params: none },
  'wrong-credentials': {
    place: 'call',
    params: z.strictObject({ status: z.literal([401, 403]).default(401) }),
  },
  'token-expired': {
    place: tokenCalls,
    params: z.strictObject({ seconds: seconds.default(5) }),
  },
  'duplicate-key': {
    place: 'call',
    params: z.strictObject({
      answer: z.enum(['409', 'idempotency_error']).default('409'),
      executed: z.boolean().default(true),
    }),
  },
  'malformed-body': {
    place: 'call',
    params: z.strictObject({
      kind: z.enum(['html-502', 'truncated-json', 'empty', 'error-in-200']).default('html-502'),
      executed: z.boolean().optional(),
    }),
  },
  'brown-out': {
    place: 'call',
    params: z.strictObject({ ratio: z.number().min(0).max(1).default(0.3), seconds: seconds.default(60) }),
  },
  'unknown-status': {
    place: 'call',
    params: z.strictObject({ status: z.string().min(1).default('something_new') }),
  },
  'not-found-yet': { place: 'read', params: z.strictObject({ seconds: seconds.optional() }) },
  'payer-needed': {
    place: ['charge.confirm', 'charge.create', 'order.capture', 'order.create'],
    params: z.strictObject({ mandate: z.literal('withdrawn').optional() }),
  },
  'late-charge-success': { place: ['charge.cancel'], params: none },
  'refund-failed': {
    place: ['refund.create', 'capture.refund'],
    params: z.strictObject({
      when: z.enum(['at-once', 'later', 'after-succeeded', 'requires-action', 'never']).default('at-once'),
      seconds: seconds.default(3 * 86_400),
      reason: z
        .enum([
          'declined',
          'expired_or_canceled_card',
          'insufficient_funds',
          'lost_or_stolen_card',
          'unknown',
        ])
        .default('expired_or_canceled_card'),
    }),
  },
  'dispute-debit': {
    place: ['charge.create', 'charge.confirm', 'charge.capture'],
    params: z.strictObject({
      kind: z.enum(['inquiry', 'chargeback']).default('chargeback'),
      ends: z.enum(['open', 'reinstated', 'lost', 'escalated', 'second-stage']).default('open'),
      days: z.int().min(0).max(3650).default(0),
      afterDays: z.int().min(0).max(3650).default(3),
      dueInDays: z.int().min(1).max(365).optional(),
      amountMinor: minor.optional(),
      feeMinor: z.union([minor, z.literal(0)]).optional(),
      feeReturned: z.boolean().default(false),
    }),
    isFate: true,
  },
  'cost-report': {
    place: ['charge.create', 'charge.confirm', 'charge.capture', 'refund.create', 'settlement.create'],
    params: z.strictObject({
      kind: z.enum(['late', 'doubled', 'other-fee']).default('late'),
      seconds: seconds.default(86_400),
      feeMinor: z.union([minor, z.literal(0)]).optional(),
    }),
    isFate: true,
  },
  return: {
    place: ['payout.ach', 'settlement.create'],
    params: z.strictObject({
      when: z.enum(['before-paid', 'after-paid']).default('after-paid'),
      reason: z
        .string()
        .regex(/^R\d{2}$/)
        .default('R03'),
      days: z.int().min(0).max(3650).default(2),
      amountMinor: minor.optional(),
    }),
    isFate: true,
  },
  screening: {
    place: ['screening.ask'],
    params: z.strictObject({ result: z.enum(['clear', 'review', 'blocked', 'no_answer']).default('review') }),
  },
  'duplicate-webhook': {
    place: 'webhook',
    params: z.strictObject({
      count: z.int().min(2).max(100).default(2),
      concurrent: z.boolean().default(false),
    }),
  },
  'renewed-webhook': { place: 'webhook', params: none },
  'out-of-order-webhook': { place: 'webhook', params: none },
  'lost-webhook': { place: 'webhook', params: none },
  'late-webhook': { place: 'webhook', params: z.strictObject({ seconds: seconds.default(86_400) }) },
  'bad-signature': {
    place: 'webhook',
    params: z.strictObject({
      kind: z.enum(['signature', 'timestamp', 'missing', 'webhook-id', 'certificate']).default('signature'),
      attempts: z.int().min(1).default(1),
    }),
  },
  'key-rotation': { place: 'webhook', params: none },
  'clock-skew': { place: 'webhook', params: z.strictObject({ seconds: z.int().default(600) }) },
};

/** Faults of a period rather than of one call. */
const lasting = new Set(['brown-out']);

/** How often a rule fires when the request does not say; null is without end. */
export function defaultTimes(fault: string, params: Record<string, unknown>): number | null {
  if (lasting.has(fault)) return null;
  return fault === 'not-found-yet' && params.seconds !== undefined ? null : 1;
}

/** Webhook faults may also be asked for on the call that causes the webhook. `*` is every call. */
export function canBite(fault: string, op: string): boolean {
  const place = faultCatalogue[fault]?.place;
  if (!place) return false;
  if (place === 'webhook') return !op.endsWith('.read');
  if (place === 'call') return op !== 'webhook';
  return place === 'read' ? op.endsWith('.read') : place.includes(op);
}

export function isWebhookFault(fault: string): boolean {
  return faultCatalogue[fault]?.place === 'webhook';
}

export function isFateFault(fault: string): boolean {
  return faultCatalogue[fault]?.isFate === true;
}

/** Only who signs with a certificate can change it, name another subscription, or have one that nobody vouches for. */
export function isOfCertificates(fault: string, kind: unknown): boolean {
  return fault === 'key-rotation' || kind === 'webhook-id' || kind === 'certificate';
}
