import type { Money } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { planDraw } from '../domain/drawn-refund.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { type DrawAnswer, draw, loadPaid, loadPaidOwner, type PaidId } from './draw-paid.ts';

export type RefundReleasedAnswer = DrawAnswer;

export class RefundReleased extends Command<RefundReleasedAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      freelancerId: string;
      /** Of what was released; without one, all of it. */
      amount?: Money;
    } & PaidId,
  ) {
    super();
  }
}

/**
 * The freelancer gives paid money back to the client (E-18), of a milestone or of a bonus. Payouts is asked for the net first, and the refund is
 * decided only on its word (E-25); until then nobody else can give the same money back.
 * @throws Rejection refund.exceeds_paid | refund.too_late | refund.charge_disputed
 */
@CommandHandler(RefundReleased)
export class RefundReleasedHandler implements ICommandHandler<RefundReleased> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefundReleased): Promise<RefundReleasedAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, amount } = command.input;
      const of = await loadPaidOwner(tx, { freelancerId }, command.input);
      const { settings } = (await tx.one(AgreementTable, { id: of.agreementId }))!;
      const planned = planDraw(await loadPaid(tx, of.paid), {
        amountMinor: amount?.amountMinor,
        now: tx.now,
        days: settings['refund.days'],
      });
      return draw(tx, of, planned);
    });
  }
}
