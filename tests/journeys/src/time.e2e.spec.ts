import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Agreement, arrangeFunded, arrangeOffer, submit, untilStatus } from './agreement.ts';
import type { Json, Marketplace } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

const day = 86_400_000;

/** When the journals of a silent release and of the end of its hold are dated, counted from the review's due instant. */
async function datesOf(market: Marketplace, agreement: Agreement, reviewDueAt: string): Promise<number[]> {
  const journals: Json[] = [];
  for (const service of ['escrow', 'payouts'] as const) {
    const answer = await market.operator.get(service, `/v1/journals?agreement=${agreement.agreementId}`);
    journals.push(...answer.journals);
  }
  const dateOf = (kind: string, prefix: string): number => {
    const found = journals.find(
      (journal) => journal.kind === kind && journal.lines[0].account.startsWith(prefix),
    );
    return Date.parse(found.valueDate) - Date.parse(reviewDueAt);
  };
  return [dateOf('release', 'E.'), dateOf('release', 'P.'), dateOf('maturity', 'P.')];
}

async function underReview(market: Marketplace): Promise<{ agreement: Agreement; reviewDueAt: string }> {
  const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }] });
  await submit(agreement, 0);
  await untilStatus(agreement, 0, 'submitted');
  const { deadlines } = await agreement.client.get('escrow', '/v1/deadlines');
  const review = deadlines.find((deadline: Json) => deadline.kind === 'review.silence');
  return { agreement, reviewDueAt: review.dueAt };
}

describe('business time in the sandbox (AD-14)', () => {
  let market: Marketplace;

  beforeAll(() => {
    market = runningMarketplace();
  });

  it('gives the same dates in one jump over several deadlines as in a slow run (M-21)', async () => {
    const slow = await underReview(market);
    await market.advance({ to: new Date(Date.parse(slow.reviewDueAt) - 1_000).toISOString() });
    await market.advance({ by: 'PT1S' });
    await market.advance({ by: 'P2D' });
    await market.advance({ by: 'P4D' });
    const slowDates = await datesOf(market, slow.agreement, slow.reviewDueAt);

    const jumped = await underReview(market);
    await market.advance({ by: 'P30D' });
    const jumpedDates = await datesOf(market, jumped.agreement, jumped.reviewDueAt);

    expect(jumpedDates).toEqual(slowDates);
    // Silence releases exactly at the due instant (E-5); the hold ends 120 hours later (B-3).
    expect(jumpedDates).toEqual([0, 0, 5 * day]);
  }, 120_000);

  it('lists a deadline for the persons who wait for it, and for nobody else', async () => {
    const { agreement, reviewDueAt } = await underReview(market);
    const listed = async (person: typeof agreement.client) =>
      (await person.get('escrow', '/v1/deadlines')).deadlines.filter(
        (item: Json) => item.dueAt === reviewDueAt,
      );
    expect(await listed(agreement.client)).toEqual([
      expect.objectContaining({
        kind: 'review.silence',
        key: agreement.agreementId,
        stoppedBy: ['contracts.events'],
      }),
    ]);
    expect(await listed(agreement.freelancer)).toHaveLength(1);
    expect(await listed(market.newPerson('stranger', ['client']))).toEqual([]);
  }, 60_000);

  it('C-8, AD-24: the money under timers is what stands on the accounts that they move', async () => {
    const { agreement } = await underReview(market);
    const atStakeOf = async (service: 'escrow' | 'payouts') => {
      const { deadlines } = await market.operator.get(service, '/v1/deadlines/all');
      return deadlines
        .filter(({ key, atStake }: Json) => key === agreement.agreementId && atStake)
        .map(({ kind, atStake }: Json) => [kind, atStake.amountMinor]);
    };
    const balanceOf = async (service: 'escrow' | 'payouts', account: string) => {
      const { journals } = await market.operator.get(
        service,
        `/v1/journals?agreement=${agreement.agreementId}`,
      );
      const lines = journals.flatMap((journal: Json) => journal.lines) as Json[];
      const minor = lines
        .filter((line) => line.account.startsWith(account))
        .reduce((sum, { amountMinor }) => sum - BigInt(amountMinor), 0n);
      return String(minor);
    };
    expect(await atStakeOf('escrow')).toEqual([
      ['review.silence', await balanceOf('escrow', 'E.escrow.milestone')],
    ]);
    await market.advance({ by: 'P15D' });
    expect(await atStakeOf('escrow')).toEqual([]);
    expect(await atStakeOf('payouts')).toEqual([
      ['hold.end', await balanceOf('payouts', 'P.freelancer.pending')],
    ]);
  }, 60_000);

  it('moves forward only', async () => {
    const past = new Date((await market.now()).getTime() - day).toISOString();
    await expect(market.advance({ to: past })).rejects.toThrow('business time moves forward only');
  });

  it('expires an offer nobody answered after seven days (A-4)', async () => {
    const offer = await arrangeOffer(market, { milestones: [{ amountMinor: 10_000n }] });
    await market.advance({ by: 'P7D' });
    const answer = await offer.freelancer.request('contracts', 'POST', `/v1/offers/${offer.offerId}/accept`, {
      body: { version: offer.version },
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'offer.expired']);
  }, 60_000);
});
