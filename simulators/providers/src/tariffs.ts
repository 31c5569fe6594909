import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Simulation } from './simulation.ts';
import type { Step } from './step.ts';
import { table } from './store.ts';

/** What a provider takes for its work; nothing until the control port says otherwise (section 4.6). */
type Tariff = Readonly<{ bps: number; fixedMinor: bigint; on: readonly string[] }>;

const tariffs = table<Tariff>('tariffs');

const minor = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,18}$/)]).transform(BigInt);
const rates = { bps: z.int().min(0).max(10_000), fixedMinor: minor.default(0n) };

/** Movements that may cost something beside themselves. */
const SetCosts = z.union([
  z.strictObject({
    ...rates,
    provider: z.literal('card').default('card'),
    on: z
      .array(z.enum(['charge', 'refund', 'payout']))
      .min(1)
      .default(['charge']),
  }),
  z.strictObject({
    ...rates,
    provider: z.literal('paypal'),
    on: z.array(z.literal('charge')).min(1).default(['charge']),
  }),
]);

/** Half a minor unit and more is rounded up. */
export function costOf({ tx }: Step, provider: 'card' | 'paypal', kind: string, amountMinor: bigint): bigint {
  const tariff = tx.get(tariffs, provider);
  if (!tariff?.on.includes(kind)) return 0n;
  return (amountMinor * BigInt(tariff.bps) + 5000n) / 10_000n + tariff.fixedMinor;
}

export function addTariffControl(app: FastifyInstance, { store }: Simulation): void {
  app.post('/__sim/costs', async (request) => {
    const { provider, ...tariff } = SetCosts.parse(request.body);
    store.transact((tx) => tx.put(tariffs, provider, tariff));
    await store.flushed();
    return { provider, ...tariff, fixedMinor: String(tariff.fixedMinor) };
  });
}
