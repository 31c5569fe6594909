import { plusDays } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import type { ForeignTelling } from './plan-notices.ts';

const contracts = useContracts();
const told = async (accountId: string) =>
  (await contracts().told(accountId)).map(({ template, status }) => `${template} ${status}`);

/** A milestone under review from now on. */
async function underReview() {
  const agreement = await contracts().agreement();
  const { agreementId, freelancerId, milestones } = agreement;
  const { milestoneId } = milestones[0]!;
  const facts = escrowFacts({ agreementId, milestoneId });
  await contracts().escrowSays(facts.funded());
  const { submissionId } = await contracts().submitWork(freelancerId, milestoneId);
  const { clock } = contracts().database;
  const started = {
    ...facts.reviewStarted(submissionId),
    dueAt: plusDays(clock.now(), 14),
  } as ForeignTelling;
  await contracts().tells(started);
  return { ...agreement, milestoneId, submissionId, facts, started };
}

describe('C-7: what is told is planned once, with what it announces', () => {
  test('E-5: a review at once, and on the days on which its client is reminded', async () => {
    const { clientId, milestoneId, started } = await underReview();
    const { dueAt } = started as { dueAt: Date };
    const review = (await contracts().told(clientId)).filter(({ category }) => category === 'deadline');
    expect(review.map(({ template, number }) => `${template} ${number}`)).toEqual([
      'review_started 1',
      'review_reminder 1',
      'review_reminder 2',
      'review_reminder 3',
    ]);
    expect(review.slice(1).map((row) => row.planned_at)).toEqual(
      [7, 3, 1].map((days) => plusDays(dueAt, -days)),
    );
    for (const row of review) {
      expect(row).toMatchObject({
        deadline_service: 'escrow',
        deadline_kind: 'review.silence',
        deadline_id: milestoneId,
        deadline_due_at: dueAt,
      });
    }
  });

  test('the same fact twice plans nothing twice; the table would refuse it too', async () => {
    const { agreementId, milestones, freelancerId } = await contracts().agreement();
    const facts = escrowFacts({ agreementId, milestoneId: milestones[0]!.milestoneId });
    const [message, funded] = [{ source: 'event', id: newId() } as MessageRef, facts.funded()];
    await contracts().tells(funded as ForeignTelling, message);
    await contracts().tells(funded as ForeignTelling, message);
    expect((await told(freelancerId)).filter((one) => one.startsWith('milestone_funded'))).toHaveLength(1);
    const again = `insert into notices
      select (jsonb_populate_record(n, $2)).* from notices n where cause_id = $1 and account_id = $3`;
    const values = [message.id, { id: newId() }, freelancerId];
    await expect(contracts().rows(again, values)).rejects.toMatchObject({ code: '23505' });
  });

  test.each(['changesRequested', 'released'] as const)(
    'a review that is over (%s) is not reminded of',
    async (how) => {
      const { clientId, submissionId, facts } = await underReview();
      const answer =
        how === 'released' ? facts.released({ submissionId }) : facts.changesRequested(submissionId);
      await contracts().tells(answer as ForeignTelling);
      expect((await told(clientId)).filter((one) => one.startsWith('review_'))).toEqual([
        'review_started cancelled',
        ...Array(3).fill('review_reminder cancelled'),
      ]);
    },
  );

  test('a review that stands still and goes on is announced anew, by its new date', async () => {
    const { clientId, agreementId, milestoneId, submissionId } = await underReview();
    const review = { agreementId, milestoneId, submissionId };
    await contracts().tells({ type: 'escrow.review.suspended', ...review, leftMs: 1, cause: 'case' });
    const dueAt = plusDays(contracts().database.clock.now(), 20);
    await contracts().tells({ type: 'escrow.review.resumed', ...review, dueAt });
    const planned = (await contracts().told(clientId)).filter(
      ({ status, category }) => status === 'planned' && category === 'deadline',
    );
    expect(planned.map(({ template }) => template)).toEqual([
      'review_resumed',
      ...Array(3).fill('review_reminder'),
    ]);
    expect(new Set(planned.map((row) => String(row.deadline_due_at))).size).toBe(1);
  });

  test.each([
    ['verified', {}, []],
    ['unconfirmed', { reason: 'amounts_wrong' }, ['card_not_verified planned']],
    ['unconfirmed', { reason: 'removed' }, []],
  ])('P-2: of a card that is %s %j nobody is reminded', async (how, more, then) => {
    const accountId = `client-${newId()}`;
    const card = { accountId, methodId: newId(), kind: 'card' } as const;
    const dueAt = plusDays(contracts().database.clock.now(), 14);
    await contracts().tells({ type: 'escrow.billing_method.confirmable', ...card, dueAt });
    const other = { ...card, methodId: newId() };
    await contracts().tells({ type: 'escrow.billing_method.confirmable', ...other, dueAt });
    const all = await contracts().told(accountId);
    const [first, reminder] = all.filter(({ deadline_id }) => deadline_id === card.methodId);
    expect(first).toMatchObject({ template: 'card_to_confirm', facts: { dueAt: dueAt.toISOString() } });
    expect(reminder).toMatchObject({
      template: 'card_reminder',
      planned_at: plusDays(dueAt, -2),
      deadline_kind: 'billing_method.confirmation',
      deadline_id: card.methodId,
    });
    await contracts().tells({ type: `escrow.billing_method.${how}`, ...card, ...more } as ForeignTelling);
    const now = (await contracts().told(accountId)).map((row) => [row.deadline_id, row.template, row.status]);
    expect(now).toEqual(expect.arrayContaining([[card.methodId, 'card_reminder', 'cancelled']]));
    expect(now).toEqual(expect.arrayContaining([[other.methodId, 'card_reminder', 'planned']]));
    expect((await told(accountId)).filter((one) => one.startsWith('card_not'))).toEqual(then);
  });

  test('M-8: a fact of an agreement that is not known yet waits', async () => {
    const facts = escrowFacts({ agreementId: newId(), milestoneId: newId() });
    await expect(contracts().tells(facts.funded() as ForeignTelling)).rejects.toMatchObject({
      code: 'agreement.unknown',
    });
  });

  test('A-8: the days are those of the agreement, not those in force', async () => {
    const { agreementId, clientId, milestones } = await contracts().agreement();
    const { milestoneId } = milestones[0]!;
    const settings = `jsonb_set(settings, '{review.reminder_days}', '[2]')`;
    await contracts().rows(`update agreements set settings = ${settings} where id = $1`, [agreementId]);
    const dueAt = plusDays(contracts().database.clock.now(), 14);
    const review = { agreementId, milestoneId, submissionId: newId() };
    await contracts().tells({ type: 'escrow.review.started', ...review, dueAt });
    const [, reminder, ...others] = (await contracts().told(clientId)).filter(
      ({ category }) => category === 'deadline',
    );
    expect(reminder!.planned_at).toEqual(plusDays(dueAt, -12));
    expect(others).toEqual([]);
  });
});

