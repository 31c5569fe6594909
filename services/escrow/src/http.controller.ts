import { Money, PositiveMoney } from '@holdfast/domain';
import { RefundReason } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { AddBillingMethod } from './commands/add-billing-method.ts';
import { type ConfirmAnswer, ConfirmBillingMethod } from './commands/confirm-billing-method.ts';
import { EndAgreement, type EndAnswer } from './commands/end-agreement.ts';
import {
  type RefuseAnswer,
  RefuseDormantRelease,
  type RequestAnswer,
  RequestDormantRelease,
} from './commands/end-dormancy.ts';
import { FundMilestone, PayMilestone } from './commands/fund-milestone.ts';
import { GiveBack, type GiveBackAnswer } from './commands/give-back.ts';
import { type ApproveAnswer, ApproveRefundRequest } from './commands/grant-refund-request.ts';
import { MakeMethodPrimary, RemoveBillingMethod } from './commands/order-billing-methods.ts';
import { PayBonus } from './commands/pay-bonus.ts';
import { RefundReleased, type RefundReleasedAnswer } from './commands/refund-released.ts';
import { type ReleaseAnswer, ReleaseMilestone } from './commands/release-milestone.ts';
import { RequestChanges } from './commands/request-changes.ts';
import { AgreementMoney } from './queries/agreement-money.ts';
import { BillingMethods } from './queries/billing-methods.ts';
import { Quotes } from './queries/quotes.ts';

const Id = z.uuid();
/** A token of the provider's own form in the browser; never a card or account number (P-15). */
const Token = z.string().regex(/^(pm|tok|btok)_[A-Za-z0-9_]{1,100}$/);
const BillingMethodBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('card'),
    token: Token,
    verifyBy: z.enum(['set_up', 'small_charges']).optional(),
  }),
  z.strictObject({ kind: z.literal('bank'), token: Token }),
  z.strictObject({ kind: z.literal('paypal') }),
]);
/** In either order. */
const ConfirmBody = z.strictObject({ amounts: z.tuple([PositiveMoney, PositiveMoney]) });
const FundBody = z.strictObject({ version: z.int().min(1), billingMethodId: z.uuid().optional() });
const ReleaseBody = z.strictObject({
  submissionId: z.uuid().optional(),
  amount: Money.optional(),
  bonus: z.strictObject({ amount: Money, billingMethodId: z.uuid().optional() }).optional(),
});
const BonusBody = z.strictObject({ amount: Money, billingMethodId: z.uuid().optional() });
const ChangesBody = z.strictObject({ submissionId: z.uuid(), reason: z.string().trim().min(1).max(5_000) });
/** A milestone, or a bonus of an agreement. */
const QuoteQuery = z.union([
  z.strictObject({ milestoneId: Id }),
  z.strictObject({
    agreementId: Id,
    bonusMinor: z
      .string()
      .regex(/^\d{1,18}$/)
      .transform(BigInt),
  }),
]);

const RefundBody = z.strictObject({ amount: PositiveMoney.optional() });

const EndBody = z
  .strictObject({
    milestones: z.array(z.strictObject({ milestoneId: z.uuid(), pay: Money })).max(200),
    reason: RefundReason.optional(),
    statement: z.string().trim().min(1).max(5_000).optional(),
  })
  .refine(({ reason, statement }) => statement === undefined || reason !== undefined, {
    path: ['reason'],
    message: 'goes with a statement',
  });

/** IN: routes -> commands and queries. */
@Controller('v1')
export class HttpController {
  constructor(
    private readonly commands: CommandBus,
    private readonly money: AgreementMoney,
    private readonly methods: BillingMethods,
    private readonly quotes: Quotes,
  ) {}

