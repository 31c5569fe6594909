import {
  accept,
  addPaypal,
  arrangeFunded,
  openAccounts,
  sendOffer,
  settleCard,
  until,
  untilStatus,
} from '@holdfast/journeys';
import { proveSystem } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { faultsOf } from './invariants.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;

describe('what no provider was asked for, and the proof', () => {
  const rig = useRig('books-by-hand');
  const faults = async (): Promise<string[]> => {
    await rig().market.settle();
    return faultsOf(await proveSystem(rig().system.urls, rig().system.brokers));
  };

  it(
    'M-24, M-3: an adjustment explains what the bank has done as far as it is true, and hides no difference',
    async () => {
      const { market } = rig();
      const second = market.newPerson('second-operator', ['operator']);
      const reference = 'letter-17';
      await market.bankTransfer({ reference, direction: 'out', amount: '700' });
      expect(await faults()).toEqual([
        expect.stringMatching(
          /^M-3 letter-17: only the provider knows it .*: executed -\$7\.00, booked \$0\.00/,
        ),
      ]);
      const { journals } = await market.operator.get('escrow', '/v1/journals?kind=treasury&limit=1');
      const corrects = journals[0].id;
      const adjust = async (amountMinor: string): Promise<void> => {
        const amount = { amountMinor, currency: 'USD' };
        const { adjustmentId } = await market.operator.post('escrow', '/v1/adjustments', {
          corrects,
          reason: 'provider_difference',
          note: 'A charge of the bank, by its letter',
          lines: [
            { account: 'E.expense.processing', side: 'debit', amount },
            { account: 'E.cash.trust:bank', side: 'credit', amount, reference },
          ],
        });
        const path = `/v1/adjustments/${adjustmentId}`;
        const own = await market.operator.request('escrow', 'POST', `${path}/approve`, {
          body: { note: 'Mine' },
        });
        expect(own).toMatchObject({ status: 409, body: { code: 'adjustment.second_person_needed' } });
        await second.post('escrow', `${path}/approve`, { note: 'The letter is here' });
      };
      await adjust('600');
      expect(await faults()).toEqual([
        'M-3 letter-17: executed -$7.00, booked -$6.00, on the cash account -$6.00',
      ]);
      await adjust('100');
      expect(await faults()).toEqual([]);
      expect(await rig().factsOf('escrow', 'escrow.adjustment.posted')).toHaveLength(2);
      expect((await market.operator.get('escrow', '/v1/adjustments')).adjustments).toEqual([]);
    },
    5 * minuteMs,
  );

  it(
    'P-8: costs are named until their report is read; then the books are those of the provider, to be settled whole',
    async () => {
      const { market } = rig();
      await market.costs({ bps: 290, fixedMinor: '30' });
      await arrangeFunded(market, { milestones: [{ amountMinor: 100_000n }] });
      expect(await faults()).toEqual([
        expect.stringMatching(/^M-3 txn_\w+: only the provider knows it .*: executed -\$30\.89/),
      ]);
      await market.operator.post('escrow', '/v1/treasury/read-costs', { reason: 'The evening' });
      await until(
        'the report is read',
        () => market.operator.get('escrow', '/v1/treasury/cost-reports'),
        ({ reports }) => reports[0].status === 'read',
      );
      expect(await faults()).toEqual([]);
      const { amount } = await settleCard(market);
      expect(amount.amountMinor).toBe('102410');
      await market.advance({ by: 'P5D' });
      const { settlements } = await market.operator.get('escrow', '/v1/treasury/settlements');
      expect(settlements[0]).toMatchObject({ status: 'paid' });
      expect(await faults()).toEqual([]);
    },
    5 * minuteMs,
  );

  it(
    'P-8, M-3: what card provider, PayPal and bank take is posted by itself within a day, and the books are theirs',
    async () => {
      const { market } = rig();
      const milestones = [{ amountMinor: 100_000n }];
      const client = market.newPerson('payer', ['client']);
      const freelancer = market.newPerson('payee', ['freelancer']);
      await openAccounts(client, freelancer);
      await addPaypal(market, client);
      await market.costs({ bps: 290, fixedMinor: '30' });
      await market.costs({ provider: 'paypal', bps: 349, fixedMinor: '49' });
      await market.bankCharges('1250');
      await arrangeFunded(market, { milestones });
      await untilStatus(await accept(await sendOffer(client, freelancer, { milestones })), 0, 'funded');
      const unread = await faults();
      expect(unread).toHaveLength(3);
      for (const fault of unread) expect(fault).toMatch(/only the provider knows it/);
      await market.advance({ by: 'P1D' });
      expect(await faults()).toEqual([]);
      const { reports, breaks } = await market.operator.get('escrow', '/v1/treasury/cost-reports');
      const brought = reports.filter(({ costs }: { costs: number }) => costs > 0).slice(0, 3);
      expect(
        brought.map(({ provider, costsMinor }: Record<string, string>) => [provider, costsMinor]).sort(),
      ).toEqual([
        ['bank', '1250'],
        ['card', '3089'],
        ['paypal', '3731'],
      ]);
      expect(brought[0]).toMatchObject({ requestedBy: 'platform', reason: 'daily' });
      expect(breaks).toEqual({ lines: [], movements: [] });
    },
    5 * minuteMs,
  );
});
