import type { FaultRule } from '../faults.ts';
import type { Step } from '../step.ts';
import { type Tx, table } from '../store.ts';
import { leftMinorOf } from './disputed-charges.ts';
import {
  decide,
  type Opening,
  type Outcome,
  openDispute,
  whyNotDecidable,
  whyNotDisputable,
} from './disputes.ts';
import { magicMethods } from './magic-methods.ts';
import { type Charge, charges, disputes, paymentMethods } from './model.ts';

/** How a dispute that is to come goes on: fault `dispute-debit`. */
type Ending = 'open' | 'reinstated' | 'lost' | 'escalated' | 'second-stage';

/** A dispute to come, by a rule or by the method. `amountMinor` null is all that is left by then. */
type DisputePlan = Readonly<{
  charge: string;
  opening: Readonly<Omit<Opening, 'amountMinor'> & { amountMinor: bigint | null }>;
  decidesAfterMs: number;
  ends: Ending;
  feeReturned: boolean;
  dispute: string | null;
}>;

const plans = table<DisputePlan>('card.dispute_plans');

/** The due work of a plan: to open the dispute, then to decide it. */
export const disputePlan = 'card.dispute_plan';

const dayMs = 86_400_000;
/** USD 15, as banks ask for a chargeback. */
export const usualFeeMinor = 1500n;
/** 7 days to answer, as we count ourselves where a provider does not say. */
export const usualAnswerDays = 7;

/** The payer's bank may doubt this charge one day. */
export function planDispute(step: Step, charge: Charge): void {
  const { tx, atMs, simulation } = step;
  const ops = [step.op];
  const references = [...step.references, charge.id, charge.intent, ...Object.values(charge.metadata)];
  const rule = simulation.faults.takeFate(tx, { provider: 'card', ops, references }, 'dispute-debit');
  const planned = rule ? planAsSet(rule) : planOfMethod(tx, charge);
  if (!planned) return;
  tx.put(plans, charge.id, { ...planned.plan, charge: charge.id, dispute: null });
  simulation.clock.schedule(tx, disputePlan, charge.id, atMs + planned.opensAfterMs);
}

/** Opens the dispute, or decides it; what has become impossible meanwhile does not happen. */
export function advancePlan(step: Step, chargeId: string): void {
  const { tx, atMs, simulation } = step;
  const plan = tx.get(plans, chargeId);
  const charge = tx.get(charges, chargeId);
  if (!plan || !charge) return;
  const next = plan.dispute === null ? open(step, plan, charge) : proceed(step, plan, plan.dispute);
  if (!next) {
    tx.remove(plans, chargeId);
    return;
  }
  tx.put(plans, chargeId, next);
  simulation.clock.schedule(tx, disputePlan, chargeId, atMs + plan.decidesAfterMs);
}

function open(step: Step, plan: DisputePlan, charge: Charge): DisputePlan | undefined {
  const amountMinor = plan.opening.amountMinor ?? leftMinorOf(step, charge);
  const opening = { ...plan.opening, amountMinor };
  if (amountMinor === 0n || whyNotDisputable(step, charge, opening)) return undefined;
  const { id } = openDispute(step, charge, opening);
  return plan.ends === 'open' ? undefined : { ...plan, dispute: id };
}

/** A second stage is a dispute of its own, on the same charge, which is lost. */
function proceed(step: Step, plan: DisputePlan, id: string): DisputePlan | undefined {
  const dispute = step.tx.get(disputes, id);
  const outcome = outcomes[plan.ends];
  if (!dispute || !outcome || whyNotDecidable(step, dispute, outcome)) return undefined;
  decide(step, dispute, outcome, plan.feeReturned);
  return plan.ends === 'second-stage' ? { ...plan, ends: 'lost', dispute: null } : undefined;
}

const outcomes: Readonly<Record<Ending, Outcome | undefined>> = {
  open: undefined,
  reinstated: 'won',
  lost: 'lost',
  escalated: 'escalate',
  'second-stage': 'won',
};

type Planned = Readonly<{ plan: Omit<DisputePlan, 'charge' | 'dispute'>; opensAfterMs: number }>;

function planAsSet({ params }: FaultRule): Planned {
  const { kind, amountMinor, feeMinor, dueInDays, days, ends, afterDays, feeReturned } = params;
  return {
    plan: {
      opening: {
        kind: kind === 'inquiry' ? 'inquiry' : 'chargeback',
        amountMinor: amountMinor === undefined ? null : BigInt(String(amountMinor)),
        reason: 'fraudulent',
        feeMinor: feeMinor === undefined ? usualFeeMinor : BigInt(String(feeMinor)),
        answerDays: Number(dueInDays ?? usualAnswerDays),
      },
      decidesAfterMs: Number(afterDays) * dayMs,
      ends: ends as Ending,
      feeReturned: feeReturned === true,
    },
    opensAfterMs: Number(days) * dayMs,
  };
}

function planOfMethod(tx: Tx, { paymentMethod }: Charge): Planned | undefined {
  const token = tx.get(paymentMethods, paymentMethod)?.token ?? '';
  const disputed = magicMethods[token]?.disputed;
  if (!disputed) return undefined;
  const { afterDays, ...how } = disputed;
  const opening = { ...how, amountMinor: null, feeMinor: usualFeeMinor, answerDays: usualAnswerDays };
  return {
    plan: { opening, decidesAfterMs: 0, ends: 'open', feeReturned: false },
    opensAfterMs: afterDays * dayMs,
  };
}
