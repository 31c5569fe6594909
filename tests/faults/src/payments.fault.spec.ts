import { type Agreement, accept, arrangeOffer, fund, pay, payBonus, release } from '@holdfast/journeys';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { funded, untilMoney } from './load.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;
const killed = { code: null, signal: 'SIGKILL' };

describe('escrow is killed after the provider’s answer to a confirmation', () => {
  const rig = useRig('payments');

  /** An agreement of two parts whose first charge is refused: nothing is funded. */
  async function unfunded(): Promise<Agreement> {
    const { market } = rig();
    const offer = await arrangeOffer(market, {
      milestones: [{ amountMinor: 20_000n }, { amountMinor: 10_000n }],
    });
    await market.fault({
      op: 'charge.confirm',
      fault: 'payer-needed',
      match: { reference: offer.agreementId },
    });
    const agreement = await accept(offer);
    await rig().market.settle();
    return agreement;
  }

  /** The act, with escrow killed before it books what came of it; then it is back. */
  async function survive(act: () => Promise<unknown>): Promise<void> {
    await rig().market.settle();
    await rig().restart('escrow', { CRASH_AT: 'provider.after_answer:2' });
    await act();
    expect(await rig().exitOf('escrow')).toEqual(killed);
    await rig().system.startService('escrow');
    await rig().market.settle();
  }

  const chargesOf = async ({ agreementId }: Agreement): Promise<string[]> => {
    const { charges } = await rig().market.providerBook(agreementId);
    return charges.map(({ amountMinor }: { amountMinor: string }) => amountMinor);
  };
  const releasesOf = (agreement: Agreement): Promise<Record<string, unknown>[]> =>
    rig().sql('escrow', `select net_minor::text as net from transfers where agreement_id = $1`, [
      agreement.agreementId,
    ]);

  it(
    'of a payment in one step: it is charged once and released once (F7, E-28)',
    async () => {
      const agreement = await unfunded();
      await survive(() => pay(agreement, 0));
      await untilMoney(agreement, 'released');
      expect(await chargesOf(agreement)).toEqual(['21499']);
      expect(await releasesOf(agreement)).toEqual([{ net: '18000' }]);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'of a bonus: it is charged once and released once (F7, E-10)',
    async () => {
      const agreement = await funded(rig().market, { milestones: [{ amountMinor: 20_000n }] });
      await release(agreement, 0, undefined, { amountMinor: 5_000n });
      await survive(() => payBonus(agreement, 5_000n));
      expect((await chargesOf(agreement)).toSorted()).toEqual(['21499', '5250']);
      expect(await releasesOf(agreement)).toEqual([{ net: '4500' }, { net: '4500' }]);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'of a charge for several milestones: all of them are funded, by one charge (F7, E-2)',
    async () => {
      const { operator } = rig().market;
      const policy = (mode: string) =>
        operator.put('contracts', '/v1/policy', { settings: { 'funding.mode': mode }, reason: 'a trial' });
      await policy('project_upfront');
      const agreement = await unfunded();
      await policy('one_at_a_time');
      await survive(() => fund(agreement, 1));
      await untilMoney(agreement, 'funded', 0);
      await untilMoney(agreement, 'funded', 1);
      expect(await chargesOf(agreement)).toEqual(['31999']);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );
});
