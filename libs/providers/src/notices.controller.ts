import { Instant } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { ProviderNoticeTable } from './provider-notice.table.ts';
import { AcknowledgeNotice } from './receive-notice.ts';

const Id = z.uuid();
const AcknowledgeBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });
/** Enough to look at; the oldest come first. */
const listedMax = 200;

/** Notices of providers that are about nothing we know: kept until an operator has looked at them. */
@Controller('v1/provider-notices')
@RolesAllowed('operator')
export class NoticesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
  ) {}

  @Summary('Signed notices that match no object of ours, oldest first.')
  @Get()
  async list(): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(
        ProviderNoticeTable,
        { outcome: 'unmatched' },
        { orderBy: { receivedAt: 'asc' }, limit: listedMax },
      );
    return {
      notices: rows.map(({ id, provider, eventId, eventType, objectId, receivedAt }) => {
        return {
          noticeId: id,
          provider,
          eventId,
          eventType,
          objectId,
          receivedAt: Instant.encode(receivedAt),
        };
      }),
    };
  }

  @Summary('Ends the alarm of a notice that was looked at; person and reason are recorded.')
  @Post(':noticeId/acknowledge')
  @HttpCode(204)
  acknowledge(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('noticeId', { schema: Id }) noticeId: string,
    @Body({ schema: AcknowledgeBody }) { reason }: z.output<typeof AcknowledgeBody>,
  ): Promise<void> {
    return this.commands.execute(new AcknowledgeNotice({ message, noticeId, by, reason }));
  }
}
