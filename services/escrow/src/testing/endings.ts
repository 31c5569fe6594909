import { usd } from '@holdfast/domain';
import type { RefundReason } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { EndAgreement, EndAgreementHandler } from '../commands/end-agreement.ts';
import { RecordNotice, RecordNoticeHandler } from '../commands/follow-refund-request.ts';
import {
  ApproveRefundRequest,
  ApproveRefundRequestHandler,
  GrantBySilence,
  GrantBySilenceHandler,
} from '../commands/grant-refund-request.ts';
import {
  NoteAgreementEnded,
  NoteAgreementEndedHandler,
  RequestClearing,
  RequestClearingHandler,
} from '../commands/request-clearing.ts';
import { type Agreed, type Escrow, event, http, texts } from './escrow.ts';

type Asked = Agreed & { milestoneId: string; refundRequestId: string; dueAt: Date };

/** How contracts end, and what is asked back with it. */
export class Endings {
  constructor(private readonly escrow: Escrow) {}

  get #uow() {
    return this.escrow.database.unitOfWork;
  }

  /** @param pays what is paid of each milestone, in cents */
  end(
    { agreementId, clientId }: Pick<Agreed, 'agreementId' | 'clientId'>,
    pays: Readonly<Record<string, bigint>>,
    more: { reason?: RefundReason; statement?: string; message?: ReturnType<typeof http> } = {},
  ) {
    const { message = http(), ...rest } = more;
    const milestones = Object.entries(pays).map(([milestoneId, minor]) => ({ milestoneId, pay: usd(minor) }));
    const command = new EndAgreement({ message, agreementId, clientId, milestones, ...rest });
    return new EndAgreementHandler(this.#uow, texts).execute(command);
  }

  /** A milestone of 400.00, of which all but `pay` is asked back (G-7, G-8). */
  async asked(pay = 0n): Promise<Asked> {
    const agreed = await this.escrow.funded({ prices: [40_000n] });
    const milestoneId = agreed.milestoneIds[0]!;
    const { refundRequest } = await this.end(agreed, { [milestoneId]: pay });
    const { refundRequestId, dueAt } = refundRequest!;
    return { ...agreed, milestoneId, refundRequestId, dueAt: new Date(dueAt) };
  }

  approve(freelancerId: string, refundRequestId: string, message = http()) {
    const command = new ApproveRefundRequest({ message, freelancerId, refundRequestId });
    return new ApproveRefundRequestHandler(this.#uow).execute(command);
  }

  silence(refundRequestId: string, datedAt: Date) {
    const id = `refund.silence/${refundRequestId}/${datedAt.getTime()}`;
    const command = new GrantBySilence({ message: { source: 'timer', id, datedAt }, refundRequestId });
    return new GrantBySilenceHandler(this.#uow).execute(command);
  }

  /** Contracts tells that the freelancer was told, or could not be. */
  notice(
    { freelancerId, refundRequestId }: Pick<Asked, 'freelancerId' | 'refundRequestId'>,
    provenAt: Date,
    { outcome = 'sent' as 'sent' | 'bounced', message = event(), noticeId = newId() } = {},
  ) {
    const command = new RecordNotice({
      message,
      type: `contracts.notice.${outcome}`,
      noticeId,
      accountId: freelancerId,
      deadline: { service: 'escrow', kind: 'refund.silence', id: refundRequestId },
      provenAt,
    });
    return new RecordNoticeHandler(this.#uow).execute(command);
  }

  requestEnd(
    agreementId: string,
    by: 'client' | 'freelancer',
    { waivedMilestoneIds = [] as string[], message = event(), requestedAt = this.escrow.now() } = {},
  ) {
    const command = new RequestClearing({ message, agreementId, by, waivedMilestoneIds, requestedAt });
    return new RequestClearingHandler(this.#uow).execute(command);
  }

  noteEnded(agreementId: string, endedAt: Date, message = event()) {
    const command = new NoteAgreementEnded({ message, agreementId, endedAt });
    return new NoteAgreementEndedHandler(this.#uow).execute(command);
  }

  async requestRow(refundRequestId: string): Promise<Record<string, unknown>> {
    return (await this.escrow.rows('select * from refund_requests where id = $1', [refundRequestId]))[0]!;
  }

  async agreementRow(agreementId: string): Promise<Record<string, unknown>> {
    return (await this.escrow.rows('select * from agreements where id = $1', [agreementId]))[0]!;
  }
}
