import { Instant } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  type Dormancy,
  type ForfeitStep,
  fallSilent,
  isAsked,
  refuseRelease,
  requestRelease,
  settle,
  takeTurn,
} from '../domain/dormancy.ts';
import { evolve, type Freeze, type HeldMilestone, movable } from '../domain/milestone.ts';
import { release } from '../domain/release.ts';
import { dormancyProofs, loadDormancy } from '../tables/dormancy.table.ts';
import { freeClientFee } from '../tables/lot.table.ts';
import { saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { bookRelease, decisionOf } from './book-release.ts';
import { clearIfSettled, loadStanding, withMilestone } from './clear-agreement.ts';
import { saveTurned, settingsOf } from './follow-dormancy.ts';
import { inTime } from './grant-refund-request.ts';
import { refundMilestones, type Standing } from './refund-milestones.ts';

export class TakeDormancyTurn extends Command<void> {
  constructor(readonly input: { message: MessageRef; agreementId: string }) {
    super();
  }
}

/** Both are told that the days run out; then the client is asked, then the freelancer (E-20). */
@CommandHandler(TakeDormancyTurn)
export class TakeDormancyTurnHandler implements ICommandHandler<TakeDormancyTurn> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: TakeDormancyTurn): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId } = command.input;
      const dormancy = await loadDormancy(tx, agreementId);
      const { agreement, milestones } = await loadStanding(tx, agreementId);
      const turned = takeTurn(dormancy, milestones, agreement.settings, tx.now);
      if (turned) saveTurned(tx, turned);
    });
  }
}

export class EndDormancy extends Command<void> {
  constructor(readonly input: { message: MessageRef; agreementId: string }) {
    super();
  }
}

/**
 * Silence ends a step: of the freelancer, and the money goes back; of the client whom the freelancer has asked, and it is
 * released (E-20). Dated at the due instant (M-21); without two proven notices nothing is taken (C-8).
 */
@CommandHandler(EndDormancy)
export class EndDormancyHandler implements ICommandHandler<EndDormancy> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: EndDormancy): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId } = command.input;
      const dormancy = await loadDormancy(tx, agreementId);
      if (!isAsked(dormancy) || !dormancy.dueAt) return;
      const settings = await settingsOf(tx, agreementId);
      const silent = fallSilent(dormancy, await dormancyProofs(tx, dormancy), settings, tx.now);
      if (!silent) return;
      if (!silent.silence) return saveTurned(tx, silent);
      // The lots of a disputed charge stay, and the others go without them.
      const isDisputed = ({ fundingId }: Freeze): boolean => fundingId !== undefined;
      const standing = await loadStanding(tx, agreementId);
      const begun = inTime(standing, dormancy.dueAt, isDisputed);
      const ended = await giveAway(tx, begun, { step: silent.silence, milestoneIds: dormancy.milestoneIds });
      await freezeRests(tx, standing, ended);
      saveTurned(tx, settle(dormancy, ended.milestones, settings, dormancy.dueAt));
    });
  }
}

/** Of what was dormant, what nothing covers now; what is asked back meanwhile has a deadline of its own (E-22). */
async function giveAway(
  tx: Tx,
  begun: Standing,
  { step, milestoneIds }: { step: ForfeitStep; milestoneIds: readonly string[] },
): Promise<Standing> {
  const going = begun.milestones.filter(
    (milestone): milestone is HeldMilestone =>
      milestoneIds.includes(milestone.id) &&
      'held' in milestone &&
      milestone.status !== 'refund_pending' &&
      movable(milestone).amountMinor > 0n,
  );
  if (step === 'release_requested') return releaseAll(tx, begun, going);
  if (going.length === 0) return begun;
  const refundings = going.map((milestone) => {
    return { milestoneId: milestone.id, amount: movable(milestone), cause: 'dormancy' } as const;
  });
  return refundMilestones(tx, begun, refundings);
}

/** What came too late to stop the silence covers what that has left (E-22, M-16). */
async function freezeRests(tx: Tx, before: Standing, { milestones }: Standing): Promise<void> {
  for (const known of before.milestones) {
    const rest = milestones.find(({ id }) => id === known.id)!;
    if (!('held' in known) || !('held' in rest) || rest.held.amountMinor === known.held.amountMinor) continue;
    await saveMilestoneWithFreezes(tx, { ...rest, freezes: known.freezes });
  }
}

async function releaseAll(tx: Tx, begun: Standing, going: readonly HeldMilestone[]): Promise<Standing> {
  let standing = begun;
  for (const milestone of going) {
    const { agreement } = standing;
    const decision = {
      ...decisionOf(tx, agreement),
      cause: 'dormancy',
      amount: movable(milestone),
      freeClientFee: await freeClientFee(tx, milestone),
    } as const;
    const released = release(milestone, decision);
    await bookRelease(tx, { milestone, agreement, released });
    const isFirst = agreement.initiationFee === 'held';
    standing = withMilestone(
      { ...standing, agreement: isFirst ? { ...agreement, initiationFee: 'earned' } : agreement },
      evolve(milestone, released),
    );
  }
  if (going.length > 0) await clearIfSettled(tx, standing);
  return standing;
}

type Asking = { message: MessageRef; agreementId: string };

export type RequestAnswer = { agreementId: string; status: 'release_requested'; dueAt: string };

export class RequestDormantRelease extends Command<RequestAnswer> {
  constructor(readonly input: Asking & { freelancerId: string }) {
    super();
  }
}

/**
 * The freelancer asks for the dormant money; the client's silence grants it (E-20).
 * @throws Rejection dormancy.not_asked | dormancy.over
 */
@CommandHandler(RequestDormantRelease)
export class RequestDormantReleaseHandler implements ICommandHandler<RequestDormantRelease> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RequestDormantRelease): Promise<RequestAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, freelancerId } = command.input;
      const dormancy: Dormancy = await loadDormancy(tx, agreementId, { freelancerId });
      const requested = requestRelease(dormancy, tx.now);
      saveTurned(tx, requested);
      return { agreementId, status: 'release_requested', dueAt: Instant.encode(requested.dueAt) };
    });
  }
}

export type RefuseAnswer = { agreementId: string; status: 'refused' };

export class RefuseDormantRelease extends Command<RefuseAnswer> {
  constructor(readonly input: Asking & { clientId: string }) {
    super();
  }
}

/** The client says no to it: that is activity too, and the days start again. @throws as above */
@CommandHandler(RefuseDormantRelease)
export class RefuseDormantReleaseHandler implements ICommandHandler<RefuseDormantRelease> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefuseDormantRelease): Promise<RefuseAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, clientId } = command.input;
      const dormancy = await loadDormancy(tx, agreementId, { clientId });
      saveTurned(tx, refuseRelease(dormancy, await settingsOf(tx, agreementId), tx.now));
      return { agreementId, status: 'refused' };
    });
  }
}
