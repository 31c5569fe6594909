import { Rejection } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { Content } from '../domain/submission.ts';
import { AgreementTable, shownState } from '../tables/agreement.table.ts';
import { MatterTable } from '../tables/matter.table.ts';
import { MilestoneTable } from '../tables/milestone.table.ts';
import { OfferTable, OfferVersionTable } from '../tables/offer.table.ts';
import { PaymentRequestTable, shownRequest } from '../tables/payment-request.table.ts';
import { SubmissionContentTable, SubmissionTable } from '../tables/submission.table.ts';
import { AgreedTerms } from './agreed-terms.ts';
import { shownMatters, shownMilestone, shownSubmission } from './agreement-parts.ts';
import { writtenTerms } from './written-terms.ts';

type Em = ReturnType<MikroORM['em']['fork']>;

/** An agreement for its two parties: terms, pinned settings, milestones, what was submitted, and what escrow decided. */
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
    const offerTitles = terms.milestones.map(({ title }) => title);
    const agreed = await AgreedTerms.load(em, this.texts, { agreementId, offerTitles });
    const submissions = await this.#submissions(em, { agreementId, freelancerId });
    const requests = await em.find(
      PaymentRequestTable,
      { agreementId },
      { orderBy: { id: 'asc' }, limit: 1_000 },
    );
    return {
      agreementId,
      offerId,
      clientId,
      freelancerId,
      contractType: agreement.contractType,
      version: agreement.termsVersion,
      ...shownState(agreement),
      activatedAt: Instant.encode(agreement.activatedAt),
      settings: agreement.settings,
      termsHash: accepted.termsHash,
      terms,
      milestones: milestones.map((milestone) => ({
        ...shownMilestone(milestone),
        ...agreed.of(milestone.id),
        submissions: submissions
          .filter(({ milestoneId }) => milestoneId === milestone.id)
          .map(({ shown }) => shown),
      })),
      amendments: agreed.amendments,
      paymentRequests: requests.map(shownRequest),
      ...shownMatters(await em.find(MatterTable, { agreementId }, { orderBy: { id: 'asc' }, limit: 1_000 })),
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
    return submissions.map((submission) => {
      const { id, milestoneId } = submission;
      const written = this.texts.open<Content>(key, `submission_contents/content/${id}`, sealed.get(id)!);
      const content = { message: written?.message ?? null, files: written?.files ?? null };
      return { milestoneId, shown: { ...shownSubmission(submission), ...content } };
    });
  }
}
