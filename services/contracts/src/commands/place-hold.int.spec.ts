import { NotYet, Rejection } from '@holdfast/domain';
import type { EventOf, HoldKind, payoutsEvents } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { http, newAccountId, useContracts } from '../testing/contracts.ts';
import { someTerms } from '../testing/terms.ts';
import { SendOffer, SendOfferHandler } from './send-offer.ts';
import { SubmitWork, SubmitWorkHandler } from './submit-work.ts';

const contracts = useContracts();
const onHold = (kind: HoldKind) => new Rejection('account.on_hold', { kind });

const failed = (
  accountId: string,
): Extract<EventOf<typeof payoutsEvents>, { type: 'payouts.identity.failed' }> => ({
  type: 'payouts.identity.failed',
  accountId,
  reason: 'refused',
});
const blocked = (accountId: string, methodId = newId()) =>
  ({ type: 'payouts.screening.blocked', accountId, screeningId: newId(), methodId }) as const;

const holdsOf = (accountId: string) =>
  contracts().rows('select * from account_holds where account_id = $1 order by id', [accountId]);
const placedFor = async (accountId: string) =>
  (await contracts().published(accountId)).filter(({ type }) => type === 'contracts.account.hold_placed');

async function someone(): Promise<string> {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId, ['client', 'freelancer']);
  return accountId;
}

describe('an operator', () => {
  test('S-12: row and fact are committed together, each call a cause of its own', async () => {
    const accountId = await someone();
    const { holdId } = await contracts().placeHold(accountId, 'safety');
    const second = await contracts().placeHold(accountId, 'safety');
    expect(await holdsOf(accountId)).toMatchObject([
      {
        id: holdId,
        kind: 'safety',
        reason: 'other',
        cause_id: holdId,
        status: 'standing',
        placed_by: 'operator-1',
        placed_at: expect.any(Date),
        lifted_at: null,
      },
      { id: second.holdId, cause_id: second.holdId, status: 'standing' },
    ]);
    expect(await placedFor(accountId)).toEqual(
      [holdId, second.holdId].map((id) => ({
        type: 'contracts.account.hold_placed',
        accountId,
        holdId: id,
        kind: 'safety',
        reason: 'other',
      })),
    );
  });

  test('the same message twice has the same answer and one effect; with other words it is refused', async () => {
    const [accountId, message] = [await someone(), http()];
    const first = await contracts().placeHold(accountId, 'financial', { message });
    expect(await contracts().placeHold(accountId, 'financial', { message })).toEqual(first);
    expect(await placedFor(accountId)).toHaveLength(1);
    await expect(
      contracts().placeHold(accountId, 'financial', { message, note: 'Other' }),
    ).rejects.toMatchObject({ code: 'idempotency.key_reused' });
  });

  test('AD-18: the words stand nowhere in plain', async () => {
    const [accountId, note] = [await someone(), 'Words that nobody else has said'];
    const { holdId } = await contracts().placeHold(accountId, 'safety', { note });
    await contracts().liftHold(accountId, holdId, { note });
    const kept = [
      ...(await contracts().rows('select payload::text, headers::text from outbox where aggregateid = $1', [
        accountId,
      ])),
      ...(await contracts().rows('select * from inbox')),
    ];
    expect(kept.length).toBeGreaterThan(3);
    expect(JSON.stringify(kept)).not.toContain(note);
    const [hold] = await holdsOf(accountId);
    for (const column of ['note', 'lift_note']) expect((hold![column] as Buffer).includes(note)).toBe(false);
  });

  test('M-15: an unknown account is waited for, then refused, and that answer is not kept', async () => {
    const [accountId, message] = [newAccountId('nobody'), http()];
    await expect(contracts().placeHold(accountId, 'closed', { message })).rejects.toThrow(
      new NotYet('account.unknown'),
    );
    await contracts().openAccount(accountId);
    expect(await contracts().placeHold(accountId, 'closed', { message })).toHaveProperty('holdId');
  });
});

