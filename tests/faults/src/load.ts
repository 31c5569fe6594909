import {
  type Agreement,
  type AgreementDraft,
  accept,
  addCard,
  arrangeOffer,
  type Json,
  type Marketplace,
  openAccounts,
  release,
  sendOffer,
  submit,
  until,
} from '@holdfast/journeys';
import type { PatientMarketplace } from './patient-people.ts';

/** A service that was killed takes part again when its old membership has run out: 6 s, much longer when busy. */
const faultyMs = 150_000;

const oneMilestone: AgreementDraft = { milestones: [{ amountMinor: 100_000n }] };

/** As the parties see it; waits as long as a fault may last. */
export async function untilMoney(agreement: Agreement, status: string, index = 0): Promise<Json> {
  const { milestoneId } = agreement.milestones[index]!;
  const path = `/v1/agreements/${agreement.agreementId}/money`;
  return until(
    `milestone ${index + 1} of ${agreement.agreementId} is ${status}`,
    async () => {
      const { body } = await agreement.client.request('escrow', 'GET', path);
      return body.milestones?.find((milestone: Json) => milestone.milestoneId === milestoneId);
    },
    (milestone) => milestone?.status === status,
    faultyMs,
  );
}

export async function funded(market: Marketplace, draft = oneMilestone): Promise<Agreement> {
  const agreement = await accept(await arrangeOffer(market, draft));
  await untilMoney(agreement, 'funded');
  return agreement;
}

export async function underReview(
  market: Marketplace,
  draft = oneMilestone,
): Promise<{ agreement: Agreement; submissionId: string; dueAt: Date }> {
  const agreement = await funded(market, draft);
  const { submissionId } = await submit(agreement, 0);
  const { next } = await untilMoney(agreement, 'submitted');
  return { agreement, submissionId, dueAt: new Date(next.at) };
}

/** One agreement from its offer to the release. */
export async function wholePath(market: Marketplace): Promise<Agreement> {
  const { agreement, submissionId } = await underReview(market);
  await release(agreement, 0, submissionId);
  return agreement;
}

/** One agreement of a couple after the other, so that aggregates differ and accounts repeat; one at least. */
async function couple(market: Marketplace, isOver: () => boolean): Promise<void> {
  const client = market.newPerson('client', ['client']);
  const freelancer = market.newPerson('freelancer', ['freelancer']);
  await openAccounts(client, freelancer);
  await addCard(client);
  do {
    const agreement = await accept(await sendOffer(client, freelancer, oneMilestone));
    await untilMoney(agreement, 'funded');
    const { submissionId } = await submit(agreement, 0);
    await untilMoney(agreement, 'submitted');
    await release(agreement, 0, submissionId);
  } while (!isOver());
}

export interface Load {
  /** Waits until this many more commands were acknowledged. */
  acknowledged(more: number): Promise<void>;
  /** Each couple brings its agreement to the release; no further ones begin. */
  finish(): Promise<void>;
}

/** Couples side by side, until they are told to finish. */
export function startLoad(market: PatientMarketplace, couples = 4): Load {
  let over = false;
  const work = Promise.all(Array.from({ length: couples }, () => couple(market, () => over)));
  const failed = work.then(
    () => new Promise<never>(() => undefined),
    (error) => Promise.reject(error),
  );
  // A failure is seen where it is awaited, also when a test fails before.
  failed.catch(() => undefined);
  const count = (): number => market.answers.successes.length;
  return {
    acknowledged: async (more) => {
      const wanted = count() + more;
      const what = `${more} more commands are acknowledged`;
      await Promise.race([
        failed,
        until(
          what,
          async () => count(),
          (seen) => seen >= wanted,
          faultyMs,
        ),
      ]);
    },
    finish: async () => {
      over = true;
      await work;
    },
  };
}
