import { Money, Rejection, split, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';

/** What a client writes; stored only encrypted, and never part of an event. */
export type TermsTexts = Readonly<{ title: string; scope: string; deliverables: string }>;

/** By amount or by percent of the budget, in hundredths of a percent: 33.33 % is 3333. */
export type ProposedMilestone = Readonly<{
  title: string;
  dueDate: string;
  price?: Money;
  percentHundredths?: number;
}>;

export type ProposedTerms = TermsTexts &
  Readonly<{
    type: 'fixed';
    /** Dates are ISO: 2026-11-22. */
    startDate: string;
    budget?: Money;
    /** One milestone after the other, or all in one charge (E-2); else as the platform has it at present. */
    fundingMode?: FundingMode;
    milestones: readonly ProposedMilestone[];
  }>;

export type FundingMode = PinnedSettings['funding.mode'];

/** Terms in which every milestone has its price in cents, and the way of funding is said. */
export type Terms = Omit<ProposedTerms, 'milestones' | 'fundingMode'> &
  Readonly<{ fundingMode: FundingMode; milestones: readonly (ProposedMilestone & { price: Money })[] }>;

const allHundredths = 10_000;

/**
 * Turns percents of the budget into cents by R-4, checks the prices and names the way of funding (rules ).
 * @throws Rejection milestones.percent_total | milestones.over_budget | milestone.below_minimum
 */
export function priceTerms(
  proposed: ProposedTerms,
  settings: Pick<PinnedSettings, 'milestone.min' | 'funding.mode'>,
): Terms {
  const shares = sharesOf(proposed);
  const milestones = proposed.milestones.map((milestone, index) => ({
    ...milestone,
    price: milestone.price ?? usd(shares[index]!),
  }));
  const total = milestones.reduce((sum, { price }) => sum + price.amountMinor, 0n);
  if (proposed.budget && total > proposed.budget.amountMinor) throw new Rejection('milestones.over_budget');
  const minimum = usd(BigInt(Math.max(settings['milestone.min'], 1)));
  const cheap = milestones.findIndex(({ price }) => price.amountMinor < minimum.amountMinor);
  if (cheap >= 0) {
    throw new Rejection('milestone.below_minimum', { order: cheap + 1, minimum: Money.encode(minimum) });
  }
  return { ...proposed, milestones, fundingMode: proposed.fundingMode ?? settings['funding.mode'] };
}

/** Each milestone's share of the budget; zero for one that is priced by amount. */
function sharesOf({ budget, milestones }: ProposedTerms): bigint[] {
  const weights = milestones.map(({ percentHundredths }) => percentHundredths ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0n);
  if (total !== allHundredths || !budget) throw new Rejection('milestones.percent_total', { total });
  return split(budget.amountMinor, weights.map(BigInt));
}

/**
 * The text whose SHA-256 is the terms hash: JSON with sorted keys and no spaces (RFC 8785), so that either
 * party can work it out again.
 */
export function canonicalTerms(
  terms: Terms,
  {
    agreementId,
    clientId,
    freelancerId,
  }: Readonly<{ agreementId: string; clientId: string; freelancerId: string }>,
): string {
  const { budget, deliverables, fundingMode, milestones, scope, startDate, title, type } = terms;
  return JSON.stringify({
    agreementId,
    budget: budget && canonicalMoney(budget),
    clientId,
    deliverables,
    freelancerId,
    fundingMode,
    milestones: milestones.map((milestone) => ({
      dueDate: milestone.dueDate,
      percentHundredths: milestone.percentHundredths,
      price: canonicalMoney(milestone.price),
      title: milestone.title,
    })),
    scope,
    startDate,
    title,
    type,
  });
}

const canonicalMoney = ({ amountMinor, currency }: Money): object => ({
  amountMinor: String(amountMinor),
  currency,
});
