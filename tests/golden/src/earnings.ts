import { feeOf } from '@holdfast/domain';
import {
  accept,
  addCard,
  type Marketplace,
  openAccount,
  type Person,
  release,
  sendOffer,
  untilStatus,
} from '@holdfast/journeys';
import { planSettings, readSettings } from './settings.ts';

/** A gross payment of which exactly `netMinor` is left after the freelancer's fee. */
export function grossFor(netMinor: bigint, feeBps: bigint): bigint {
  const netOf = (grossMinor: bigint) => grossMinor - feeOf(grossMinor, feeBps);
  let gross = (netMinor * 10_000n) / (10_000n - feeBps);
  // One cent more gross is at most one cent more net, so no net is jumped over.
  while (netOf(gross) < netMinor) gross += 1n;
  while (netOf(gross) > netMinor) gross -= 1n;
  return gross;
}

/**
 * Gives a freelancer an available balance as it comes about in life: another client pays for an earlier
 * agreement, and its hold ends. By the settings in force before the case sets its own.
 * @throws Error if the balance is not what was wanted in the end
 */
export async function earn(market: Marketplace, freelancer: Person, netMinor: bigint): Promise<void> {
  const contracts = (await readSettings(market)).get('contracts')!;
  const gross = grossFor(netMinor, BigInt(contracts['fee.freelancer_bps'] as number));
  const minimum = Math.min(Number(contracts['milestone.min']), Number(gross));
  const small = await planSettings(market, { 'milestone.min': minimum }, () => 'given.freelancer.available');
  const client = market.newPerson('earlier-client', ['client']);
  await openAccount(client);
  await addCard(client);
  await market.settle();
  try {
    await small.apply();
    const agreement = await accept(
      await sendOffer(client, freelancer, { milestones: [{ amountMinor: gross }] }),
    );
    await untilStatus(agreement, 0, 'funded');
    await release(agreement, 0);
  } finally {
    await small.restore();
  }
  await market.settle();
  const { maturing } = await freelancer.get('payouts', '/v1/balances/me');
  for (const { availableAt } of maturing) await market.advance({ to: availableAt });
  const { available } = await freelancer.get('payouts', '/v1/balances/me');
  if (BigInt(available.amountMinor) !== netMinor) {
    throw new Error(`the earlier agreement left ${available.amountMinor} available instead of ${netMinor}`);
  }
}
