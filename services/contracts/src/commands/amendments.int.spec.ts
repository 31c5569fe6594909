import { NotYet, Rejection, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import type { AskedChange } from '../domain/amendment.ts';
import { AgreementWithMilestones } from '../queries/agreement-with-milestones.ts';
import { http, personTexts, useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';

const contracts = useContracts();
const seen = (agreementId: string, accountId: string) =>
  new AgreementWithMilestones(contracts().database.orm, personTexts).of(agreementId, accountId);
const typesOf = async (agreementId: string) =>
  (await contracts().published(agreementId)).map(({ type }) => type.replace('contracts.', ''));

const toldOf = async (accountId: string) =>
  (await contracts().rows('select * from notices where account_id = $1 order by id', [accountId]))
    .filter(({ template }) => /amend|reorder/.test(String(template)))
    .map(({ template, status }) => `${template} ${status}`);

const cheaper = (milestoneId: string): AskedChange => ({
  kind: 'change',
  milestoneId,
  title: 'Smaller build',
  scope: 'Four pages',
  price: usd(4_000n),
});
const extra: AskedChange = { kind: 'add', title: 'Care', price: usd(2_000n), dueDate: '2027-02-01' };

async function proposed(changesOf: (ids: string[]) => AskedChange[]) {
  const agreement = await contracts().agreement();
  const ids = agreement.milestones.map(({ milestoneId }) => milestoneId);
  const { clientId, agreementId } = agreement;
  const amendment = await contracts().proposeAmendment(clientId, agreementId, changesOf(ids));
  return { ...agreement, ids, ...amendment };
}
const applied = (agreementId: string, milestoneId: string, deleted = false) =>
  ({
    type: 'escrow.milestone.terms_applied',
    agreementId,
    milestoneId,
    version: 2,
    price: usd(4_000n),
    deleted,
  }) as const;
const refused = (agreementId: string, milestoneId: string) =>
  ({
    type: 'escrow.milestone.terms_refused',
    agreementId,
    milestoneId,
    version: 2,
    reason: 'funding_pending',
  }) as const;

test('A-11, A-13: proposed, accepted, waiting for escrow, applied; every version stays readable', async () => {
  const { agreementId, clientId, freelancerId, ids, amendmentId, milestoneIds } = await proposed(
    ([, build]) => [cheaper(build!), extra],
  );
  const accepted = await contracts().acceptAmendment(freelancerId, agreementId, amendmentId);
  expect(accepted).toEqual({ amendmentId, status: 'waiting' });
  expect((await contracts().published(agreementId)).at(-1)).toMatchObject({
    type: 'contracts.milestone.terms_proposed',
    milestoneId: ids[1],
    version: 2,
    price: usd(4_000n),
    dueDate: '2027-01-15',
    amendmentId,
    delete: false,
  });
  // Until escrow answers, the old terms are the terms.
  expect(await seen(agreementId, clientId)).toMatchObject({
    version: 1,
    milestones: [{}, { version: 1, title: 'Build', price: { amountMinor: '5000' } }],
    amendments: [
      { amendmentId, status: 'waiting', changes: [{ title: 'Smaller build' }, { title: 'Care' }] },
    ],
  });
  await contracts().escrowAnswers(applied(agreementId, ids[1]!));
  expect((await typesOf(agreementId)).slice(-3)).toEqual([
    'milestone.changed',
    'milestone.agreed',
    'contract.amended',
  ]);
  const view = await seen(agreementId, freelancerId);
  expect(view).toMatchObject({
    version: 2,
    milestones: [
      { title: 'Design', version: 1 },
      {
        title: 'Smaller build',
        scope: 'Four pages',
        version: 2,
        price: { amountMinor: '4000' },
        dueDate: '2027-01-15',
        versions: [
          { version: 1, title: 'Build', price: { amountMinor: '5000' } },
          { version: 2, title: 'Smaller build', amendmentId },
        ],
      },
      {
        milestoneId: milestoneIds[1],
        title: 'Care',
        order: 3,
        status: 'agreed',
        price: { amountMinor: '2000' },
      },
    ],
    amendments: [{ status: 'applied', changes: [{ outcome: 'applied' }, {}] }],
  });
});

test('A-13: escrow refuses, the terms stay and the amendment has lapsed', async () => {
  const { agreementId, clientId, freelancerId, ids, amendmentId } = await proposed(([, build]) => [
    { kind: 'delete', milestoneId: build! },
    extra,
  ]);
  await contracts().acceptAmendment(freelancerId, agreementId, amendmentId);
  await contracts().escrowAnswers(refused(agreementId, ids[1]!));
  expect((await contracts().published(agreementId)).at(-1)).toMatchObject({
    type: 'contracts.amendment.lapsed',
    reason: 'refused_by_escrow',
  });
  const view = await seen(agreementId, clientId);
  expect(view).toMatchObject({
    version: 1,
    milestones: [{}, { status: 'agreed', version: 1 }],
    amendments: [{ status: 'lapsed', changes: [{ outcome: 'funding_pending' }, {}] }],
  });
  expect((view as { milestones: object[] }).milestones).toHaveLength(2);
});

test('A-13: a deleted milestone is cancelled, and a new one takes the next place', async () => {
  const { agreementId, clientId, freelancerId, ids, amendmentId } = await proposed(([, build]) => [
    { kind: 'delete', milestoneId: build! },
  ]);
  await contracts().acceptAmendment(freelancerId, agreementId, amendmentId);
  await contracts().escrowAnswers(applied(agreementId, ids[1]!, true));
  expect((await typesOf(agreementId)).slice(-2)).toEqual(['milestone.cancelled', 'contract.amended']);
  const next = await contracts().proposeAmendment(freelancerId, agreementId, [extra]);
  expect(next.version).toBe(3);
  expect(await contracts().acceptAmendment(clientId, agreementId, next.amendmentId)).toMatchObject({
    status: 'applied',
  });
  expect(await seen(agreementId, clientId)).toMatchObject({
    milestones: [{}, { status: 'cancelled' }, { order: 3, title: 'Care', versions: [{ version: 1 }] }],
  });
});

test('F61: accepted while the milestone is being charged: refused here as far as it is known', async () => {
  const { agreementId, freelancerId, ids, amendmentId } = await proposed(([, build]) => [cheaper(build!)]);
  await contracts().escrowSays(escrowFacts({ agreementId, milestoneId: ids[1]! }).started());
  await expect(contracts().acceptAmendment(freelancerId, agreementId, amendmentId)).rejects.toMatchObject({
    code: 'milestone.funded',
    details: { state: 'funding_pending' },
  });
});

test('F61: an accept and the news of a charge at once: refused here, or put to escrow, never both', async () => {
  const { agreementId, freelancerId, ids, amendmentId } = await proposed(([, build]) => [cheaper(build!)]);
  const started = escrowFacts({ agreementId, milestoneId: ids[1]! }).started();
  const [accepting] = await Promise.allSettled([
    contracts().acceptAmendment(freelancerId, agreementId, amendmentId),
    contracts().escrowSays(started),
  ]);
  const isAsked = (await typesOf(agreementId)).includes('milestone.terms_proposed');
  expect(isAsked).toBe(accepting!.status === 'fulfilled');
  if (isAsked) await contracts().escrowAnswers(refused(agreementId, ids[1]!));
  expect(await seen(agreementId, freelancerId)).toMatchObject({
    milestones: [{}, { status: 'funding_pending', version: 1, price: { amountMinor: '5000' } }],
  });
});

test('A-11: one proposal at a time, also of two at once; answered, the next one comes; the other is told', async () => {
  const { agreementId, clientId, freelancerId } = await contracts().agreement();
  const both = await Promise.allSettled([
    contracts().proposeAmendment(clientId, agreementId, [extra]),
    contracts().proposeAmendment(freelancerId, agreementId, [extra]),
  ]);
  const made = both.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<{
    amendmentId: string;
  }>;
  const { amendmentId } = made.value;
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: new Rejection('amendment.open', { amendmentId }),
  });
  const [proposer, other] =
    both[0]!.status === 'fulfilled' ? [clientId, freelancerId] : [freelancerId, clientId];
  const declining = http();
  const declined = await contracts().refuseAmendment('decline', other, agreementId, amendmentId, declining);
  expect(declined).toEqual({ amendmentId, status: 'lapsed', reason: 'declined' });
  expect(await contracts().refuseAmendment('decline', other, agreementId, amendmentId, declining)).toEqual(
    declined,
  );
  const next = await contracts().proposeAmendment(proposer, agreementId, [extra]);
  // No mail went in between: what was planned of the first one is not told any more.
  expect(await toldOf(other)).toEqual([
    'amendment_proposed cancelled',
    'amendment_lapsing cancelled',
    'amendment_lapsed planned',
    'amendment_proposed planned',
    'amendment_lapsing planned',
  ]);
  await contracts().refuseAmendment('withdraw', proposer, agreementId, next.amendmentId);
  expect((await contracts().published(agreementId)).at(-1)).toMatchObject({ reason: 'withdrawn' });
});

