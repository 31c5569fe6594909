import { arrangeFunded, fund, payBonus, release, sendOffer, submit, untilStatus } from '../agreement.ts';
import type { Marketplace } from '../marketplace.ts';
import { arrangeMethod, withdraw } from '../withdrawals.ts';
import type { Scene } from './route.ts';
import { price } from './routes.ts';

/** The first milestone is paid and withdrawn in part; the second one is under review. */
export async function arrangeScene(market: Marketplace): Promise<Scene> {
  const amounts = [100_000n, 100_000n, 50_000n];
  const agreement = await arrangeFunded(market, {
    milestones: amounts.map((amountMinor) => ({ amountMinor })),
  });
  const { client, freelancer, agreementId, milestones } = agreement;
  await release(agreement, 0);
  const { bonusId } = await payBonus(agreement, 10_000n);
  const methodId = await arrangeMethod(market, freelancer);
  await market.advance({ by: 'P5D' });
  const { withdrawalId } = await withdraw(freelancer, methodId, 10_000n);
  const { offerId } = await sendOffer(client, freelancer, { milestones: [{ amountMinor: 10_000n }] });
  await fund(agreement, 1);
  await untilStatus(agreement, 1, 'funded');
  await market.settle();
  const { submissionId } = await submit(agreement, 1);
  await untilStatus(agreement, 1, 'submitted');
  const [, milestoneId, laterMilestoneId] = milestones.map((milestone) => milestone.milestoneId) as [
    string,
    string,
    string,
  ];
  const work = { agreementId, milestoneId, submissionId, laterMilestoneId };
  const changes = [{ kind: 'add', title: 'Care', price, dueDate: '2027-07-01' }];
  const amendments = `/v1/agreements/${agreementId}/amendments`;
  const { amendmentId } = await freelancer.post('contracts', amendments, { changes });
  const holds = `/v1/accounts/${client.id}/holds`;
  const hold = { kind: 'identity', reason: 'other', note: 'The papers are unclear' };
  const { holdId } = await market.operator.post('contracts', holds, hold);
  const lifting = { reason: 'reviewed', note: 'They were seen' };
  await market.operator.post('contracts', `${holds}/${holdId}/lift`, lifting);
  const { notices } = await client.get('contracts', '/v1/notices');
  const { noticeId } = notices[0];
  const { methods } = await client.get('escrow', '/v1/billing-methods');
  const billingMethodId = methods[0].methodId;
  return {
    client,
    freelancer,
    offerId,
    ...work,
    amendmentId,
    bonusId,
    billingMethodId,
    methodId,
    withdrawalId,
    noticeId,
    holdId,
  };
}
