import { PayoutProviderName } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Reason } from './bodies.ts';
import { ResolveAttempt, type ResolvedAttempt } from './commands/resolve-attempt.ts';
import { ResumeSending, type StoppedSending, StopSending } from './commands/stop-sending.ts';
import { Attention } from './queries/attention.ts';
import { SendingStops } from './queries/sending-stops.ts';

const StopBody = z.strictObject({
  provider: z.enum([...PayoutProviderName.options, 'all']),
  reason: Reason,
});
const ReasonBody = z.strictObject({ reason: Reason });
/** The only finding that the bank itself does not tell. */
const FindingBody = z.strictObject({ finding: z.literal('not_executed'), reason: Reason });
const AttemptKey = z.string().regex(/^po_[A-Z0-9]{8,16}-\d{1,3}$/);

/** IN: what operators see and do about sending; each act with person and reason (AD-21). */
@Controller('v1')
@RolesAllowed('operator')
export class SendingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly stops: SendingStops,
    private readonly attention: Attention,
  ) {}

  @Summary('Stops sending by one provider or by all; what was sent is still followed (W-18).')
  @Post('sending-stops')
  @HttpCode(201)
  stop(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: StopBody }) body: z.output<typeof StopBody>,
  ): Promise<StoppedSending> {
    return this.commands.execute(new StopSending({ message, by, ...body }));
  }

  @Summary('Sending goes on (W-18).')
  @Post('sending-stops/:stopId/resume')
  @HttpCode(200)
  resume(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('stopId', { schema: z.uuid() }) stopId: string,
    @Body({ schema: ReasonBody }) { reason }: z.output<typeof ReasonBody>,
  ): Promise<StoppedSending> {
    return this.commands.execute(new ResumeSending({ message, by, stopId, reason }));
  }

  @Summary('Every stop, newest first: who, why, and whether it stands.')
  @Get('sending-stops')
  listStops(): Promise<object> {
    return this.stops.list();
  }

  @Summary('Withdrawals in review, of unknown outcome, or past their cut-off, with their age.')
  @Get('withdrawals/attention')
  listAttention(): Promise<object> {
    return this.attention.list();
  }

  @Summary('Records that an attempt was never executed; of a large one two persons do (W-15, S-11).')
  @Post('attempts/:key/resolve')
  @HttpCode(200)
  resolve(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('key', { schema: AttemptKey }) key: string,
    @Body({ schema: FindingBody }) { reason }: z.output<typeof FindingBody>,
  ): Promise<ResolvedAttempt> {
    return this.commands.execute(new ResolveAttempt({ message, by, key, reason }));
  }
}
