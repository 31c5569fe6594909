import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { AgreementWithMilestones } from '../queries/agreement-with-milestones.ts';
import { http, personTexts, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const asked = async (agreementId: string) =>
  (await contracts().published(agreementId)).filter(({ type }) => type === 'contracts.payment.requested');
const toldOf = async (clientId: string) =>
  (await contracts().told(clientId)).filter(({ template }) => template === 'payment_requested');

test('E-27, C-7: row, fact and notice in one transaction; the same message twice asks once', async () => {
  const [{ agreementId, clientId, freelancerId, milestones }, message] = [
    await contracts().agreement(),
    http(),
  ];
  const ids = milestones.map(({ milestoneId }) => milestoneId);
  const answer = await contracts().requestPayment(freelancerId, agreementId, undefined, message);
  expect(answer).toEqual({
    paymentRequestId: expect.any(String),
    milestoneIds: ids,
    requestedAt: expect.any(String),
  });
  expect(await contracts().requestPayment(freelancerId, agreementId, undefined, message)).toEqual(answer);
  expect(await asked(agreementId)).toMatchObject([{ clientId, freelancerId, milestoneIds: ids }]);
  expect(await toldOf(clientId)).toMatchObject([
    { category: 'money', status: 'planned', cause_id: answer.paymentRequestId },
  ]);
  const view = await new AgreementWithMilestones(contracts().database.orm, personTexts).of(
    agreementId,
    clientId,
  );
  expect(view).toMatchObject({ paymentRequests: [answer] });
});

test('E-27: of two requests at once one counts, the other is told when it may come', async () => {
  const { agreementId, clientId, freelancerId } = await contracts().agreement();
  const both = await Promise.allSettled(
    [0, 1].map(() => contracts().requestPayment(freelancerId, agreementId)),
  );
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'payment.requested_already', details: { againAt: expect.any(String) } },
  });
  expect(await asked(agreementId)).toHaveLength(1);
  expect(await toldOf(clientId)).toHaveLength(1);
});

test('AD-16: neither the client nor a stranger asks, nor for a foreign milestone', async () => {
  const [mine, other] = [await contracts().agreement(), await contracts().agreement()];
  const unknown = new NotYet('agreement.unknown');
  for (const accountId of [mine.clientId, other.freelancerId]) {
    await expect(contracts().requestPayment(accountId, mine.agreementId)).rejects.toThrow(unknown);
  }
  for (const milestoneId of [other.milestones[0]!.milestoneId, newId()]) {
    await expect(
      contracts().requestPayment(mine.freelancerId, mine.agreementId, [milestoneId]),
    ).rejects.toMatchObject({ code: 'milestone.unknown' });
  }
});

test('S-5: under a safety hold nobody asks', async () => {
  const { agreementId, freelancerId } = await contracts().agreement();
  await contracts().placeHold(freelancerId, 'safety');
  await expect(contracts().requestPayment(freelancerId, agreementId)).rejects.toMatchObject({
    code: 'account.on_hold',
  });
  expect(await asked(agreementId)).toEqual([]);
});
