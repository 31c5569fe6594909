import { Money, Rejection, usd } from '@holdfast/domain';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { type PlannedDraw, planDraw } from '../domain/drawn-refund.ts';
import { amountOf } from '../domain/refund.ts';
import { escrowSettings } from '../settings.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadDraw } from '../tables/refund.table.ts';
import { type SupportRefund, SupportRefundTable } from '../tables/support-refund.table.ts';
import { type DrawAnswer, draw, loadPaid, loadPaidOwner, type PaidId, type PaidOwner } from './draw-paid.ts';

export type SupportAnswer =
  | DrawAnswer
  | (PaidId & { status: 'proposed'; supportRefundId: string; total: z.input<typeof Money> });

export class RefundBySupport extends Command<SupportAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
      /** Of what was released; without one, all that only support can give back. */
      amount?: Money;
    } & PaidId,
  ) {
    super();
  }
}

/**
 * Support gives back paid money that the freelancer cannot give any more: from `refund.days` to `refund.support_days` after
 * its release (E-18), from the balance alone (E-25). Above `staff.dual_control` the first call proposes, and that of another
 * person with the same amount decides (S-11).
 * @throws Rejection refund.exceeds_paid | refund.too_early | refund.too_late | refund.charge_disputed |
 *   refund.second_person_needed
 */
@CommandHandler(RefundBySupport)
export class RefundBySupportHandler implements ICommandHandler<RefundBySupport> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RefundBySupport): Promise<SupportAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, amount } = command.input;
      const of = await loadPaidOwner(tx, {}, command.input);
      const limits = await currentSettings(tx, escrowSettings);
      const { settings } = (await tx.one(AgreementTable, { id: of.agreementId }))!;
      const planned = planDraw(await loadPaid(tx, of.paid), {
        amountMinor: amount?.amountMinor,
        now: tx.now,
        afterDays: settings['refund.days'],
        days: limits['refund.support_days'],
      });
      const { amountMinor, totalMinor } = sumsOf(planned);
      const known = await tx.many(SupportRefundTable, of.paid);
      const proposal = known.find((one) => !one.transferId && one.amountMinor === amountMinor);
      // Of one payment all parts count together: nobody passes the limit in small steps.
      const needsTwo = (await takenBefore(tx, known)) + totalMinor > BigInt(limits['staff.dual_control']);
      if (needsTwo && proposal?.proposedBy === by) throw new Rejection('refund.second_person_needed');
      if (needsTwo && !proposal) {
        const proposed = await this.#insert(tx, of, { ...command.input, amountMinor, totalMinor });
        const total = Money.encode(usd(totalMinor));
        return { ...of.paid, status: 'proposed', supportRefundId: proposed.id, total };
      }
      const answer = await draw(tx, of, planned);
      await this.#note(tx, of, proposal, { ...command.input, amountMinor, totalMinor, ...answer });
      return answer;
    });
  }

  async #insert(tx: Tx, { paid, agreementId }: PaidOwner, noted: Noted): Promise<SupportRefund> {
    const { by, amountMinor, totalMinor, transferId = null } = noted;
    const id = newId();
    const refund: SupportRefund = {
      ...{ id, agreementId, milestoneId: null, bonusId: null, ...paid, amountMinor, totalMinor },
      proposedBy: by,
      proposedReason: await this.#sealed(tx, `support_refunds/proposed_reason/${id}`, noted),
      proposedAt: tx.now,
      ...{ approvedBy: null, approvedReason: null, approvedAt: null, transferId },
    };
    tx.insert(SupportRefundTable, refund);
    return refund;
  }

  /** One person's draw is a row of its own; what another had proposed is that person's, and approved by this one. */
  async #note(tx: Tx, of: PaidOwner, proposal: SupportRefund | undefined, noted: Noted): Promise<void> {
    if (!proposal) return void (await this.#insert(tx, of, noted));
    const { by, totalMinor, transferId = null } = noted;
    const isOwn = proposal.proposedBy === by;
    const approved = {
      approvedBy: by,
      approvedReason: await this.#sealed(tx, `support_refunds/approved_reason/${proposal.id}`, noted),
      approvedAt: tx.now,
    };
    tx.save(SupportRefundTable, { ...proposal, ...(isOwn ? {} : approved), totalMinor, transferId });
  }

  async #sealed(tx: Tx, place: string, { by, reason }: Noted): Promise<Buffer> {
    return this.texts.seal(await this.texts.keyOf(tx, by), place, { reason });
  }
}

type Noted = Readonly<{
  by: string;
  reason: string;
  amountMinor: bigint;
  totalMinor: bigint;
  transferId?: string;
}>;

/** What support took of the same payment before; a balance that refused gave nothing. */
async function takenBefore(tx: Tx, known: readonly SupportRefund[]): Promise<bigint> {
  let takenMinor = 0n;
  for (const { transferId, totalMinor } of known) {
    if (!transferId) continue;
    const refunds = await loadDraw(tx, transferId);
    if (refunds.some(({ status }) => status !== 'refused')) takenMinor += totalMinor;
  }
  return takenMinor;
}

const sumsOf = (planned: readonly PlannedDraw[]) => ({
  amountMinor: planned.reduce((sum, { parts }) => sum + parts.principal.amountMinor, 0n),
  totalMinor: planned.reduce((sum, { parts }) => sum + amountOf(parts).amountMinor, 0n),
});
