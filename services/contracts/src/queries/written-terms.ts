import { Money, usd } from '@holdfast/domain';
import { type PersonKey, type PersonTexts } from '@holdfast/service';
import type { TermsTexts } from '../domain/terms.ts';
import { type OfferVersion, pricedMilestones } from '../tables/offer.table.ts';

type Written = TermsTexts & { milestoneTitles: string[] };

/** One version of the terms as the parties read it; the texts are null where the client was erased (C-9). */
export function writtenTerms(texts: PersonTexts, key: PersonKey | undefined, version: OfferVersion) {
  const written = texts.open<Written>(key, `offer_versions/texts/${version.id}`, version.texts);
  const { contractType: type, startDate, budgetMinor, fundingMode } = version;
  return {
    type,
    title: written?.title ?? null,
    scope: written?.scope ?? null,
    deliverables: written?.deliverables ?? null,
    startDate,
    fundingMode,
    ...(typeof budgetMinor === 'bigint' ? { budget: Money.encode(usd(budgetMinor)) } : {}),
    milestones: pricedMilestones(version).map(({ price, percentHundredths, dueDate }, index) => ({
      order: index + 1,
      title: written?.milestoneTitles[index] ?? null,
      price: Money.encode(price),
      percentHundredths,
      dueDate,
    })),
  };
}