describe('a fact of payouts', () => {
  test('S-3: identity that failed is one cause: not two holds at once, and a new one after the first', async () => {
    const accountId = await someone();
    await contracts().holdFact(failed(accountId));
    await contracts().holdFact(failed(accountId));
    expect(await holdsOf(accountId)).toMatchObject([
      { kind: 'identity', reason: 'identity_failed', cause_id: accountId, placed_by: null, note: null },
    ]);
    expect(await placedFor(accountId)).toHaveLength(1);
    await contracts().holdFact({ type: 'payouts.identity.verified', accountId });
    await contracts().holdFact(failed(accountId));
    expect(await holdsOf(accountId)).toMatchObject([{ status: 'lifted' }, { status: 'standing' }]);
    expect(await placedFor(accountId)).toHaveLength(2);
  });

  test('S-12: every blocked method is a cause of its own, also two at once', async () => {
    const [accountId, methodId] = [await someone(), newId()];
    const facts = [blocked(accountId, methodId), blocked(accountId, methodId), blocked(accountId)];
    await Promise.all(facts.map((fact) => contracts().holdFact(fact)));
    const holds = await holdsOf(accountId);
    expect(holds.map(({ kind, reason }) => ({ kind, reason }))).toEqual([
      { kind: 'safety', reason: 'screening_blocked' },
      { kind: 'safety', reason: 'screening_blocked' },
    ]);
    expect(new Set(holds.map((hold) => hold.cause_id)).size).toBe(2);
    expect(await placedFor(accountId)).toHaveLength(2);
  });

  test('about an account that is not opened yet waits for it', async () => {
    const accountId = newAccountId('nobody');
    await expect(contracts().holdFact(failed(accountId))).rejects.toThrow(new NotYet('account.unknown'));
  });
});

describe('S-5: what a hold forbids', () => {
  test.each(['identity', 'financial', 'safety', 'closed'] as const)(
    '%s: no offers of a client',
    async (kind) => {
      const ids = await contracts().parties();
      const { offerId } = await contracts().sendOffer(ids);
      const { holdId } = await contracts().placeHold(ids.clientId, kind);
      await expect(contracts().sendOffer(ids)).rejects.toThrow(onHold(kind));
      await expect(contracts().sendOffer(ids)).rejects.toMatchObject({ details: { kind } });
      await expect(contracts().reviseOffer(ids.clientId, offerId)).rejects.toThrow(onHold(kind));
      const party = { code: 'offer.party_on_hold', details: {} };
      await expect(contracts().acceptOffer(ids.freelancerId, offerId)).rejects.toMatchObject(party);
      await contracts().liftHold(ids.clientId, holdId);
      expect(await contracts().acceptOffer(ids.freelancerId, offerId)).toHaveProperty('agreementId');
    },
  );

  test.each(['identity', 'safety', 'closed'] as const)('%s: a freelancer accepts none', async (kind) => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    const { holdId } = await contracts().placeHold(ids.freelancerId, kind);
    await expect(contracts().acceptOffer(ids.freelancerId, offerId)).rejects.toMatchObject({
      code: 'account.on_hold',
      details: { kind },
    });
    const party = { code: 'offer.party_on_hold', details: {} };
    await expect(contracts().sendOffer(ids)).rejects.toMatchObject(party);
    await expect(contracts().reviseOffer(ids.clientId, offerId)).rejects.toMatchObject(party);
    await contracts().liftHold(ids.freelancerId, holdId);
    expect(await contracts().acceptOffer(ids.freelancerId, offerId)).toHaveProperty('agreementId');
  });

  test('P-9: a financial hold keeps from hiring, not from being hired', async () => {
    const ids = await contracts().parties();
    await contracts().placeHold(ids.freelancerId, 'financial');
    const { offerId } = await contracts().sendOffer(ids);
    expect(await contracts().acceptOffer(ids.freelancerId, offerId)).toHaveProperty('agreementId');
  });

  test('with an identity hold running contracts go on; with a safety hold nothing is submitted', async () => {
    const { freelancerId, milestones } = await contracts().agreement();
    const [first, second] = milestones.map(({ milestoneId }) => milestoneId) as [string, string];
    await contracts().holdFact(failed(freelancerId));
    expect(await contracts().submitWork(freelancerId, first)).toMatchObject({ status: 'sent' });
    await contracts().holdFact(blocked(freelancerId));
    await expect(contracts().submitWork(freelancerId, second)).rejects.toThrow(onHold('safety'));
  });

  test('taking an offer back is always possible', async () => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    await contracts().placeHold(ids.clientId, 'safety');
    expect(await contracts().withdrawOffer(ids.clientId, offerId)).toMatchObject({ status: 'withdrawn' });
  });

  test('a refusal is kept for a repeat, also after the hold is lifted', async () => {
    const [ids, message] = [await contracts().parties(), http()];
    const { holdId } = await contracts().placeHold(ids.clientId, 'financial');
    await expect(contracts().sendOffer(ids, someTerms(), message)).rejects.toThrow(onHold('financial'));
    await contracts().liftHold(ids.clientId, holdId);
    await expect(contracts().sendOffer(ids, someTerms(), message)).rejects.toThrow(onHold('financial'));
    expect(await contracts().sendOffer(ids)).toMatchObject({ version: 1 });
  });
});

