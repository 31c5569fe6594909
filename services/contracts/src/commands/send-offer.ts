import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Account } from '../domain/account.ts';
import { assertMayContract } from '../domain/hold.ts';
import {
  assertTwoParties,
  evolve,
  type OfferRevised,
  type OfferSent,
  type Parties,
  send,
} from '../domain/offer.ts';
import { canonicalTerms, type ProposedTerms, priceTerms, type Terms } from '../domain/terms.ts';
import { contractsSettings } from '../settings.ts';
import { BillingMethodTable, loadAccount } from '../tables/account.table.ts';
import { figuresOf, insertOffer, OfferVersionTable } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export type SentOffer = {
  offerId: string;
  agreementId: string;
  version: number;
  termsHash: string;
  dueAt: string;
};

export class SendOffer extends Command<SentOffer> {
  constructor(
    readonly input: { message: MessageRef; clientId: string; freelancerId: string; terms: ProposedTerms },
  ) {
    super();
  }
}

/**
 * Sends an offer to a freelancer; unanswered it expires (A-1 to, S-5).
 * @throws Rejection offer.self | milestones.percent_total | milestones.over_budget | milestone.below_minimum |
 *   account.on_hold | offer.party_on_hold
 * @throws NotYet account.not_opened | account.unknown | billing_method.missing
 */
@CommandHandler(SendOffer)
export class SendOfferHandler implements ICommandHandler<SendOffer> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: SendOffer): Promise<SentOffer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { clientId, freelancerId, terms: proposed } = command.input;
      const parties = { clientId, freelancerId };
      assertTwoParties(parties);
      const settings = await currentSettings(tx, contractsSettings);
      const terms = priceTerms(proposed, settings);
      assertMayContract('client', await loadReady(tx, parties));
      const ids = { offerId: newId(), agreementId: newId() };
      const termsHash = sha256(canonicalTerms(terms, { ...parties, agreementId: ids.agreementId }));
      const sent = send(ids, { termsHash, now: tx.now, expiryDays: settings['offer.expiry_days'] });
      insertOffer(tx, evolve(parties, sent));
      await insertVersion(tx, this.texts, { clientId, terms, event: sent });
      tx.publish(contractsEvents, [sent]);
      await tell(tx, sent, { causeId: offerCause(sent), parties });
      return answerOf(sent);
    });
  }
}

/**
 * Both have their account and role, and the client a verified billing method. Each of these facts may
 * still be on its way, so that its absence is waited for and never kept as the answer.
 */
async function loadReady(
  tx: Tx,
  { clientId, freelancerId }: Parties,
): Promise<{ client: Account; freelancer: Account }> {
  const client = await loadAccount(tx, clientId);
  if (!client?.roles.includes('client')) throw new NotYet('account.not_opened');
  const freelancer = await loadAccount(tx, freelancerId);
  if (!freelancer?.roles.includes('freelancer')) throw new NotYet('account.unknown');
  const method = await tx.one(BillingMethodTable, { accountId: clientId, removed: false });
  if (!method) throw new NotYet('billing_method.missing');
  return { client, freelancer };
}

/** Keeps one version of the terms: its figures in plain, its texts under the client's key. */
export async function insertVersion(
  tx: Tx,
  texts: PersonTexts,
  { clientId, terms, event }: { clientId: string; terms: Terms; event: OfferSent | OfferRevised },
): Promise<void> {
  const id = newId();
  const key = await texts.keyOf(tx, clientId);
  const { title, scope, deliverables, milestones } = terms;
  const written = {
    title,
    scope,
    deliverables,
    milestoneTitles: milestones.map((milestone) => milestone.title),
  };
  tx.insert(OfferVersionTable, {
    id,
    offerId: event.offerId,
    termsVersion: event.version,
    termsHash: event.termsHash,
    ...figuresOf(terms),
    texts: texts.seal(key, `offer_versions/texts/${id}`, written),
    sentAt: tx.now,
    dueAt: event.dueAt,
  });
}

/** Each version of an offer tells anew (C-7). */
export const offerCause = ({ offerId, version }: OfferSent | OfferRevised): string => `${offerId}/${version}`;

export const answerOf = ({
  offerId,
  agreementId,
  version,
  termsHash,
  dueAt,
}: OfferSent | OfferRevised): SentOffer => ({
  offerId,
  agreementId,
  version,
  termsHash,
  dueAt: dueAt.toISOString(),
});