describe('contracts’ own facts are told in the transaction of their act', () => {
  test('an offer: at once and a day before it expires; anew with each version, and not once it is answered', async () => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    expect(await told(ids.freelancerId)).toEqual(['offer_sent planned', 'offer_expiring planned']);
    await contracts().reviseOffer(ids.clientId, offerId);
    expect((await told(ids.freelancerId)).toSorted()).toEqual([
      'offer_expiring cancelled',
      'offer_expiring planned',
      'offer_revised planned',
      'offer_sent cancelled',
    ]);
    await contracts().acceptOffer(ids.freelancerId, offerId, 2);
    expect((await told(ids.freelancerId)).filter((one) => one.endsWith('planned'))).toEqual([]);
    expect(await told(ids.clientId)).toEqual(['offer_accepted planned']);
  });

  test('A-4: one that expires, and one that is taken back', async () => {
    const ids = await contracts().parties();
    const expired = await contracts().sendOffer(ids);
    await contracts().expireOffer(expired.offerId, new Date(expired.dueAt));
    expect(await told(ids.clientId)).toEqual(['offer_expired planned']);
    const withdrawn = await contracts().sendOffer(ids);
    await contracts().withdrawOffer(ids.clientId, withdrawn.offerId);
    expect(await told(ids.freelancerId)).toContain('offer_withdrawn planned');
  });

  test('S-11: a hold is told to its person with the class of its reason, and so is its end', async () => {
    const { clientId } = await contracts().parties();
    const { holdId } = await contracts().placeHold(clientId, 'safety', { note: 'seen in the log' });
    await contracts().liftHold(clientId, holdId);
    const rows = await contracts().told(clientId);
    expect(rows.map(({ template }) => template).toSorted()).toEqual(['hold_lifted', 'hold_placed']);
    expect(rows.find(({ template }) => template === 'hold_placed')!.facts).toEqual({
      holdId,
      kind: 'safety',
      reason: 'other',
    });
  });

  test('what is refused tells nobody', async () => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    const before = await told(ids.clientId);
    await expect(contracts().acceptOffer(ids.freelancerId, offerId, 7)).rejects.toThrow();
    expect(await told(ids.clientId)).toEqual(before);
  });
});
