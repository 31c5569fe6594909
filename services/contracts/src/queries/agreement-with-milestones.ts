import { Money, Rejection, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { type InferEntity, MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Content } from '../domain/submission.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { MilestoneTable } from '../tables/milestone.table.ts';
import { OfferTable, OfferVersionTable } from '../tables/offer.table.ts';
import { SubmissionContentTable, SubmissionTable } from '../tables/submission.table.ts';
import { writtenTerms } from './written-terms.ts';

type Em = ReturnType<MikroORM['em']['fork']>;

/** An agreement for its two parties: terms, pinned settings, milestones and what was submitted. */
@Injectable()
export class AgreementWithMilestones {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws Rejection agreement.unknown, also for a person who is no party to it (AD-16) */
  async of(agreementId: string, accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const mine = { $or: [{ clientId: accountId }, { freelancerId: accountId }] };
    const agreement = await em.findOne(AgreementTable, { id: agreementId, ...mine });
    if (!agreement) throw new Rejection('agreement.unknown');
    const { clientId, freelancerId } = agreement;
    const offer = await em.findOneOrFail(OfferTable, { agreementId });
    const { id: offerId, termsVersion } = offer;
    const accepted = await em.findOneOrFail(OfferVersionTable, { offerId, termsVersion });
    const clientKey = await em.findOne(PersonKeyTable, { id: clientId });
    const terms = writtenTerms(this.texts, clientKey ?? undefined, accepted);
    const milestones = await em.find(
      MilestoneTable,
      { agreementId },
      { orderBy: { position: 'asc' }, limit: 200 },
    );
    const submissions = await this.#submissions(em, { agreementId, freelancerId });
    return {
      agreementId,
      offerId,
      clientId,
      freelancerId,
      contractType: agreement.contractType,
      version: agreement.termsVersion,
      activatedAt: Instant.encode(agreement.activatedAt),
      settings: agreement.settings,
      termsHash: accepted.termsHash,
      terms,
      milestones: milestones.map((milestone) => ({
        ...shownMilestone(milestone),
        title: terms.milestones[milestone.position - 1]?.title ?? null,
        submissions: submissions
          .filter(({ milestoneId }) => milestoneId === milestone.id)
          .map(({ shown }) => shown),
      })),
    };
  }

  async #submissions(
    em: Em,
    { agreementId, freelancerId }: { agreementId: string; freelancerId: string },
  ): Promise<{ milestoneId: string; shown: object }[]> {
    const submissions = await em.find(
      SubmissionTable,
      { agreementId },
      { orderBy: { id: 'asc' }, limit: 1_000 },
    );
    const ids = submissions.map(({ id }) => id);
    const contents = await em.find(SubmissionContentTable, { id: { $in: ids } });
    const sealed = new Map(contents.map(({ id, content }) => [id, content]));
    const key = (await em.findOne(PersonKeyTable, { id: freelancerId })) ?? undefined;
    return submissions.map(({ id, milestoneId, status, reason, reviewDueAt, submittedAt, contentHash }) => {
      const written = this.texts.open<Content>(key, `submission_contents/content/${id}`, sealed.get(id)!);
      const shown = {
        submissionId: id,
        status,
        ...(reason ? { reason } : {}),
        ...(reviewDueAt ? { dueAt: Instant.encode(reviewDueAt) } : {}),
        submittedAt: Instant.encode(submittedAt),
        contentHash,
        message: written?.message ?? null,
        files: written?.files ?? null,
      };
      return { milestoneId, shown };
    });
  }
}

function shownMilestone(milestone: InferEntity<typeof MilestoneTable>): object {
  const { id, position, termsVersion, priceMinor, dueDate, status, heldMinor, fundingFailure } = milestone;
  return {
    milestoneId: id,
    order: position,
    version: termsVersion,
    price: Money.encode(usd(priceMinor)),
    dueDate,
    status,
    ...(typeof heldMinor === 'bigint' ? { held: Money.encode(usd(heldMinor)) } : {}),
    ...(fundingFailure ? { fundingFailure } : {}),
  };
}
