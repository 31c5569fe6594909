import { Rejection } from '@holdfast/domain';
import { ReceiveNotice } from '@holdfast/providers';
import { BodyNotKept, CONFIG, holdsCardNumber, Open, Problem, Summary } from '@holdfast/service';
import { Controller, Headers, HttpCode, Inject, Post, RawBody } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { PayoutsConfig } from './config.ts';
import { isSigned } from './providers/bank-signature.ts';

/** The dedup id stands in a header, which is not signed: nothing but the order of notices rests on it. */
const NoticeId = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);
const Notice = z.object({
  event: z.string().regex(/^[a-z_.]{1,80}$/),
  data: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/) }),
});

/** IN: the bank's notices. They carry a signature instead of a token. */
@Controller('v1/webhooks')
@Open()
export class WebhookController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(CONFIG) private readonly config: Pick<PayoutsConfig, 'BANK_WEBHOOK_SECRETS'>,
  ) {}

  @Summary(
    'Verified over the raw bytes, stored, answered; worked off afterwards (0.2 of the provider protocols).',
  )
  @Post('bank')
  @BodyNotKept()
  @HttpCode(200)
  async bank(
    @RawBody() rawBody: Buffer | undefined,
    @Headers('x-signature') signature: string | undefined,
    @Headers('x-webhook-id') webhookId: string | undefined,
  ): Promise<{ received: true }> {
    const bytes = rawBody ?? Buffer.alloc(0);
    if (!isSigned(signature, bytes, this.config.BANK_WEBHOOK_SECRETS)) {
      throw new Rejection('webhook.signature_invalid');
    }
    const id = NoticeId.safeParse(webhookId);
    const notice = Notice.safeParse(parsed(bytes));
    if (!id.success || !notice.success) throw new Rejection('webhook.malformed');
    if (holdsCardNumber([id.data, notice.data])) throw new Problem('request.card_number');
    const { event: eventType, data } = notice.data;
    const message = { source: 'worker', id: id.data } as const;
    await this.commands.execute(
      new ReceiveNotice({ message, provider: 'bank', eventType, objectId: data.id }),
    );
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
