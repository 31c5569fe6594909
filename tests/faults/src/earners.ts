import {
  addBankAccount,
  clearForWithdrawals,
  type Json,
  release,
  settleCard,
  until,
} from '@holdfast/journeys';
import { funded } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import type { RaceClock } from './race-clock.ts';
import type { Rig } from './rig.ts';

/** A freelancer whose pay is available, with a bank account to withdraw to. */
export interface Earner {
  freelancer: PatientPerson;
  methodId: string;
}

const dayMs = 86_400_000;

/** So many of them, each paid once; the cash is in the bank when their pay is available (B-3, M-23). */
export async function arrangeEarners(
  { market }: Rig,
  clock: RaceClock,
  { count, pricedMinor }: { count: number; pricedMinor: bigint },
): Promise<Earner[]> {
  const earners = await Promise.all(
    Array.from({ length: count }, async (): Promise<Earner> => {
      const agreement = await funded(market, { milestones: [{ amountMinor: pricedMinor }] });
      await release(agreement, 0);
      const freelancer = agreement.freelancer as PatientPerson;
      await clearForWithdrawals(market, freelancer);
      const { methodId } = await addBankAccount(freelancer);
      return { freelancer, methodId };
    }),
  );
  await settleCard(market, pricedMinor * BigInt(count));
  await market.settle();
  await clock.moveTo(clock.now() + 7 * dayMs);
  await market.settle();
  await Promise.all(earners.map(({ freelancer }) => untilReady(freelancer)));
  return earners;
}

const untilReady = (freelancer: PatientPerson): Promise<Json> =>
  until(
    `${freelancer.id} can withdraw`,
    async () => ({
      available: await availableOf(freelancer),
      ...(await freelancer.get('payouts', '/v1/withdrawal-methods')),
    }),
    ({ available, methods }) => available > 0n && methods[0].status === 'active',
  );

export async function availableOf(freelancer: PatientPerson): Promise<bigint> {
  const { available } = await freelancer.get('payouts', '/v1/balances/me');
  return BigInt(available.amountMinor);
}
