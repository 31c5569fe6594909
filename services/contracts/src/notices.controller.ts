import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { NoBody } from './bodies.ts';
import { ShowNotice, type ShownNotice } from './commands/show-notice.ts';
import { MyNotices } from './queries/my-notices.ts';

const Page = z.strictObject({
  /** The id of the last notice of the page before. */
  after: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** IN: what a person reads of what it was told. */
@Controller('v1/notices')
export class NoticesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly notices: MyNotices,
  ) {}

  @Summary("The caller's own notices, newest first, with their texts and what became of their mails (C-7).")
  @Get()
  list(
    @Caller() { accountId }: Party,
    @Query({ schema: Page }) page: z.output<typeof Page>,
  ): Promise<object> {
    return this.notices.of(accountId, page);
  }

  @Summary('The screen shows it to the logged-in person, which proves that the person was told (C-7).')
  @Post(':noticeId/shown')
  @HttpCode(200)
  shown(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('noticeId', { schema: z.uuid() }) noticeId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<ShownNotice> {
    return this.commands.execute(new ShowNotice({ message, accountId, noticeId }));
  }
}
