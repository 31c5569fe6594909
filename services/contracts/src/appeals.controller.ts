import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { AppealBody, RefuseAppealBody, UpholdAppealBody } from './bodies.ts';
import { AppealHold, type OpenedAppeal } from './commands/appeal-hold.ts';
import { DecideAppeal, type DecidedAppeal } from './commands/decide-appeal.ts';
import { Appeals } from './queries/appeals.ts';

const Id = z.uuid();

/** IN: what a person says against a hold, and who decides it (S-11). */
@Controller('v1')
export class AppealsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly appeals: Appeals,
  ) {}

  @Summary(
    "Appeals against a hold on the caller's own account; another person than who placed it decides (S-11).",
  )
  @Post('accounts/me/holds/:holdId/appeal')
  appeal(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('holdId', { schema: Id }) holdId: string,
    @Body({ schema: AppealBody }) { note }: z.output<typeof AppealBody>,
  ): Promise<OpenedAppeal> {
    return this.commands.execute(new AppealHold({ message, accountId, holdId, note }));
  }

  @Summary('Appeals that wait for a decision, the oldest first, each with its hold and all words (S-11).')
  @Get('appeals')
  @RolesAllowed('operator')
  list(): Promise<object> {
    return this.appeals.open();
  }

  @Summary('The hold is lifted; not by who placed it; person and words are recorded (S-11, AD-21).')
  @Post('appeals/:appealId/uphold')
  @RolesAllowed('operator')
  @HttpCode(200)
  uphold(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('appealId', { schema: Id }) appealId: string,
    @Body({ schema: UpholdAppealBody }) { note }: z.output<typeof UpholdAppealBody>,
  ): Promise<DecidedAppeal> {
    return this.commands.execute(new DecideAppeal({ message, appealId, by, note }));
  }

  @Summary('The hold stands, and the person learns the class of reason; not by who placed it (S-11, AD-21).')
  @Post('appeals/:appealId/refuse')
  @RolesAllowed('operator')
  @HttpCode(200)
  refuse(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('appealId', { schema: Id }) appealId: string,
    @Body({ schema: RefuseAppealBody }) { reason: refusal, note }: z.output<typeof RefuseAppealBody>,
  ): Promise<DecidedAppeal> {
    return this.commands.execute(new DecideAppeal({ message, appealId, by, note, refusal }));
  }
}
