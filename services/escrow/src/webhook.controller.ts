import type { IncomingHttpHeaders } from 'node:http';
import { Rejection } from '@holdfast/domain';
import { WallClock } from '@holdfast/messaging';
import { ReceiveNotice } from '@holdfast/providers';
import { BodyNotKept, CONFIG, holdsCardNumber, Open, Problem, Summary } from '@holdfast/service';
import { Controller, Headers, HttpCode, Inject, Post, RawBody } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { EscrowConfig } from './config.ts';
import { isSigned } from './providers/card-signature.ts';
import { PaypalSignature } from './providers/paypal-signature.ts';

const Notice = z.object({
  id: z.string().regex(/^evt_[A-Za-z0-9_]{1,100}$/),
  type: z.string().regex(/^[a-z_.]{1,80}$/),
  data: z.object({ object: z.object({ id: z.string().regex(/^[A-Za-z0-9_]{1,120}$/) }) }),
});

/** The order that a notice is about: it alone, or the one that a capture belongs to. */
const OrderId = z.string().regex(/^[A-Z0-9]{1,36}$/);
const PaypalNotice = z.object({
  id: z.string().regex(/^WH-[A-Za-z0-9-]{1,100}$/),
  event_type: z.string().regex(/^[A-Z0-9_.-]{1,80}$/),
  resource: z.object({
    id: z.string().max(100),
    supplementary_data: z.object({ related_ids: z.object({ order_id: OrderId }) }).optional(),
  }),
});

/** IN: the notices of the providers of charges. They carry a signature instead of a token. */
@Controller('v1/webhooks')
@Open()
export class WebhookController {
  constructor(
    private readonly commands: CommandBus,
    private readonly wallClock: WallClock,
    @Inject(CONFIG) private readonly config: EscrowConfig,
    private readonly paypalSignature: PaypalSignature,
  ) {}

  @Summary(
    'Verified over the raw bytes, stored, answered; worked off afterwards (0.2 of the provider protocols).',
  )
  @Post('card')
  @BodyNotKept()
  @HttpCode(200)
  async card(
    @RawBody() rawBody: Buffer | undefined,
    @Headers('stripe-signature') signature: string | undefined,
  ): Promise<{ received: true }> {
    const bytes = rawBody ?? Buffer.alloc(0);
    if (!isSigned(signature, bytes, this.config.CARD_WEBHOOK_SECRETS, this.wallClock.now())) {
      throw new Rejection('webhook.signature_invalid');
    }
    const notice = Notice.safeParse(parsed(bytes));
    if (!notice.success) throw new Rejection('webhook.malformed');
    if (holdsCardNumber(notice.data)) throw new Problem('request.card_number');
    const { id, type: eventType, data } = notice.data;
    const concernsUs = /^(payment_intent|setup_intent|payout|refund|charge\.dispute)\./.test(eventType);
    if (concernsUs) {
      const message = { source: 'worker', id } as const;
      await this.commands.execute(
        new ReceiveNotice({ message, provider: 'card', eventType, objectId: data.object.id }),
      );
    }
    return { received: true };
  }

  @Summary('Verified by the certificate that signed it, stored, answered; worked off afterwards (1.7).')
  @Post('paypal')
  @BodyNotKept()
  @HttpCode(200)
  async paypal(
    @RawBody() rawBody: Buffer | undefined,
    @Headers() headers: IncomingHttpHeaders,
  ): Promise<{ received: true }> {
    const bytes = rawBody ?? Buffer.alloc(0);
    if (!(await this.paypalSignature.holds(headers, bytes))) {
      throw new Rejection('webhook.signature_invalid');
    }
    const notice = PaypalNotice.safeParse(parsed(bytes));
    if (!notice.success) throw new Rejection('webhook.malformed');
    if (holdsCardNumber(notice.data)) throw new Problem('request.card_number');
    const { id, event_type: eventType, resource } = notice.data;
    const objectId = eventType.startsWith('CHECKOUT.ORDER.')
      ? OrderId.safeParse(resource.id).data
      : resource.supplementary_data?.related_ids.order_id;
    if (objectId) {
      const message = { source: 'worker', id } as const;
      await this.commands.execute(new ReceiveNotice({ message, provider: 'paypal', eventType, objectId }));
    }
    return { received: true };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
