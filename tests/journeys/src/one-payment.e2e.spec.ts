import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Agreement, arrangeFunded, moneyOf, release, submit, untilStatus } from './agreement.ts';
import type { Marketplace } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

describe('one payment, from the client’s card to the freelancer’s balance', () => {
  let market: Marketplace;
  let agreement: Agreement;

  beforeAll(async () => {
    market = runningMarketplace();
    agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 100_000n }] });
  });

  it('is charged at acceptance and held (E-3, P-3)', async () => {
    const money = await moneyOf(agreement);
    expect(money.held).toEqual({ amountMinor: '100000', currency: 'USD' });
    expect(money.milestones[0].funding.total).toEqual({ amountMinor: '105499', currency: 'USD' });
    const { charges } = await market.providerBook(agreement.agreementId);
    expect(charges).toEqual([expect.objectContaining({ amountMinor: '105499' })]);
  });

  it('is approved and credited net of the fee, pending for 120 hours (B-2, B-3)', async () => {
    const { submissionId } = await submit(agreement, 0);
    await untilStatus(agreement, 0, 'submitted');
    const released = await release(agreement, 0, submissionId);
    expect(released.net).toEqual({ amountMinor: '90000', currency: 'USD' });
    await market.settle();
    const balances = await agreement.freelancer.get('payouts', '/v1/balances/me');
    expect(balances.pending.amountMinor).toBe('90000');
    expect(balances.available.amountMinor).toBe('0');
  });

  it('becomes available exactly 120 hours after the release (B-3)', async () => {
    const { maturing } = await agreement.freelancer.get('payouts', '/v1/balances/me');
    const due = new Date(maturing[0].availableAt);
    await market.advance({ to: new Date(due.getTime() - 60_000).toISOString() });
    expect((await agreement.freelancer.get('payouts', '/v1/balances/me')).available.amountMinor).toBe('0');
    await market.advance({ by: 'PT1M' });
    expect((await agreement.freelancer.get('payouts', '/v1/balances/me')).available.amountMinor).toBe(
      '90000',
    );
    const { journals } = await market.operator.get(
      'payouts',
      `/v1/journals?agreement=${agreement.agreementId}`,
    );
    expect(journals.at(-1).valueDate).toBe(due.toISOString());
  }, 60_000);
});
