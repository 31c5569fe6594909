import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { type RerouteAnswer, RerouteRefund } from './commands/reroute-refund.ts';
import { type RetryAnswer, RetryRefund } from './commands/retry-refund.ts';
import { type RetrySmallAnswer, RetrySmallRefund } from './commands/retry-small-refund.ts';
import { type ReverseAnswer, ReverseRefund } from './commands/reverse-refund.ts';

const ReasonBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });
const RerouteBody = ReasonBody.extend({ billingMethodId: z.uuid().optional() });

/** IN: what operators do with refunds that did not reach the client (E-23). */
@Controller('v1/refunds')
@RolesAllowed('operator')
export class RefundsController {
  constructor(private readonly commands: CommandBus) {}

  @Summary(
    'Sends a refund that failed once more to the same source: proposed by one person, decided by another.',
  )
  @Post(':refundId/retry')
  @HttpCode(202)
  retry(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('refundId', { schema: z.uuid() }) refundId: string,
    @Body({ schema: ReasonBody }) body: z.output<typeof ReasonBody>,
  ): Promise<RetryAnswer> {
    return this.commands.execute(new RetryRefund({ message, by, refundId, ...body }));
  }

  @Summary('Sends a small charge, whose way back failed, to its card again: two persons decide (P-2, S-11).')
  @Post('small-charges/:smallChargeId/retry')
  @HttpCode(202)
  retrySmall(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('smallChargeId', { schema: z.uuid() }) smallChargeId: string,
    @Body({ schema: ReasonBody }) body: z.output<typeof ReasonBody>,
  ): Promise<RetrySmallAnswer> {
    return this.commands.execute(new RetrySmallRefund({ message, by, smallChargeId, ...body }));
  }

  @Summary(
    'Sends a refund that failed by the bank to an account of the client’s: two persons decide (E-23, S-11).',
  )
  @Post(':refundId/reroute')
  @HttpCode(202)
  reroute(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('refundId', { schema: z.uuid() }) refundId: string,
    @Body({ schema: RerouteBody }) body: z.output<typeof RerouteBody>,
  ): Promise<RerouteAnswer> {
    return this.commands.execute(new RerouteRefund({ message, by, refundId, ...body }));
  }

  @Summary(
    'Gives up a refund after release that no method could pay: the freelancer has the net again (E-25).',
  )
  @Post(':refundId/reverse')
  @HttpCode(202)
  reverse(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('refundId', { schema: z.uuid() }) refundId: string,
    @Body({ schema: ReasonBody }) body: z.output<typeof ReasonBody>,
  ): Promise<ReverseAnswer> {
    return this.commands.execute(new ReverseRefund({ message, by, refundId, ...body }));
  }
}
