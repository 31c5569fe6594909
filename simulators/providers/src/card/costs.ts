import type { FaultRule } from '../faults.ts';
import type { Step } from '../step.ts';
import { table } from '../store.ts';

/** Movements that may cost something beside themselves. */
export const costly = ['charge', 'refund', 'payout'] as const;

/** What the provider takes for its work; nothing until the control port says otherwise (section 4.6). */
export type Tariff = Readonly<{ bps: number; fixedMinor: bigint; on: readonly string[] }>;

const tariffs = table<Tariff>('card.costs');

export function setTariff({ tx }: Step, tariff: Tariff): Tariff {
  tx.put(tariffs, 'now', tariff);
  return tariff;
}

/** Half a minor unit and more is rounded up. */
export function costOf({ tx }: Step, kind: string, amountMinor: bigint): bigint {
  const tariff = tx.get(tariffs, 'now');
  if (!tariff?.on.includes(kind)) return 0n;
  return (amountMinor * BigInt(tariff.bps) + 5000n) / 10_000n + tariff.fixedMinor;
}

type Reported = Readonly<{ feeMinor: bigint; reportedFromMs: number; reportedTimes: number }>;

/** What the report will say of a movement that cost `feeMinor` (fault `cost-report`). */
export function reportOf(step: Step, names: readonly string[], feeMinor: bigint): Reported {
  const { tx, atMs, simulation, op, references } = step;
  const occasion = { provider: 'card', ops: [op], references: [...references, ...names] };
  const rule = simulation.faults.takeFate(tx, occasion, 'cost-report');
  const truth: Reported = { feeMinor, reportedFromMs: atMs, reportedTimes: 1 };
  switch (rule?.params.kind) {
    case 'late':
      return { ...truth, reportedFromMs: atMs + Number(rule.params.seconds) * 1000 };
    case 'doubled':
      return { ...truth, reportedTimes: 2 };
    case 'other-fee':
      return { ...truth, feeMinor: otherFee(rule, feeMinor) };
    default:
      return truth;
  }
}

function otherFee({ params }: FaultRule, feeMinor: bigint): bigint {
  return params.feeMinor === undefined ? feeMinor + 1n : BigInt(String(params.feeMinor));
}
