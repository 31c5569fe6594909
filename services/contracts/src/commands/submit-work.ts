import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertFree } from '../domain/hold.ts';
import { assertTakesWork, submit } from '../domain/milestone.ts';
import { evolve } from '../domain/milestone-facts.ts';
import { type Content, canonicalContent, sentSubmission } from '../domain/submission.ts';
import { contractsSettings } from '../settings.ts';
import { loadAccount } from '../tables/account.table.ts';
import { loadAgreement } from '../tables/agreement.table.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';
import { insertSubmission } from '../tables/submission.table.ts';

export type SubmittedWork = {
  submissionId: string;
  contentHash: string;
  submittedAt: string;
  status: 'sent';
};

export class SubmitWork extends Command<SubmittedWork> {
  constructor(
    readonly input: { message: MessageRef; freelancerId: string; milestoneId: string; content: Content },
  ) {
    super();
  }
}

/**
 * Submits work, which asks for payment; escrow answers whether its review starts (E-4, M-15, S-5).
 * @throws Rejection account.on_hold | agreement.closing | agreement.ended | milestone.released |
 *   milestone.settled | submission.pending | submission.too_many_files
 * @throws NotYet milestone.unknown
 */
@CommandHandler(SubmitWork)
export class SubmitWorkHandler implements ICommandHandler<SubmitWork> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: SubmitWork): Promise<SubmittedWork> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, milestoneId, content } = command.input;
      const milestone = await loadMilestone(tx, { id: milestoneId, freelancerId });
      if (!milestone) throw new NotYet('milestone.unknown');
      assertFree((await loadAccount(tx, freelancerId))!, 'submit');
      assertTakesWork((await loadAgreement(tx, { id: milestone.agreementId }))!, milestone);
      const settings = await currentSettings(tx, contractsSettings);
      const submissionId = newId();
      const contentHash = sha256(canonicalContent(submissionId, content));
      const submitted = submit(milestone, {
        submissionId,
        contentHash,
        fileCount: content.files.length,
        maxFiles: settings['submission.max_files'],
        now: tx.now,
      });
      const key = await this.texts.keyOf(tx, freelancerId);
      const sealed = this.texts.seal(key, `submission_contents/content/${submissionId}`, content);
      saveMilestone(tx, evolve(milestone, submitted));
      insertSubmission(tx, sentSubmission(submitted), sealed);
      tx.publish(contractsEvents, [submitted]);
      return { submissionId, contentHash, submittedAt: tx.now.toISOString(), status: 'sent' };
    });
  }
}