test('A-11: unanswered it lapses at its due instant, once', async () => {
  const { agreementId, freelancerId, amendmentId, dueAt } = await proposed(() => [extra]);
  await contracts().expireAmendment(amendmentId, new Date(dueAt));
  expect((await contracts().published(agreementId)).at(-1)).toMatchObject({
    type: 'contracts.amendment.lapsed',
    reason: 'expired',
  });
  await expect(contracts().acceptAmendment(freelancerId, agreementId, amendmentId)).rejects.toMatchObject({
    code: 'amendment.expired',
  });
});

test('S-5: under a safety hold of either party nothing is proposed nor accepted; declining is possible', async () => {
  const { agreementId, clientId, freelancerId, amendmentId } = await proposed(() => [extra]);
  await contracts().placeHold(clientId, 'safety');
  await expect(contracts().acceptAmendment(freelancerId, agreementId, amendmentId)).rejects.toMatchObject({
    code: 'offer.party_on_hold',
  });
  await contracts().refuseAmendment('decline', freelancerId, agreementId, amendmentId);
  await expect(contracts().proposeAmendment(clientId, agreementId, [extra])).rejects.toMatchObject({
    code: 'account.on_hold',
  });
});

test('A-13: the client alone reorders, two milestones change places at once', async () => {
  const { agreementId, clientId, freelancerId, milestones } = await contracts().agreement();
  const ids = milestones.map(({ milestoneId }) => milestoneId);
  const [first, second] = ids as [string, string];
  expect(await contracts().orderMilestones(clientId, agreementId, [second, first])).toMatchObject({
    milestones: [
      { milestoneId: second, order: 1 },
      { milestoneId: first, order: 2 },
    ],
  });
  expect((await typesOf(agreementId)).slice(-2)).toEqual(['milestone.changed', 'milestone.changed']);
  expect(await seen(agreementId, clientId)).toMatchObject({
    milestones: [{ title: 'Build' }, { title: 'Design' }],
  });
  expect(await toldOf(freelancerId)).toEqual(['milestones_reordered planned']);
  await expect(contracts().orderMilestones(freelancerId, agreementId, ids)).rejects.toThrow(
    new NotYet('agreement.unknown'),
  );
});

test('AD-16, AD-18: a stranger knows of nothing, and the words stand nowhere in plain', async () => {
  const [{ agreementId, amendmentId }, stranger] = [
    await proposed(() => [extra]),
    await contracts().agreement(),
  ];
  const unknown = new NotYet('agreement.unknown');
  await expect(contracts().proposeAmendment(stranger.clientId, agreementId, [extra])).rejects.toThrow(
    unknown,
  );
  await expect(contracts().acceptAmendment(stranger.freelancerId, agreementId, amendmentId)).rejects.toThrow(
    unknown,
  );
  await expect(
    contracts().acceptAmendment(stranger.freelancerId, stranger.agreementId, amendmentId),
  ).rejects.toThrow(new NotYet('amendment.unknown'));
  const [row] = await contracts().rows('select texts from amendment_texts where id = $1', [amendmentId]);
  expect((row!.texts as Buffer).includes('Care')).toBe(false);
  await expect(contracts().escrowAnswers(applied(newId(), newId()))).rejects.toThrow(
    new NotYet('amendment.unknown'),
  );
});