describe('S-5: a hold that comes while something is decided', () => {
  /** Places a hold between the decision, which reads holds first, and its commit. */
  class PlacedMeanwhile extends PersonTexts {
    constructor(private placing: (() => Promise<unknown>) | undefined) {
      super({ MASTER_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}` });
    }

    override async keyOf(...args: Parameters<PersonTexts['keyOf']>) {
      const { placing } = this;
      this.placing = undefined;
      await placing?.();
      return super.keyOf(...args);
    }
  }

  test('is in time for the offer', async () => {
    const ids = await contracts().parties();
    const texts = new PlacedMeanwhile(() => contracts().placeHold(ids.clientId, 'financial'));
    const sending = new SendOfferHandler(contracts().database.unitOfWork, texts).execute(
      new SendOffer({ message: http(), ...ids, terms: someTerms() }),
    );
    await expect(sending).rejects.toThrow(onHold('financial'));
    expect(await contracts().rows('select id from offers where client_id = $1', [ids.clientId])).toEqual([]);
  });

  test('and for the submission', async () => {
    const { freelancerId, milestones } = await contracts().agreement();
    const { milestoneId } = milestones[0]!;
    const texts = new PlacedMeanwhile(() => contracts().holdFact(blocked(freelancerId)));
    const content = { message: 'Done', files: [] };
    const submitting = new SubmitWorkHandler(contracts().database.unitOfWork, texts).execute(
      new SubmitWork({ message: http(), freelancerId, milestoneId, content }),
    );
    await expect(submitting).rejects.toThrow(onHold('safety'));
    expect(
      await contracts().rows('select id from submissions where milestone_id = $1', [milestoneId]),
    ).toEqual([]);
  });

  test('M-16: of an acceptance and a hold at once the first committed decides', async () => {
    const races = Array.from({ length: 12 }, async () => {
      const ids = await contracts().parties();
      const { offerId, agreementId } = await contracts().sendOffer(ids);
      const [accepted] = await Promise.allSettled([
        contracts().acceptOffer(ids.freelancerId, offerId),
        contracts().holdFact(failed(ids.freelancerId)),
      ]);
      const order = await contracts().rows(
        `select type from outbox where aggregateid = any($1)
          and type in ('contracts.contract.activated.v1', 'contracts.account.hold_placed.v1') order by seq`,
        [[agreementId, ids.freelancerId]],
      );
      const types = order.map(({ type }) => type);
      if (accepted.status === 'fulfilled') {
        expect(types).toEqual(['contracts.contract.activated.v1', 'contracts.account.hold_placed.v1']);
      } else {
        expect(accepted.reason).toMatchObject({ code: 'account.on_hold', details: { kind: 'identity' } });
        expect(types).toEqual(['contracts.account.hold_placed.v1']);
      }
    });
    await Promise.all(races);
  });
});
