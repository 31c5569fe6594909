import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Offer } from '../domain/offer.ts';
import type { FundingMode, Terms } from '../domain/terms.ts';

export const OfferTable = defineEntity({
  name: 'Offer',
  tableName: 'offers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    status: p.text().$type<Offer['status']>(),
    termsVersion: p.integer(),
    termsHash: p.text(),
    /** When it expires; null once it is answered. */
    dueAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

/** Figures of a milestone in an offer; its title is at the same place of the list in the encrypted texts. */
type Priced = { priceMinor: string; percentHundredths?: number; dueDate: string };

/** Every version that was sent; earlier ones stay readable. Texts are encrypted by the client's key. */
export const OfferVersionTable = defineEntity({
  name: 'OfferVersion',
  tableName: 'offer_versions',
  properties: {
    id: p.uuid().primary(),
    offerId: p.uuid(),
    termsVersion: p.integer(),
    termsHash: p.text(),
    contractType: p.text().$type<Terms['type']>(),
    startDate: p.text(),
    budgetMinor: p.bigint().nullable(),
    fundingMode: p.text().$type<FundingMode>(),
    milestones: p.json<Priced[]>(),
    texts: p.blob().$type<Buffer>(),
    sentAt: p.datetime(),
    dueAt: p.datetime(),
    version: p.integer(),
  },
});
export type OfferVersion = Omit<InferEntity<typeof OfferVersionTable>, 'version'>;

/** What the freelancer wishes to be changed about a version, encrypted under the freelancer's key. */
export const OfferChangeRequestTable = defineEntity({
  name: 'OfferChangeRequest',
  tableName: 'offer_change_requests',
  properties: {
    id: p.uuid().primary(),
    offerId: p.uuid(),
    termsVersion: p.integer(),
    reasonHash: p.text(),
    reason: p.blob().$type<Buffer>(),
    requestedAt: p.datetime(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof OfferTable>, 'version'>;

export const offerToRow = (offer: Offer): Row => ({
  ...offer,
  dueAt: 'dueAt' in offer ? offer.dueAt : null,
});

export const offerFromRow = ({
  id,
  agreementId,
  clientId,
  freelancerId,
  termsVersion,
  termsHash,
  ...row
}: Row): Offer => {
  const offer = { id, agreementId, clientId, freelancerId, termsVersion, termsHash };
  return row.status === 'sent' || row.status === 'changes_requested'
    ? { ...offer, status: row.status, dueAt: row.dueAt! }
    : { ...offer, status: row.status };
};

/** With the caller in the query: a foreign offer is an unknown one (AD-16). */
export async function loadOffer(
  tx: Tx,
  where: { id: string; clientId?: string; freelancerId?: string },
): Promise<Offer | undefined> {
  const row = await tx.one(OfferTable, where);
  return row && offerFromRow(row);
}

export const insertOffer = (tx: Tx, offer: Offer): void => tx.insert(OfferTable, offerToRow(offer));
export const saveOffer = (tx: Tx, offer: Offer): void => tx.save(OfferTable, offerToRow(offer));

/** What a version says besides its texts, as it stands in its row. */
export const figuresOf = ({ type, startDate, budget, fundingMode, milestones }: Terms) => ({
  contractType: type,
  startDate,
  budgetMinor: budget?.amountMinor ?? null,
  fundingMode,
  milestones: milestones.map(({ price, percentHundredths, dueDate }) => ({
    priceMinor: String(price.amountMinor),
    percentHundredths,
    dueDate,
  })),
});

export const pricedMilestones = ({ milestones }: Pick<OfferVersion, 'milestones'>) =>
  milestones.map(({ priceMinor, percentHundredths, dueDate }) => ({
    price: usd(BigInt(priceMinor)),
    percentHundredths,
    dueDate,
  }));
