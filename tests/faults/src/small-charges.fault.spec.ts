import {
  addCardBySmallCharges,
  confirmCard,
  confirmPathOf,
  openAccounts,
  readStatement,
  until,
  untilMethod,
  usd,
} from '@holdfast/journeys';
import { proveSystem } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact, faultsOf } from './invariants.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;

describe('small charges in the books of all (M-3, P-2)', () => {
  const rig = useRig('small-charges');

  it(
    'whose answers get lost: not a cent differs, while the client has the word and afterwards',
    async () => {
      const { market } = rig();
      const client = market.newPerson('client', ['client']);
      await openAccounts(client, market.newPerson('freelancer', ['freelancer']));
      await market.fault({ op: 'charge.confirm', fault: 'connection-reset' });
      await market.fault({ op: 'refund.create', fault: 'error-after-execution' });
      const methodId = await addCardBySmallCharges(client);
      await market.settle();
      expect(faultsOf(await proveSystem(rig().system.urls, rig().system.brokers))).toEqual([]);
      const amounts = await readStatement(market, methodId);
      expect(amounts).toHaveLength(2);
      const wrong = { body: { amounts: [usd(1n), usd(2n)] } };
      expect((await client.request('escrow', 'POST', confirmPathOf(methodId), wrong)).body).toMatchObject({
        code: 'billing_method.amounts_wrong',
        triesLeft: 2,
      });
      await confirmCard(client, methodId, amounts);
      await until(
        'both are back on the card',
        async () => (await market.providerBook()).totals[0].netMinor,
        (netMinor) => netMinor === '0',
      );
      await market.settle();
      await assertBooksExact(rig());
    },
    5 * minuteMs,
  );

  it(
    'that the holder’s bank takes back: what it took is explained, while it decides and after the loss',
    async () => {
      const { market } = rig();
      const client = market.newPerson('client', ['client']);
      await openAccounts(client, market.newPerson('freelancer', ['freelancer']));
      const methodId = await addCardBySmallCharges(client);
      const [charge] = (await market.providerBook(methodId)).charges;
      const disputeId = await market.dispute(charge.metadata.funding_id);
      await untilMethod(client, methodId, 'refused');
      await market.settle();
      expect(faultsOf(await proveSystem(rig().system.urls, rig().system.brokers))).toEqual([]);
      await market.decideDispute(disputeId, 'lost');
      await market.settle();
      await assertBooksExact(rig());
    },
    5 * minuteMs,
  );
});
