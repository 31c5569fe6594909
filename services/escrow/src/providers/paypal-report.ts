import { z } from 'zod';
import type { ReportLine } from '../domain/processing-cost.ts';
import type { NotSent } from './pay-in.ts';
import { Amount } from './paypal.ts';
import type { PaypalClient } from './paypal-client.ts';
import type { CostSource, ReportPage, ReportPlace } from './report.ts';

/** A capture that is not taken yet says nothing of its cost. */
const Order = z.object({
  purchase_units: z
    .array(
      z.object({
        payments: z.object({
          captures: z
            .array(
              z.object({
                id: z.string().regex(/^[A-Z0-9]{1,36}$/),
                create_time: z.iso.datetime(),
                seller_receivable_breakdown: z.object({ gross_amount: Amount, paypal_fee: Amount }),
              }),
            )
            .length(1),
        }),
      }),
    )
    .length(1),
});

/** Charges that are booked and whose cost has not been read, behind the one with that id. */
type Captures = { captures(after: string | null, limit: number): Promise<{ id: string; orderId: string }[]> };

/** Each is a call of its own. */
const pageMax = 20;

/**
 * What PayPal took of each capture, as the capture itself says it: there is no list, so ours leads, and each capture is
 * asked for until it is told (protocols, 4.6).
 */
export class PaypalReport implements CostSource {
  readonly #client: PaypalClient;
  readonly #booked: Captures;

  constructor(client: PaypalClient, booked: Captures) {
    this.#client = client;
    this.#booked = booked;
  }

  /** Without an answer about one of them the page is asked for again. One that is not found has no line. */
  async read({ after }: Pick<ReportPlace, 'after'>): Promise<ReportPage | NotSent> {
    const booked = await this.#booked.captures(after, pageMax);
    const lines: ReportLine[] = [];
    for (const { id, orderId } of booked) {
      const outcome = await this.#client.call({
        operation: 'order.read',
        method: 'GET',
        path: `/v2/checkout/orders/${encodeURIComponent(orderId)}`,
      });
      if (outcome.status === 'not_sent') return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
      if (outcome.status === 'unknown') return { kind: 'not_sent' };
      const order = outcome.status === 'accepted' ? Order.safeParse(outcome.body).data : undefined;
      if (order) lines.push(lineOf(id, order));
    }
    return { kind: 'page', lines, next: (booked.length === pageMax && booked.at(-1)?.id) || null };
  }
}

/** A capture in another currency than its fee is none that we have asked for: that currency makes it a break. */
function lineOf(fundingId: string, { purchase_units }: z.output<typeof Order>): ReportLine {
  const { id, create_time, seller_receivable_breakdown: told } = purchase_units[0]!.payments.captures[0]!;
  const { gross_amount: gross, paypal_fee: fee } = told;
  return {
    id,
    category: 'charge',
    sourceId: id,
    marks: [fundingId],
    grossMinor: gross.value,
    feeMinor: fee.value,
    currency: fee.currency_code === 'USD' ? gross.currency_code : fee.currency_code,
    createdAt: new Date(create_time),
  };
}
