import type { FaultRule } from '../faults.ts';
import type { Step } from '../step.ts';

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
