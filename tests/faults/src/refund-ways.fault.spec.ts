import {
  addBankDebit,
  arrangeFunded,
  giveBack,
  moneyOf,
  rerouteRefund,
  settleCard,
  until,
  untilSettled,
} from '@holdfast/journeys';
import { proveSystem } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact, faultsOf } from './invariants.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;

describe('refunds that go another way, in the books of all (M-3, E-23)', () => {
  const rig = useRig('refund-ways');

  it(
    'one that failed is paid by the bank: not a cent differs, while it is on its way and afterwards',
    async () => {
      const { market } = rig();
      const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }] });
      await addBankDebit(agreement.client);
      await market.fault({ op: 'refund.create', fault: 'refund-failed' });
      await giveBack(agreement, 0);
      const refundIs = (status: string) =>
        until(
          `the refund is ${status}`,
          async () => (await moneyOf(agreement)).refunds[0],
          (refund) => refund?.status === status,
        );
      const { refundId } = await refundIs('refund_failed');
      await untilSettled(market, (await settleCard(market)).settlementId);
      const second = market.newPerson('operator', ['operator']);
      for (const person of [market.operator, second]) await rerouteRefund(person, refundId);
      await market.settle();
      expect(faultsOf(await proveSystem(rig().system.urls, rig().system.brokers))).toEqual([]);
      for (let days = 0; days < 5; days += 1) await market.advance({ by: 'P1D' });
      await refundIs('refunded');
      await assertBooksExact(rig());
    },
    5 * minuteMs,
  );
});