  @Summary(
    "Adds a card, bank or PayPal account; the provider's set-up verifies it, or two small charges a card (P-2).",
  )
  @Post('billing-methods')
  @RolesAllowed('client')
  @HttpCode(202)
  addBillingMethod(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: BillingMethodBody }) body: z.output<typeof BillingMethodBody>,
  ): Promise<object> {
    return this.commands.execute(new AddBillingMethod({ message, accountId, ...body }));
  }

  @Summary('Verifies a card by what two small charges took, as its statement tells; three tries (P-2).')
  @Post('billing-methods/:billingMethodId/confirm')
  @RolesAllowed('client')
  @HttpCode(200)
  confirmBillingMethod(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('billingMethodId', { schema: Id }) methodId: string,
    @Body({ schema: ConfirmBody }) body: z.output<typeof ConfirmBody>,
  ): Promise<ConfirmAnswer> {
    return this.commands.execute(new ConfirmBillingMethod({ message, accountId, methodId, ...body }));
  }

  @Summary('What is charged first; the other verified methods back it up in their order (P-1).')
  @Post('billing-methods/:billingMethodId/primary')
  @RolesAllowed('client')
  @HttpCode(200)
  makePrimary(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('billingMethodId', { schema: Id }) methodId: string,
  ): Promise<object> {
    return this.commands.execute(new MakeMethodPrimary({ message, accountId, methodId }));
  }

  @Summary('Nothing is charged by it any more; without another one no offer can be sent (A-7).')
  @Post('billing-methods/:billingMethodId/remove')
  @RolesAllowed('client')
  @HttpCode(200)
  removeBillingMethod(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('billingMethodId', { schema: Id }) methodId: string,
  ): Promise<object> {
    return this.commands.execute(new RemoveBillingMethod({ message, accountId, methodId }));
  }

  @Summary("The caller's own methods, without tokens.")
  @Get('billing-methods')
  @RolesAllowed('client')
  billingMethods(@Caller() { accountId }: Party): Promise<object> {
    return this.methods.of(accountId);
  }

  @Summary('Charges a milestone at the version of the terms that the client saw (E-26).')
  @Post('milestones/:milestoneId/fund')
  @RolesAllowed('client')
  @HttpCode(202)
  fund(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: FundBody }) body: z.output<typeof FundBody>,
  ): Promise<object> {
    return this.commands.execute(new FundMilestone({ message, clientId, milestoneId, ...body }));
  }

  @Summary('Pays a milestone that was never funded in one step: charged, and released with it (E-28).')
  @Post('milestones/:milestoneId/pay')
  @RolesAllowed('client')
  @HttpCode(202)
  pay(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: FundBody }) body: z.output<typeof FundBody>,
  ): Promise<object> {
    return this.commands.execute(new PayMilestone({ message, clientId, milestoneId, ...body }));
  }

  @Summary(
    'With a submission: its approval (E-6). Without: paid unasked (E-7). With an amount: a part (E-8).',
  )
  @Post('milestones/:milestoneId/release')
  @RolesAllowed('client')
  @HttpCode(200)
  release(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: ReleaseBody }) body: z.output<typeof ReleaseBody>,
  ): Promise<ReleaseAnswer> {
    return this.commands.execute(new ReleaseMilestone({ message, clientId, milestoneId, ...body }));
  }

  @Summary('Charges a bonus, which is released by itself when the charge succeeds (E-10).')
  @Post('agreements/:agreementId/bonus')
  @RolesAllowed('client')
  @HttpCode(202)
  bonus(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('agreementId', { schema: Id }) agreementId: string,
    @Body({ schema: BonusBody }) body: z.output<typeof BonusBody>,
  ): Promise<object> {
    return this.commands.execute(new PayBonus({ message, clientId, agreementId, ...body }));
  }

  @Summary('Stops the review with a written reason (E-6).')
  @Post('milestones/:milestoneId/request-changes')
  @RolesAllowed('client')
  @HttpCode(200)
  requestChanges(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: ChangesBody }) body: z.output<typeof ChangesBody>,
  ): Promise<object> {
    return this.commands.execute(new RequestChanges({ message, clientId, milestoneId, ...body }));
  }

  @Summary(
    'Ends the contract: pays what is named, and asks the rest back (E-13). Answered when it is closing.',
  )
  @Post('agreements/:agreementId/end')
  @RolesAllowed('client')
  @HttpCode(202)
  end(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('agreementId', { schema: Id }) agreementId: string,
    @Body({ schema: EndBody }) body: z.output<typeof EndBody>,
  ): Promise<EndAnswer> {
    return this.commands.execute(new EndAgreement({ message, clientId, agreementId, ...body }));
  }

  @Summary('The freelancer agrees that the money goes back, before silence says so (E-14).')
  @Post('refund-requests/:refundRequestId/approve')
  @RolesAllowed('freelancer')
  @HttpCode(202)
  approveRefund(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('refundRequestId', { schema: Id }) refundRequestId: string,
  ): Promise<ApproveAnswer> {
    return this.commands.execute(new ApproveRefundRequest({ message, freelancerId, refundRequestId }));
  }

  @Summary('The freelancer asks for money that lies dormant; without an answer it is released (E-20).')
  @Post('agreements/:agreementId/dormancy/request-release')
  @RolesAllowed('freelancer')
  @HttpCode(200)
  requestDormantRelease(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('agreementId', { schema: Id }) agreementId: string,
  ): Promise<RequestAnswer> {
    return this.commands.execute(new RequestDormantRelease({ message, freelancerId, agreementId }));
  }

  @Summary('The client refuses to release money that lies dormant: its days start again (E-20).')
  @Post('agreements/:agreementId/dormancy/refuse-release')
  @RolesAllowed('client')
  @HttpCode(200)
  refuseDormantRelease(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('agreementId', { schema: Id }) agreementId: string,
  ): Promise<RefuseAnswer> {
    return this.commands.execute(new RefuseDormantRelease({ message, clientId, agreementId }));
  }

  @Summary('Gives paid money, all or a part, back to the client from the balance (E-18, E-25); it is final.')
  @Post('milestones/:milestoneId/refund')
  @RolesAllowed('freelancer')
  @HttpCode(202)
  refund(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: RefundBody }) body: z.output<typeof RefundBody>,
  ): Promise<RefundReleasedAnswer> {
    return this.commands.execute(new RefundReleased({ message, freelancerId, milestoneId, ...body }));
  }

  @Summary('Gives a bonus, all or a part, back to the client from the balance (E-18, E-25); it is final.')
  @Post('bonuses/:bonusId/refund')
  @RolesAllowed('freelancer')
  @HttpCode(202)
  refundBonus(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('bonusId', { schema: Id }) bonusId: string,
    @Body({ schema: RefundBody }) body: z.output<typeof RefundBody>,
  ): Promise<RefundReleasedAnswer> {
    return this.commands.execute(new RefundReleased({ message, freelancerId, bonusId, ...body }));
  }

  @Summary('Gives all that is held of a milestone back to the client (E-12).')
  @Post('milestones/:milestoneId/give-back')
  @RolesAllowed('freelancer')
  @HttpCode(202)
  giveBack(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
  ): Promise<GiveBackAnswer> {
    return this.commands.execute(new GiveBack({ message, freelancerId, milestoneId }));
  }

  @Summary('What a milestone, or a bonus, costs by each way to pay, and when it is funded (P-17).')
  @Get('quotes')
  @RolesAllowed('client')
  quote(
    @Caller() { accountId: clientId }: Party,
    @Query({ schema: QuoteQuery }) query: z.output<typeof QuoteQuery>,
  ): Promise<object> {
    return this.quotes.of(query, clientId);
  }

  @Summary('Where this money is, why, and what happens next (C-10); for the parties.')
  @Get('agreements/:agreementId/money')
  agreementMoney(
    @Caller() { accountId }: Party,
    @Param('agreementId', { schema: Id }) agreementId: string,
  ): Promise<object> {
    return this.money.of(agreementId, accountId);
  }
}
