import { type Agreement, arrangeFunded, moneyOf, release, sweep, topUp, until } from '@holdfast/journeys';
import { proveSystem } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact, faultsOf } from './invariants.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;

describe('chargebacks, in the books of all (M-3, P-11)', () => {
  const rig = useRig('chargebacks');

  const disputed = async (agreement: Agreement): Promise<string> => {
    const { milestones } = await moneyOf(agreement);
    const disputeId = await rig().market.dispute(milestones[0].funding.fundingId);
    await untilStatus(disputeId, 'received');
    return disputeId;
  };
  const chargebackOf = async (disputeId: string) => {
    const { chargebacks } = await rig().market.operator.get('escrow', '/v1/chargebacks');
    return chargebacks.find((one: { disputeId: string }) => one.disputeId === disputeId);
  };
  const untilStatus = (disputeId: string, status: string) =>
    until(
      `the chargeback is ${status}`,
      () => chargebackOf(disputeId),
      (found) => found?.status === status,
    );
  const arrange = (): Promise<Agreement> =>
    arrangeFunded(rig().market, { milestones: [{ amountMinor: 50_000n }] });

  it(
    'lost, won with our answer, and won later; topped up and swept: not a cent differs',
    async () => {
      const { market } = rig();
      const [held, paid, won] = [await arrange(), await arrange(), await arrange()];
      await release(paid, 0);
      await market.settle();
      const [lost, borne, contested] = [await disputed(held), await disputed(paid), await disputed(won)];
      await market.settle();
      await topUp(market);
      const { chargebackId } = await chargebackOf(contested);
      await market.operator.post('escrow', `/v1/chargebacks/${chargebackId}/contest`, {
        reason: 'The work was delivered.',
      });
      await untilStatus(contested, 'contested');
      await market.decideDispute(contested, 'won', true);
      for (const disputeId of [lost, borne]) await market.decideDispute(disputeId, 'lost');
      await untilStatus(contested, 'won');
      for (const disputeId of [lost, borne]) await untilStatus(disputeId, 'lost');
      await sweep(market);
      await market.settle();
      expect(faultsOf(await proveSystem(rig().system.urls, rig().system.brokers))).toEqual([]);
      await market.decideDispute(lost, 'reinstated_later');
      await untilStatus(lost, 'won');
      const { milestones } = await moneyOf(held);
      expect(milestones).toMatchObject([{ status: 'funded' }]);
      await assertBooksExact(rig());
    },
    5 * minuteMs,
  );
});
