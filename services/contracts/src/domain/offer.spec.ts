import { plusDays } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { offerFromRow, offerToRow } from '../tables/offer.table.ts';
import {
  accept,
  assertTwoParties,
  decline,
  evolve,
  expire,
  type Offer,
  type OfferEvent,
  requestChanges,
  revise,
  send,
  withdraw,
} from './offer.ts';

const parties = { clientId: 'client', freelancerId: 'freelancer' };
const ids = { offerId: 'offer', agreementId: 'agreement' };
const [hash, otherHash] = ['a'.repeat(64), 'b'.repeat(64)];
const sentAt = new Date('2026-11-22T10:00:00.000Z');
const dueAt = new Date('2026-11-29T10:00:00.000Z');
const justBefore = new Date(dueAt.getTime() - 1);
const offer = evolve(parties, send(ids, { termsHash: hash, now: sentAt, expiryDays: 7 }));
const code = (expected: string) => expect.objectContaining({ code: expected });

test('S-1: a party cannot contract with itself', () => {
  expect(() => assertTwoParties({ clientId: 'person', freelancerId: 'person' })).toThrow(code('offer.self'));
  expect(() => assertTwoParties(parties)).not.toThrow();
});

describe('A-4: an offer that is not accepted in 7 days expires', () => {
  test('the due instant is exactly 7 x 24 hours after it was sent', () => {
    expect(offer).toEqual({
      id: 'offer',
      agreementId: 'agreement',
      ...parties,
      status: 'sent',
      termsVersion: 1,
      termsHash: hash,
      dueAt,
    });
  });

  test('a millisecond before it nothing is due, at it the offer expires', () => {
    expect(expire(offer, justBefore)).toBeUndefined();
    const expired = expire(offer, dueAt)!;
    expect(expired).toEqual({ type: 'contracts.offer.expired', ...ids, version: 1 });
    expect(evolve(offer, expired)).toMatchObject({ status: 'expired', termsHash: hash });
  });

  test('an accept before it is in time, at it too late, whether the timer has run or not', () => {
    expect(accept(offer, { version: 1, now: justBefore })).toMatchObject({
      type: 'contracts.offer.accepted',
    });
    expect(() => accept(offer, { version: 1, now: dueAt })).toThrow(code('offer.expired'));
    const expired = evolve(offer, expire(offer, dueAt)!);
    expect(() => accept(expired, { version: 1, now: dueAt })).toThrow(code('offer.expired'));
    expect(() => revise(offer, { termsHash: otherHash, now: dueAt, expiryDays: 7 })).toThrow(
      code('offer.expired'),
    );
    expect(() => withdraw(offer, dueAt)).toThrow(code('offer.expired'));
  });

  test('an answered offer does not expire', () => {
    const accepted = evolve(offer, accept(offer, { version: 1, now: sentAt }));
    expect(expire(accepted, plusDays(dueAt, 1))).toBeUndefined();
  });
});

describe('A-5: the client may change or withdraw it until it is accepted', () => {
  const revisedAt = plusDays(sentAt, 3);
  const revised = evolve(offer, revise(offer, { termsHash: otherHash, now: revisedAt, expiryDays: 7 }));

  test('a change is a new version and restarts the expiry', () => {
    expect(revised).toMatchObject({ termsVersion: 2, termsHash: otherHash, dueAt: plusDays(revisedAt, 7) });
    expect(expire(revised, dueAt)).toBeUndefined();
  });

  test('A-6: only the version that is shown can be accepted', () => {
    expect(() => accept(revised, { version: 1, now: revisedAt })).toThrow(code('offer.version_outdated'));
    expect(accept(revised, { version: 2, now: revisedAt })).toEqual({
      type: 'contracts.offer.accepted',
      ...ids,
      version: 2,
      termsHash: otherHash,
    });
  });

  test('a withdrawn offer takes nothing more', () => {
    const withdrawn = evolve(offer, withdraw(offer, sentAt));
    expect(withdrawn.status).toBe('withdrawn');
    expect(() => accept(withdrawn, { version: 1, now: sentAt })).toThrow(code('offer.not_open'));
    expect(() => withdraw(withdrawn, sentAt)).toThrow(code('offer.not_open'));
  });

  test('an accepted offer is neither accepted again nor changed nor withdrawn', () => {
    const accepted = evolve(offer, accept(offer, { version: 1, now: sentAt }));
    expect(() => accept(accepted, { version: 1, now: sentAt })).toThrow(code('offer.not_open'));
    expect(() => withdraw(accepted, sentAt)).toThrow(code('offer.not_open'));
    const sending = { termsHash: otherHash, now: sentAt, expiryDays: 7 };
    expect(() => revise(accepted, sending)).toThrow(code('offer.not_open'));
  });
});

