import { NotYet, Rejection } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  type AskedChange,
  begun,
  canonicalChanges,
  changesOf,
  type MilestoneTexts,
  propose,
} from '../domain/amendment.ts';
import { assertMayAmend } from '../domain/hold.ts';
import { loadParties } from '../tables/account.table.ts';
import { loadAsParty, saveAgreement } from '../tables/agreement.table.ts';
import { insertAmendment, loadOpenAmendment } from '../tables/amendment.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { tell } from './plan-notices.ts';

export type ProposedAmendment = {
  amendmentId: string;
  version: number;
  termsHash: string;
  dueAt: string;
  status: 'proposed';
  /** One for each change, in its order: those that are added have their ids from here on. */
  milestoneIds: string[];
};

export class ProposeAmendment extends Command<ProposedAmendment> {
  constructor(
    readonly input: { message: MessageRef; accountId: string; agreementId: string; changes: AskedChange[] },
  ) {
    super();
  }
}

/**
 * One party proposes other terms for milestones that are not funded; one proposal at a time (A-11, A-13, S-5).
 * @throws Rejection account.on_hold | offer.party_on_hold | agreement.closing | agreement.ended | amendment.open |
 *   milestone.unknown | milestone.funded | milestone.cancelled | milestone.below_minimum | milestones.too_many |
 *   milestones.none_left
 * @throws NotYet agreement.unknown
 */
@CommandHandler(ProposeAmendment)
export class ProposeAmendmentHandler implements ICommandHandler<ProposeAmendment> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: ProposeAmendment): Promise<ProposedAmendment> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, agreementId, changes: asked } = command.input;
      const party = await loadAsParty(tx, agreementId, accountId);
      if (!party) throw new NotYet('agreement.unknown');
      const { agreement, by } = party;
      assertMayAmend(by, await loadParties(tx, agreement));
      const open = await loadOpenAmendment(tx, agreementId);
      if (open) throw new Rejection('amendment.open', { amendmentId: open.id });
      const milestones = await loadMilestonesOf(tx, agreementId);
      const newIds = asked.map(() => newId());
      const changes = changesOf(agreement, { by, asked, milestones, newIds });
      const amendmentId = newId();
      const texts = asked.map(textsOf);
      const termsHash = sha256(canonicalChanges({ amendmentId, agreementId }, changes, texts));
      const proposed = propose(agreement, { amendmentId, by, termsHash, now: tx.now });
      const key = await this.texts.keyOf(tx, accountId);
      const sealed = this.texts.seal(key, `amendment_texts/texts/${amendmentId}`, { texts });
      insertAmendment(tx, begun(agreement, proposed, { changes, now: tx.now }), sealed);
      // Its new version: of two proposals at once the second one finds the first.
      saveAgreement(tx, agreement);
      tx.publish(contractsEvents, [proposed]);
      await tell(tx, proposed, { causeId: amendmentId, parties: agreement, settings: agreement.settings });
      const { version, dueAt } = proposed;
      const milestoneIds = changes.map(({ milestoneId }) => milestoneId);
      const answer = { amendmentId, version, termsHash, dueAt: dueAt.toISOString(), milestoneIds };
      return { ...answer, status: 'proposed' };
    });
  }
}

function textsOf(change: AskedChange): MilestoneTexts {
  if (change.kind === 'delete') return {};
  const { title, scope } = change;
  return { title, scope };
}
