import { Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { escrowEvents, Instant, type RefundReason } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { suspendReview } from '../domain/freezes.ts';
import { evolve, type HeldMilestone, type Milestone } from '../domain/milestone.ts';
import type { RefundRequested } from '../domain/milestone-events.ts';
import { assertAllNamed, type PayNamed, requestRefund, startRequest } from '../domain/refund-request.ts';
import { release } from '../domain/release.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { freeClientFee } from '../tables/lot.table.ts';
import { loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { insertRefundRequest } from '../tables/refund-request.table.ts';
import { bookRelease, decisionOf } from './book-release.ts';
import { clearIfSettled, withMilestone } from './clear-agreement.ts';
import { tellSuspended } from './follow-refund-request.ts';
import type { Standing } from './refund-milestones.ts';

type Amount = z.input<typeof Money>;

export type EndAnswer = {
  agreementId: string;
  status: 'closing';
  released: { milestoneId: string; transferId: string; net: Amount }[];
  refundRequest?: { refundRequestId: string; amount: Amount; dueAt: string };
};

type Input = {
  message: MessageRef;
  agreementId: string;
  clientId: string;
  /** What is paid of each milestone of which money is held. */
  milestones: readonly PayNamed[];
  reason?: RefundReason;
  statement?: string;
};

export class EndAgreement extends Command<EndAnswer> {
  constructor(readonly input: Input) {
    super();
  }
}

/**
 * The client ends the contract: what is paid is released at once, the rest is asked back in one request (E-13). With a
 * reason and a statement, which stays here, encrypted, it is the way to open a case (D-21).
 * @throws Rejection agreement.ended | agreement.closing | end.milestones_differ | release.exceeds_held |
 *   milestone.frozen | milestone.reserved
 */
@CommandHandler(EndAgreement)
export class EndAgreementHandler implements ICommandHandler<EndAgreement> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: EndAgreement): Promise<EndAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, clientId, milestones: named } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId, clientId });
      if (!agreement) throw new NotYet('agreement.unknown');
      if (agreement.status === 'ended') throw new Rejection('agreement.ended');
      const milestones = await loadMilestonesOf(tx, agreementId);
      const live = milestones.filter(isLive);
      if (agreement.status === 'closing' && live.length === 0) throw new Rejection('agreement.closing');
      assertAllNamed(live, named);
      tx.save(AgreementTable, { ...agreement, status: 'closing' });
      const begun: Standing = { agreement: { ...agreement, status: 'closing' }, milestones };
      const { standing: paid, released } = await payNamed(tx, begun, named);
      const { standing, request } = await this.#askBack(tx, paid, command.input);
      await clearIfSettled(tx, standing);
      return { agreementId, status: 'closing', released, ...(request ? { refundRequest: request } : {}) };
    });
  }

  async #askBack(tx: Tx, standing: Standing, { reason, statement, milestones: named }: Input) {
    const asked = standing.milestones.filter(
      (milestone): milestone is HeldMilestone =>
        isLive(milestone) && named.some(({ milestoneId }) => milestoneId === milestone.id),
    );
    if (asked.length === 0) return { standing };
    const { id: agreementId, clientId, freelancerId, settings } = standing.agreement;
    const refundRequestId = newId();
    const milestones = asked.map(({ id: milestoneId, held: amount }) => ({ milestoneId, amount }));
    const statementHash = statement === undefined ? undefined : sha256(statement);
    const requested = requestRefund(
      {
        ...{ refundRequestId, agreementId, clientId, freelancerId, milestones, now: tx.now },
        ...(reason ? { reason } : {}),
        ...(statementHash ? { statementHash } : {}),
      },
      settings,
    );
    const amount = usd(milestones.reduce((sum, each) => sum + each.amount.amountMinor, 0n));
    const isFrozen = asked.some(({ freezes }) => freezes.length > 0);
    const begun = startRequest(requested, isFrozen);
    insertRefundRequest(tx, begun, {
      reason: reason ?? null,
      statementHash: statementHash ?? null,
      statementSealed: await this.#sealed(tx, clientId, refundRequestId, statement),
      amountMinor: amount.amountMinor,
    });
    const after = asked.reduce((known, milestone) => askBack(tx, known, milestone, requested), standing);
    tx.publish(escrowEvents, [requested]);
    tellSuspended(tx, startRequest(requested, false), begun);
    const dueAt = Instant.encode(requested.dueAt);
    return { standing: after, request: { refundRequestId, amount: Money.encode(amount), dueAt } };
  }

  async #sealed(tx: Tx, clientId: string, id: string, statement: string | undefined) {
    if (statement === undefined) return null;
    const key = await this.texts.keyOf(tx, clientId);
    return this.texts.seal(key, `refund_requests/statement/${id}`, { statement });
  }
}

/** Money is held, and nobody has asked for it back yet. */
const isLive = (milestone: Milestone): milestone is HeldMilestone =>
  'held' in milestone && milestone.status !== 'refund_pending';

/** Released at once, each with its own cause (E-13, M-10). */
async function payNamed(tx: Tx, begun: Standing, named: readonly PayNamed[]) {
  const released: EndAnswer['released'] = [];
  let standing = begun;
  for (const { milestoneId, pay } of named) {
    const milestone = standing.milestones.find(({ id }) => id === milestoneId) as HeldMilestone;
    if (milestone.reserved) throw new Rejection('milestone.reserved');
    if (pay.amountMinor === 0n) continue;
    const { agreement } = standing;
    const free = await freeClientFee(tx, milestone);
    const decision = {
      ...decisionOf(tx, agreement),
      cause: 'end_paid',
      amount: pay,
      freeClientFee: free,
    } as const;
    const fact = release(milestone, decision);
    await bookRelease(tx, { milestone, agreement, released: fact });
    const isFirst = agreement.initiationFee === 'held';
    standing = withMilestone(
      { ...standing, agreement: isFirst ? { ...agreement, initiationFee: 'earned' } : agreement },
      evolve(milestone, fact),
    );
    released.push({ milestoneId, transferId: fact.transferId, net: Money.encode(fact.net) });
  }
  return { standing, released };
}

/** Its review stands still from here on: the request alone decides what follows (E-16). */
function askBack(tx: Tx, standing: Standing, milestone: HeldMilestone, requested: RefundRequested): Standing {
  const suspended = suspendReview(milestone, { cause: 'refund_pending', at: tx.now });
  if (suspended) tx.publish(escrowEvents, [suspended]);
  const pending = evolve(milestone, requested);
  saveMilestone(tx, pending);
  return withMilestone(standing, pending);
}
