import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import type { MatterFact } from '../domain/matter.ts';
import { AccountHolds } from '../queries/account-holds.ts';
import { MyAccount } from '../queries/my-account.ts';
import { http, newAccountId, personTexts, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const seen = (accountId: string): Promise<any> =>
  new MyAccount(contracts().database.orm, personTexts).of(accountId);
const clears = (agreementId: string) =>
  contracts().escrowClears({ type: 'escrow.contract.cleared', agreementId, clearedAt: new Date() });
const refused = (code: string, details = {}) => expect.objectContaining({ code, details });

test('S-12: closed by its owner, with the hold that tells the other services', async () => {
  const [accountId, message] = [newAccountId('person'), http()];
  await contracts().openAccount(accountId);
  expect(await seen(accountId)).toMatchObject({ status: 'opened' });
  const closed = await contracts().closeAccount(accountId, { message });
  expect(closed).toMatchObject({ accountId, status: 'closed' });
  expect(await contracts().closeAccount(accountId, { message })).toEqual(closed);
  expect((await contracts().published(accountId)).slice(1)).toEqual([
    { type: 'contracts.account.closed', accountId, reason: 'by_owner' },
    {
      type: 'contracts.account.hold_placed',
      accountId,
      holdId: expect.any(String),
      kind: 'closed',
      reason: 'account_closed',
    },
  ]);
  expect(await seen(accountId)).toMatchObject({ status: 'closed', holds: [{ kind: 'closed' }] });
  expect((await contracts().told(accountId)).map(({ template }) => template)).toEqual(['account_closed']);
  await expect(contracts().closeAccount(accountId)).rejects.toEqual(refused('account.closed'));
});

test('S-1: its person opens no second one', async () => {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId);
  await contracts().closeAccount(accountId);
  await expect(contracts().openAccount(accountId)).rejects.toEqual(refused('account.exists'));
});

test('S-12, AD-21: closed by an operator, whose words are kept encrypted, also under a hold', async () => {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId);
  await contracts().placeHold(accountId, 'identity');
  expect(await seen(accountId)).toMatchObject({ status: 'suspended' });
  await expect(contracts().closeAccount(accountId)).rejects.toEqual(
    refused('account.on_hold', { kind: 'identity' }),
  );
  const operator = { by: 'operator-1', note: 'A second account of somebody' };
  await contracts().closeAccount(accountId, { operator });
  const holds = new AccountHolds(contracts().database.orm, personTexts);
  expect(await holds.of(accountId)).toMatchObject({
    status: 'closed',
    holds: [{ kind: 'identity' }, { kind: 'closed', placedBy: operator.by, note: operator.note }],
  });
  const rows = await contracts().rows(
    'select t::text as row from account_holds t union select t::text from outbox t',
  );
  expect(rows.filter(({ row }) => String(row).includes(operator.note))).toEqual([]);
});

test('M-15: an account that nobody has heard of', async () => {
  const unknown = contracts().closeAccount(newAccountId('nobody'));
  await expect(unknown).rejects.toMatchObject({ code: 'account.unknown' });
});

describe('S-12: it is not closed', () => {
  const operator = { by: 'operator-1', note: 'Asked for by letter' };

  test('while a contract of either role has not ended', async () => {
    const { agreementId, clientId, freelancerId } = await contracts().agreement();
    const live = refused('account.agreements_live', { agreementIds: [agreementId] });
    for (const accountId of [clientId, freelancerId]) {
      await expect(contracts().closeAccount(accountId)).rejects.toEqual(live);
      await expect(contracts().closeAccount(accountId, { operator })).rejects.toEqual(live);
    }
    await contracts().placeHold(clientId, 'safety');
    await expect(contracts().closeAccount(freelancerId)).rejects.toEqual(live);
    await contracts().endAgreement(freelancerId, agreementId);
    await expect(contracts().closeAccount(freelancerId)).rejects.toEqual(live);
    await clears(agreementId);
    expect(await seen(freelancerId)).toMatchObject({ status: 'active' });
    expect(await contracts().closeAccount(freelancerId)).toMatchObject({ status: 'closed' });
    expect(await contracts().closeAccount(clientId, { operator })).toMatchObject({ status: 'closed' });
  });

  test('while an offer from it or to it waits for an answer', async () => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    const open = refused('account.offers_open', { offerIds: [offerId] });
    await expect(contracts().closeAccount(ids.clientId)).rejects.toEqual(open);
    await contracts().requestOfferChanges(ids.freelancerId, offerId);
    await expect(contracts().closeAccount(ids.freelancerId)).rejects.toEqual(open);
    await contracts().withdrawOffer(ids.clientId, offerId);
    expect(await contracts().closeAccount(ids.freelancerId)).toMatchObject({ status: 'closed' });
  });

  test('while money of it is not settled', async () => {
    const { agreementId, clientId, freelancerId } = await contracts().agreement();
    await clears(agreementId);
    const bonusId = newId();
    const bonus = { agreementId, bonusId, fundingId: newId(), clientId, freelancerId, amount: usd(500n) };
    await contracts().escrowSaysBeside({ type: 'escrow.bonus.charged', ...bonus } as unknown as MatterFact);
    const unsettled = refused('account.money_unsettled', { agreementIds: [agreementId] });
    for (const accountId of [clientId, freelancerId]) {
      await expect(contracts().closeAccount(accountId)).rejects.toEqual(unsettled);
    }
    const failed = { type: 'escrow.bonus.charge_failed', ...bonus } as unknown as MatterFact;
    await contracts().escrowSaysBeside(failed);
    expect(await contracts().closeAccount(freelancerId)).toMatchObject({ status: 'closed' });
  });

  test('F63: while an offer is accepted at the same moment: closed without a contract, or not closed', async () => {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids);
    const [closed, accepted] = await Promise.allSettled([
      contracts().closeAccount(ids.freelancerId),
      contracts().acceptOffer(ids.freelancerId, offerId),
    ]);
    expect([closed.status, accepted.status]).toEqual(['rejected', 'fulfilled']);
  });
});

test('S-5, S-12: closed, it takes part in nothing, also once the hold is lifted for what is left of its money', async () => {
  const ids = await contracts().parties();
  await contracts().closeAccount(ids.freelancerId);
  const party = refused('offer.party_on_hold');
  await expect(contracts().sendOffer(ids)).rejects.toEqual(party);
  const { holds } = await seen(ids.freelancerId);
  await contracts().liftHold(ids.freelancerId, holds[0].holdId);
  expect(await seen(ids.freelancerId)).toMatchObject({ status: 'closed', holds: [] });
  await expect(contracts().sendOffer(ids)).rejects.toEqual(party);
  const other = await contracts().parties();
  await contracts().closeAccount(other.clientId);
  await expect(
    contracts().sendOffer({ ...other, freelancerId: (await contracts().parties()).freelancerId }),
  ).rejects.toEqual(refused('account.closed'));
});
