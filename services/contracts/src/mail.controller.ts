import { Rejection } from '@holdfast/domain';
import { BodyNotKept, CONFIG, holdsCardNumber, Open, Problem, Summary } from '@holdfast/service';
import { Controller, Get, Header, Headers, HttpCode, Inject, Post, Query, RawBody } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { RecordBounce } from './commands/record-bounce.ts';
import { RefuseNews } from './commands/refuse-news.ts';
import type { ContractsConfig } from './config.ts';
import { isSigned, noticeOfToken } from './mail/signatures.ts';
import { unsubscribePage } from './texts/unsubscribe.ts';

/** A delivery-status report: which of our mails, by its Message-ID, and what became of it. */
const Report = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  event: z.string().regex(/^[a-z_.]{1,80}$/),
  messageId: z.string().regex(/^<?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[A-Za-z0-9.-]{1,253}>?$/),
});

const Token = z.strictObject({ token: z.string().max(200) });

/** IN: what mail programs and the mail server's reports say. They carry a signature instead of a token. */
@Controller('v1')
@Open()
export class MailController {
  constructor(
    private readonly commands: CommandBus,
    @Inject(CONFIG)
    private readonly config: Pick<ContractsConfig, 'MAIL_WEBHOOK_SECRETS' | 'UNSUBSCRIBE_SECRET'>,
  ) {}

  @Summary('A delivery-status report, verified over the raw bytes: a mail that was taken has bounced (C-7).')
  @Post('webhooks/mail')
  @BodyNotKept()
  @HttpCode(200)
  async report(
    @RawBody() rawBody: Buffer | undefined,
    @Headers('x-signature') signature: string | undefined,
  ): Promise<{ received: true }> {
    const bytes = rawBody ?? Buffer.alloc(0);
    if (!isSigned(signature, bytes, this.config.MAIL_WEBHOOK_SECRETS)) {
      throw new Rejection('webhook.signature_invalid');
    }
    const report = Report.safeParse(parsed(bytes));
    if (!report.success) throw new Rejection('webhook.malformed');
    if (holdsCardNumber(report.data)) throw new Problem('request.card_number');
    const { id, event, messageId } = report.data;
    // Delays and openings change nothing: the server's word stands, and nobody is watched.
    if (event === 'bounced') {
      const noticeId = messageId.replace(/^<|@.*$/g, '');
      await this.commands.execute(new RecordBounce({ message: { source: 'worker', id }, noticeId }));
    }
    return { received: true };
  }

  @Summary('The page behind the link in a mail of news; it changes nothing, for programs follow links (C-4).')
  @Get('unsubscribe')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('cache-control', 'no-store')
  page(@Query({ schema: Token }) { token }: z.output<typeof Token>): string {
    this.#noticeOf(token);
    return unsubscribePage;
  }

  @Summary('No more news by mail; one click, as mail programs make it (C-4, RFC 8058).')
  @Post('unsubscribe')
  @HttpCode(200)
  async unsubscribe(
    @Query({ schema: Token }) { token }: z.output<typeof Token>,
  ): Promise<{ newsByMail: false }> {
    const noticeId = this.#noticeOf(token);
    await this.commands.execute(new RefuseNews({ message: { source: 'worker', id: noticeId }, noticeId }));
    return { newsByMail: false };
  }

  /** @throws Rejection unsubscribe.token_invalid */
  #noticeOf(token: string): string {
    const noticeId = noticeOfToken(this.config.UNSUBSCRIBE_SECRET, token);
    if (noticeId === undefined) throw new Rejection('unsubscribe.token_invalid');
    return noticeId;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
