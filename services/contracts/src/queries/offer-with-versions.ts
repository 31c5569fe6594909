import { Rejection } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { type PersonKey, PersonKeyTable, PersonTexts } from '@holdfast/service';
import { type InferEntity, MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { OfferChangeRequestTable, OfferTable, OfferVersionTable } from '../tables/offer.table.ts';
import { writtenTerms } from './written-terms.ts';

/** An offer for its two parties, with every version that was sent. */
@Injectable()
export class OfferWithVersions {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws Rejection offer.unknown, also for a person who is no party to it (AD-16) */
  async of(offerId: string, accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const mine = { $or: [{ clientId: accountId }, { freelancerId: accountId }] };
    const offer = await em.findOne(OfferTable, { id: offerId, ...mine });
    if (!offer) throw new Rejection('offer.unknown');
    const versions = await em.find(
      OfferVersionTable,
      { offerId },
      { orderBy: { termsVersion: 'asc' }, limit: 1_000 },
    );
    const requests = await em.find(OfferChangeRequestTable, { offerId }, { limit: 1_000 });
    const key = (await em.findOne(PersonKeyTable, { id: offer.clientId })) ?? undefined;
    const writersKey = (await em.findOne(PersonKeyTable, { id: offer.freelancerId })) ?? undefined;
    return {
      offerId,
      agreementId: offer.agreementId,
      clientId: offer.clientId,
      freelancerId: offer.freelancerId,
      status: offer.status,
      version: offer.termsVersion,
      termsHash: offer.termsHash,
      ...(offer.dueAt ? { dueAt: Instant.encode(offer.dueAt) } : {}),
      versions: versions.map((version) => ({
        version: version.termsVersion,
        termsHash: version.termsHash,
        sentAt: Instant.encode(version.sentAt),
        dueAt: Instant.encode(version.dueAt),
        terms: writtenTerms(this.texts, key, version),
        ...this.#changesRequested(
          writersKey,
          requests.find(({ termsVersion }) => termsVersion === version.termsVersion),
        ),
      })),
    };
  }

  /** What the freelancer wished to be changed about a version; null where that person was erased (C-9). */
  #changesRequested(
    key: PersonKey | undefined,
    request: InferEntity<typeof OfferChangeRequestTable> | undefined,
  ): object {
    if (!request) return {};
    const place = `offer_change_requests/reason/${request.id}`;
    const reason = this.texts.open<{ reason: string }>(key, place, request.reason)?.reason ?? null;
    return { changesRequested: { reason, requestedAt: Instant.encode(request.requestedAt) } };
  }
}
