import { pinnedDefaults } from '@holdfast/events';
import { createPool, newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { newAccountId, personTexts, useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { AgreementWithMilestones } from './agreement-with-milestones.ts';
import { MyAccount } from './my-account.ts';

const contracts = useContracts();
const agreements = () => new AgreementWithMilestones(contracts().database.orm, personTexts);

test('both parties read terms, pinned settings, milestones and submissions', async () => {
  const { agreementId, clientId, freelancerId, milestones, offerId } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  const facts = escrowFacts({ agreementId, milestoneId });
  await contracts().escrowSays(facts.funded());
  const { submissionId, contentHash } = await contracts().submitWork(freelancerId, milestoneId, { files: 1 });
  await contracts().escrowSays(facts.reviewStarted(submissionId));
  const seen = await agreements().of(agreementId, clientId);
  expect(await agreements().of(agreementId, freelancerId)).toEqual(seen);
  expect(seen).toMatchObject({
    agreementId,
    offerId,
    clientId,
    freelancerId,
    contractType: 'fixed',
    version: 1,
    settings: pinnedDefaults,
    terms: { type: 'fixed', title: 'Website for a bakery', scope: 'Five pages with an order form' },
    milestones: [
      {
        milestoneId,
        order: 1,
        title: 'Design',
        version: 1,
        price: { amountMinor: '10000', currency: 'USD' },
        dueDate: '2026-12-15',
        status: 'submitted',
        held: { amountMinor: '10000', currency: 'USD' },
        submissions: [
          {
            submissionId,
            status: 'under_review',
            dueAt: '2027-01-01T00:00:00.000Z',
            contentHash,
            message: 'Done',
            files: [{ name: 'page-0.pdf', sha256: 'a'.repeat(64) }],
          },
        ],
      },
      { order: 2, title: 'Build', status: 'agreed', submissions: [] },
    ],
  });
});

test('E-22, E-23: what is frozen, asked back and on its way is told beside the state', async () => {
  const { agreementId, clientId, milestones } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  const [facts, causeId] = [escrowFacts({ agreementId, milestoneId }), newId()];
  await contracts().escrowSays(facts.funded());
  await contracts().escrowSays(facts.refundRequested());
  expect(await agreements().of(agreementId, clientId)).toMatchObject({
    milestones: [{ status: 'refund_pending', refundDueAt: '2027-01-01T00:00:00.000Z', freezes: [] }, {}],
  });
  await contracts().escrowSays(facts.frozen(causeId));
  await contracts().escrowSays(facts.deadlineSuspended(60_000));
  const frozen = await agreements().of(agreementId, clientId);
  expect(frozen).toMatchObject({
    milestones: [
      { freezes: [{ cause: 'chargeback', causeId, amount: { amountMinor: '1000', currency: 'USD' } }] },
      {},
    ],
    refunds: [],
    chargebacks: [],
    bonuses: [],
  });
  expect(frozen).not.toHaveProperty('milestones.0.refundDueAt');
  await contracts().escrowSays(facts.refundDecided());
  expect(await agreements().of(agreementId, clientId)).toMatchObject({
    milestones: [{ status: 'refunding' }, {}],
    refunds: [{ status: 'refunding', milestoneId, amount: { amountMinor: '10500', currency: 'USD' } }],
  });
});

test('AD-16: for anybody else it does not exist', async () => {
  const [{ agreementId }, stranger] = [await contracts().agreement(), await contracts().agreement()];
  await expect(agreements().of(agreementId, stranger.clientId)).rejects.toMatchObject({
    code: 'agreement.unknown',
  });
});

test('C-9: without a person’s key that person’s texts are gone, and everything else stays', async () => {
  const { agreementId, clientId, freelancerId, milestones } = await contracts().agreement();
  await contracts().submitWork(freelancerId, milestones[0]!.milestoneId);
  // The service itself has no right to delete a key yet; erasure comes with its own rule.
  const owner = createPool(contracts().database.ownerUrl);
  await owner.query('delete from person_keys where id = any($1)', [[clientId, freelancerId]]);
  await owner.end();
  expect(await agreements().of(agreementId, clientId)).toMatchObject({
    terms: { title: null, scope: null, deliverables: null, startDate: '2026-12-01' },
    milestones: [
      { title: null, submissions: [{ status: 'sent', message: null, files: null }] },
      { title: null },
    ],
  });
});

test('A-7: the caller’s account says whether it may send offers', async () => {
  const accounts = new MyAccount(contracts().database.orm, personTexts);
  const id = newAccountId('client');
  await expect(accounts.of(id)).rejects.toMatchObject({ code: 'account.unknown' });
  await contracts().openAccount(id, ['client']);
  const account = { accountId: id, status: 'opened', roles: ['client'], region: 'other' };
  expect(await accounts.of(id)).toEqual({ ...account, billingMethodVerified: false, holds: [] });
  await contracts().verifyMethod(id);
  expect(await accounts.of(id)).toEqual({ ...account, billingMethodVerified: true, holds: [] });
});
