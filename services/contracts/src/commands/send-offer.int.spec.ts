import { setTimeout as pause } from 'node:timers/promises';
import { NotYet, plusDays, Rejection, usd } from '@holdfast/domain';
import { BillingMethodKind } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { http, newAccountId, useContracts } from '../testing/contracts.ts';
import { someTerms } from '../testing/terms.ts';

const contracts = useContracts();
const missing = new NotYet('billing_method.missing');

test('offer, version and fact are committed together', async () => {
  const ids = await contracts().parties();
  const sent = await contracts().sendOffer(ids);
  const [offer] = await contracts().rows('select * from offers where id = $1', [sent.offerId]);
  expect(offer).toMatchObject({
    agreement_id: sent.agreementId,
    client_id: ids.clientId,
    freelancer_id: ids.freelancerId,
    status: 'sent',
    terms_version: 1,
    terms_hash: sent.termsHash,
  });
  const [version] = await contracts().rows('select * from offer_versions where offer_id = $1', [
    sent.offerId,
  ]);
  expect(version).toMatchObject({ terms_version: 1, contract_type: 'fixed', start_date: '2026-12-01' });
  expect(await contracts().published(sent.agreementId)).toEqual([
    { type: 'contracts.offer.sent', ...sent, dueAt: new Date(sent.dueAt) },
  ]);
  expect(plusDays(version!.sent_at as Date, 7)).toEqual(new Date(sent.dueAt));
});

test('AD-18: what the client wrote stands nowhere in plain', async () => {
  const ids = await contracts().parties();
  const title = 'A title that nobody else has';
  const { offerId, agreementId } = await contracts().sendOffer(ids, someTerms({ title }));
  const [version] = await contracts().rows('select * from offer_versions where offer_id = $1', [offerId]);
  expect((version!.texts as Buffer).includes(title)).toBe(false);
  const outbox = await contracts().rows('select payload, headers from outbox where aggregateid = $1', [
    agreementId,
  ]);
  const inbox = await contracts().rows('select answer, refusal from inbox where answer::text like $1', [
    `%${offerId}%`,
  ]);
  expect(inbox).toHaveLength(1);
  expect(JSON.stringify([outbox, inbox])).not.toContain(title);
});

test('the same message twice has the same answer; with other terms it is refused', async () => {
  const [ids, message] = [await contracts().parties(), http()];
  const first = await contracts().sendOffer(ids, someTerms(), message);
  expect(await contracts().sendOffer(ids, someTerms(), message)).toEqual(first);
  await expect(contracts().sendOffer(ids, someTerms({ title: 'Other' }), message)).rejects.toMatchObject({
    code: 'idempotency.key_reused',
  });
});

test('A-3: a refusal is kept for a repeat, and nothing else is', async () => {
  const [ids, message] = [await contracts().parties(), http()];
  const milestones = [{ title: 'Small', price: usd(499n), dueDate: '2026-12-15' }];
  const send = () => contracts().sendOffer(ids, someTerms({ milestones }), message);
  await expect(send()).rejects.toMatchObject({ code: 'milestone.below_minimum' });
  await expect(send()).rejects.toEqual(
    new Rejection('milestone.below_minimum', { order: 1, minimum: { amountMinor: '500', currency: 'USD' } }),
  );
  expect(await contracts().rows('select id from offers where client_id = $1', [ids.clientId])).toEqual([]);
});

test('S-1: a party cannot contract with itself', async () => {
  const { clientId } = await contracts().parties();
  await expect(contracts().sendOffer({ clientId, freelancerId: clientId })).rejects.toMatchObject({
    code: 'offer.self',
  });
});

describe('A-7: the client needs a verified billing method', () => {
  const withoutMethod = async () => {
    const ids = { clientId: newAccountId('client'), freelancerId: newAccountId('freelancer') };
    await contracts().openAccount(ids.clientId, ['client']);
    await contracts().openAccount(ids.freelancerId, ['freelancer']);
    return ids;
  };

  test('the refusal is not kept: once the fact is here the same message succeeds', async () => {
    const [ids, message] = [await withoutMethod(), http()];
    await expect(contracts().sendOffer(ids, someTerms(), message)).rejects.toThrow(missing);
    await contracts().verifyMethod(ids.clientId);
    expect(await contracts().sendOffer(ids, someTerms(), message)).toMatchObject({ version: 1 });
  });

  test('M-15: a fact that is on its way is waited for', async () => {
    const ids = await withoutMethod();
    const sending = contracts().patient().sendOffer(ids);
    await pause(50);
    await contracts().verifyMethod(ids.clientId);
    expect(await sending).toMatchObject({ version: 1 });
  });

  test('a method that was verified before the account was opened counts', async () => {
    const ids = { clientId: newAccountId('client'), freelancerId: newAccountId('freelancer') };
    await contracts().verifyMethod(ids.clientId);
    await contracts().openAccount(ids.clientId, ['client']);
    await contracts().openAccount(ids.freelancerId, ['freelancer']);
    expect(await contracts().sendOffer(ids)).toMatchObject({ version: 1 });
  });

  test.each(BillingMethodKind.options)('P-1: one of kind %s will do', async (kind) => {
    const ids = await withoutMethod();
    await contracts().verifyMethod(ids.clientId, newId(), kind);
    expect(await contracts().sendOffer(ids)).toMatchObject({ version: 1 });
  });

  test('A-7: when the last one is removed no offer can be sent any more', async () => {
    const [ids, first, second] = [await withoutMethod(), newId(), newId()];
    await contracts().verifyMethod(ids.clientId, first);
    await contracts().verifyMethod(ids.clientId, second);
    await contracts().removeMethod(first);
    expect(await contracts().sendOffer(ids)).toMatchObject({ version: 1 });
    await contracts().removeMethod(second);
    await expect(contracts().sendOffer(ids)).rejects.toThrow(missing);
  });

  test('a method that is verified once more changes nothing', async () => {
    const [ids, methodId] = [await withoutMethod(), newId()];
    await contracts().verifyMethod(ids.clientId, methodId);
    await contracts().verifyMethod(ids.clientId, methodId);
    expect(await contracts().rows('select id from billing_methods where id = $1', [methodId])).toHaveLength(
      1,
    );
  });
});

test('the accounts must be known, each with its role', async () => {
  const { clientId, freelancerId } = await contracts().parties();
  const unknown = new NotYet('account.unknown');
  await expect(contracts().sendOffer({ clientId, freelancerId: newAccountId('nobody') })).rejects.toThrow(
    unknown,
  );
  const other = await contracts().parties();
  await expect(contracts().sendOffer({ clientId, freelancerId: other.clientId })).rejects.toThrow(unknown);
  const notOpened = new NotYet('account.not_opened');
  await expect(
    contracts().sendOffer({ clientId: freelancerId, freelancerId: other.freelancerId }),
  ).rejects.toThrow(notOpened);
});