describe('A-6: the freelancer may decline it, or ask for other terms', () => {
  const asking = { version: 1, reasonHash: otherHash, now: justBefore };
  const asked = evolve(offer, requestChanges(offer, asking));

  test('asking keeps terms and expiry; the event carries the hash of the words', () => {
    expect(requestChanges(offer, asking)).toEqual({
      type: 'contracts.offer.changes_requested',
      ...ids,
      version: 1,
      reasonHash: otherHash,
      dueAt,
    });
    expect(asked).toEqual({ ...offer, status: 'changes_requested' });
    expect(expire(asked, justBefore)).toBeUndefined();
    expect(evolve(asked, expire(asked, dueAt)!)).toMatchObject({ status: 'expired' });
  });

  test('only the version shown, in time, once, and not what was answered', () => {
    expect(() => requestChanges(offer, { ...asking, version: 2 })).toThrow(code('offer.version_outdated'));
    expect(() => requestChanges(offer, { ...asking, now: dueAt })).toThrow(code('offer.expired'));
    expect(() => requestChanges(asked, asking)).toThrow(code('offer.changes_requested'));
    const declined = evolve(offer, decline(offer, sentAt));
    expect(() => requestChanges(declined, asking)).toThrow(code('offer.not_open'));
  });

  test('until the client answers it is not accepted; a new version is the answer', () => {
    expect(() => accept(asked, { version: 1, now: justBefore })).toThrow(code('offer.changes_requested'));
    const revised = evolve(asked, revise(asked, { termsHash: hash, now: justBefore, expiryDays: 7 }));
    expect(revised).toMatchObject({ status: 'sent', termsVersion: 2, dueAt: plusDays(justBefore, 7) });
    expect(accept(revised, { version: 2, now: justBefore })).toMatchObject({ version: 2 });
  });

  test.each([
    ['as it was sent', offer],
    ['after asking', asked],
  ])('declined or withdrawn %s, in time', (_, state) => {
    const declined = decline(state, justBefore);
    expect(declined).toEqual({ type: 'contracts.offer.declined', ...ids, version: 1 });
    expect(evolve(state, declined)).toMatchObject({ status: 'declined', termsHash: hash });
    expect(() => decline(state, dueAt)).toThrow(code('offer.expired'));
    expect(evolve(state, withdraw(state, justBefore)).status).toBe('withdrawn');
  });

  test('a declined offer takes nothing more', () => {
    const declined = evolve(offer, decline(offer, sentAt));
    expect(() => accept(declined, { version: 1, now: sentAt })).toThrow(code('offer.not_open'));
    expect(() => decline(declined, sentAt)).toThrow(code('offer.not_open'));
    expect(expire(declined, plusDays(dueAt, 1))).toBeUndefined();
  });
});

test('whatever happens to an offer, its row gives the fold of its events back', () => {
  const step = fc.constantFrom<(offer: Offer, now: Date) => OfferEvent | undefined>(
    (state, now) => revise(state, { termsHash: otherHash, now, expiryDays: 7 }),
    (state, now) => withdraw(state, now),
    (state, now) => accept(state, { version: state.termsVersion, now }),
    (state, now) => requestChanges(state, { version: state.termsVersion, reasonHash: hash, now }),
    (state, now) => decline(state, now),
    (state, now) => expire(state, now),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 10 })), { maxLength: 8 }), (steps) => {
      let [state, now] = [offer, sentAt];
      for (const [decide, days] of steps) {
        now = plusDays(now, days);
        let event: OfferEvent | undefined;
        try {
          event = decide(state, now);
        } catch (refusal) {
          expect(refusal).toMatchObject({ name: 'Rejection' });
        }
        if (event) state = evolve(state, event);
        expect(offerFromRow(offerToRow(state))).toEqual(state);
      }
    }),
  );
});
