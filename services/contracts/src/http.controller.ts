import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, PersonTexts, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import {
  AcceptOfferBody,
  ChangeEmailBody,
  NoBody,
  OpenAccountBody,
  RequestOfferChangesBody,
  SendOfferBody,
  SubmitWorkBody,
  TermsBody,
} from './bodies.ts';
import { type AcceptedOffer, AcceptOffer } from './commands/accept-offer.ts';
import {
  type DeclinedOffer,
  DeclineOffer,
  type RequestedOfferChanges,
  RequestOfferChanges,
} from './commands/answer-offer.ts';
import { type ChangedEmail, ChangeEmail } from './commands/change-email.ts';
import { CloseAccount, type ClosedAccount } from './commands/close-account.ts';
import { OpenAccount, type OpenedAccount } from './commands/open-account.ts';
import { ReviseOffer } from './commands/revise-offer.ts';
import { SendOffer, type SentOffer } from './commands/send-offer.ts';
import { type SubmittedWork, SubmitWork } from './commands/submit-work.ts';
import { type WithdrawnOffer, WithdrawOffer } from './commands/withdraw-offer.ts';
import { AgreementWithMilestones } from './queries/agreement-with-milestones.ts';
import { MyAccount } from './queries/my-account.ts';
import { OfferWithVersions } from './queries/offer-with-versions.ts';

/** IN: routes -> commands and queries. */
@Controller('v1')
export class HttpController {
  constructor(
    private readonly commands: CommandBus,
    private readonly account: MyAccount,
    private readonly offers: OfferWithVersions,
    private readonly agreements: AgreementWithMilestones,
    private readonly texts: PersonTexts,
  ) {}

  @Summary("Opens the caller's one account; its id is the token's `sub` (S-1, S-12).")
  @Post('accounts')
  openAccount(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: OpenAccountBody }) { roles, region, email: typed }: z.output<typeof OpenAccountBody>,
  ): Promise<OpenedAccount> {
    const email = typed === undefined ? undefined : this.texts.hide({ email: typed });
    return this.commands.execute(new OpenAccount({ message, accountId, roles, region, email }));
  }

  @Summary("The caller's new e-mail address; the one before is told of the change (C-7, AD-18).")
  @Put('accounts/me/email')
  changeEmail(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: ChangeEmailBody }) body: z.output<typeof ChangeEmailBody>,
  ): Promise<ChangedEmail> {
    return this.commands.execute(new ChangeEmail({ message, accountId, email: this.texts.hide(body) }));
  }

  @Summary("Closes the caller's account, on which nothing may run any more (S-12).")
  @Post('accounts/me/close')
  @HttpCode(200)
  closeAccount(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<ClosedAccount> {
    return this.commands.execute(new CloseAccount({ message, accountId }));
  }

  @Summary("The caller's own account.")
  @Get('accounts/me')
  myAccount(@Caller() { accountId }: Party): Promise<object> {
    return this.account.of(accountId);
  }

  @Summary('Sends an offer (A-1 to A-4, A-7, A-9).')
  @Post('offers')
  @RolesAllowed('client')
  sendOffer(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Body({ schema: SendOfferBody }) { freelancerId, ...terms }: z.output<typeof SendOfferBody>,
  ): Promise<SentOffer> {
    return this.commands.execute(new SendOffer({ message, clientId, freelancerId, terms }));
  }

  @Summary('An offer with its versions, for both parties; earlier versions stay readable (A-6).')
  @Get('offers/:offerId')
  offer(
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Caller() { accountId }: Party,
  ): Promise<object> {
    return this.offers.of(offerId, accountId);
  }

  @Summary('A new version, which restarts the expiry (A-5).')
  @Post('offers/:offerId/versions')
  @RolesAllowed('client')
  reviseOffer(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Body({ schema: TermsBody }) terms: z.output<typeof TermsBody>,
  ): Promise<SentOffer> {
    return this.commands.execute(new ReviseOffer({ message, clientId, offerId, terms }));
  }

  @Summary('Takes the offer back before it is accepted (A-5).')
  @Post('offers/:offerId/withdraw')
  @HttpCode(200)
  @RolesAllowed('client')
  withdrawOffer(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<WithdrawnOffer> {
    return this.commands.execute(new WithdrawOffer({ message, clientId, offerId }));
  }

  @Summary('Accepts the version that was shown; the contract begins (A-4, A-8, A-9).')
  @Post('offers/:offerId/accept')
  @HttpCode(200)
  @RolesAllowed('freelancer')
  acceptOffer(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Body({ schema: AcceptOfferBody }) { version }: z.output<typeof AcceptOfferBody>,
  ): Promise<AcceptedOffer> {
    return this.commands.execute(new AcceptOffer({ message, freelancerId, offerId, version }));
  }

  @Summary('Asks for other terms than those shown, in writing; the expiry stays (A-6).')
  @Post('offers/:offerId/request-changes')
  @HttpCode(200)
  @RolesAllowed('freelancer')
  requestOfferChanges(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Body({ schema: RequestOfferChangesBody }) body: z.output<typeof RequestOfferChangesBody>,
  ): Promise<RequestedOfferChanges> {
    return this.commands.execute(new RequestOfferChanges({ message, freelancerId, offerId, ...body }));
  }

  @Summary('Declines the offer (A-6).')
  @Post('offers/:offerId/decline')
  @HttpCode(200)
  @RolesAllowed('freelancer')
  declineOffer(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('offerId', { schema: z.uuid() }) offerId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<DeclinedOffer> {
    return this.commands.execute(new DeclineOffer({ message, freelancerId, offerId }));
  }

  @Summary('Terms, milestones and submissions of an agreement; for both parties.')
  @Get('agreements/:agreementId')
  agreement(
    @Param('agreementId', { schema: z.uuid() }) agreementId: string,
    @Caller() { accountId }: Party,
  ): Promise<object> {
    return this.agreements.of(agreementId, accountId);
  }

  @Summary('Submits work, which asks for payment (E-4).')
  @Post('milestones/:milestoneId/submissions')
  @RolesAllowed('freelancer')
  submitWork(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('milestoneId', { schema: z.uuid() }) milestoneId: string,
    @Body({ schema: SubmitWorkBody }) content: z.output<typeof SubmitWorkBody>,
  ): Promise<SubmittedWork> {
    return this.commands.execute(new SubmitWork({ message, freelancerId, milestoneId, content }));
  }
}
