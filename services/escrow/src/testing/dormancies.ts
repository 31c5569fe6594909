import { plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import {
  EndDormancy,
  EndDormancyHandler,
  RefuseDormantRelease,
  RefuseDormantReleaseHandler,
  RequestDormantRelease,
  RequestDormantReleaseHandler,
  TakeDormancyTurn,
  TakeDormancyTurnHandler,
} from '../commands/end-dormancy.ts';
import { NoteActivity, NoteActivityHandler } from '../commands/follow-dormancy.ts';
import { RecordNotice, RecordNoticeHandler } from '../commands/follow-refund-request.ts';
import { type Agreed, type Escrow, event, http } from './escrow.ts';

/** Agreements about which nobody does anything any more. */
export class Dormancies {
  constructor(private readonly escrow: Escrow) {}

  get #uow() {
    return this.escrow.database.unitOfWork;
  }

  async row(agreementId: string): Promise<Record<string, unknown>> {
    const [row] = await this.escrow.rows('select * from dormancies where id = $1', [agreementId]);
    return row!;
  }

  /** The timer that is due next fires, at its due instant unless another is named. */
  async fire(agreementId: string, at?: Date): Promise<Date> {
    const row = await this.row(agreementId);
    const datedAt = at ?? ((row.turn_at ?? row.due_at) as Date);
    this.escrow.pass(datedAt);
    await this.fireAt(agreementId, datedAt);
    return datedAt;
  }

  /** The same, where the clock stands at it or later. */
  async fireAt(agreementId: string, datedAt: Date): Promise<void> {
    const row = await this.row(agreementId);
    const message = { source: 'timer', id: `dormancy/${newId()}`, datedAt } as const;
    if (row.turn_at) {
      await new TakeDormancyTurnHandler(this.#uow).execute(new TakeDormancyTurn({ message, agreementId }));
    } else {
      await new EndDormancyHandler(this.#uow).execute(new EndDormancy({ message, agreementId }));
    }
  }

  /** A milestone of 400.00 that is funded, and of which nobody spoke for 97 days: the freelancer is asked. */
  async freelancerAsked(options: Parameters<Escrow['funded']>[0] = { prices: [40_000n] }): Promise<Agreed> {
    const agreed = await this.escrow.funded(options);
    for (let turn = 1; turn <= 3; turn += 1) await this.fire(agreed.agreementId);
    return agreed;
  }

  /** The same, and the freelancer asks for the money the day after. */
  async releaseRequested(options?: Parameters<Escrow['funded']>[0]): Promise<Agreed & { dueAt: Date }> {
    const agreed = await this.freelancerAsked(options);
    this.escrow.pass(plusDays(this.escrow.now(), 1));
    const { dueAt } = await this.requestRelease(agreed);
    return { ...agreed, dueAt: new Date(dueAt) };
  }

  requestRelease(
    { agreementId, freelancerId }: Pick<Agreed, 'agreementId' | 'freelancerId'>,
    message = http(),
  ) {
    const command = new RequestDormantRelease({ message, agreementId, freelancerId });
    return new RequestDormantReleaseHandler(this.#uow).execute(command);
  }

  refuseRelease({ agreementId, clientId }: Pick<Agreed, 'agreementId' | 'clientId'>, message = http()) {
    const command = new RefuseDormantRelease({ message, agreementId, clientId });
    return new RefuseDormantReleaseHandler(this.#uow).execute(command);
  }

  act(agreementId: string, at: Date, due?: NoteActivity['input']['due'], message = event()) {
    const command = new NoteActivity({ message, agreementId, at, due });
    return new NoteActivityHandler(this.#uow).execute(command);
  }

  /** Contracts tells that a person was told of the step, or could not be. */
  notice(
    agreementId: string,
    accountId: string,
    provenAt: Date,
    outcome: 'sent' | 'bounced' = 'sent',
    { message = event(), noticeId = newId() } = {},
  ) {
    const command = new RecordNotice({
      message,
      type: `contracts.notice.${outcome}`,
      noticeId,
      accountId,
      deadline: { service: 'escrow', kind: 'dormancy.step', id: agreementId },
      provenAt,
    });
    return new RecordNoticeHandler(this.#uow).execute(command);
  }

  /** Both notices of the step are proven in time. */
  async twoNotices(agreementId: string, accountId: string): Promise<void> {
    const { since, due_at: dueAt } = (await this.row(agreementId)) as Record<string, Date>;
    await this.notice(agreementId, accountId, since!);
    await this.notice(agreementId, accountId, plusDays(dueAt!, -2));
  }
}
