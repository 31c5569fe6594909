import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Impossible, type Simulation } from '../simulation.ts';
import { ownStep, type Step } from '../step.ts';
import { disputeObject } from './dispute-object.ts';
import { usualAnswerDays, usualFeeMinor } from './dispute-plans.ts';
import { leftMinorOf } from './disputed-charges.ts';
import { decide, openDispute, whyNotDecidable, whyNotDisputable } from './disputes.ts';
import { type Charge, charges, disputes, paymentIntents, refunds } from './model.ts';
import { endRefund, whyNotEnding } from './refund-course.ts';
import { refundObject } from './render.ts';

const minor = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,18}$/)]).transform(BigInt);

const OpenDispute = z
  .strictObject({
    payment_intent: z.string().min(1).optional(),
    reference: z.string().min(1).optional(),
    amount: minor.refine((amount) => amount > 0n).optional(),
    kind: z.enum(['inquiry', 'chargeback']).default('chargeback'),
    reason: z.string().min(1).max(100).default('fraudulent'),
    feeMinor: minor.default(usualFeeMinor),
    dueInDays: z.int().min(1).max(365).default(usualAnswerDays),
  })
  .refine(({ payment_intent, reference }) => (payment_intent === undefined) !== (reference === undefined), {
    message: 'either payment_intent or reference',
  });

const DecideDispute = z.strictObject({
  outcome: z.enum(['won', 'lost', 'escalate', 'withdrawn', 'reinstated_later']),
  feeReturned: z.boolean().default(false),
});

const EndRefund = z.strictObject({ outcome: z.enum(['succeeded', 'failed', 'canceled']) });

const Named = z.object({ id: z.string() });

/** What the payers' banks do, on the control port. */
export function addCardControl(app: FastifyInstance, simulation: Simulation): void {
  const { store, clock, webhooks } = simulation;
  const answer = async (act: (step: Step) => object) => {
    const object = store.transact((tx) => act(ownStep(simulation, tx, clock.nowMs(), 'control')));
    await store.flushed();
    webhooks.kick();
    return object;
  };
  app.post('/__sim/disputes', async (request, reply) => {
    const { payment_intent, reference, amount, dueInDays, ...how } = OpenDispute.parse(request.body);
    const opened = await answer((step) => {
      const charge = chargeNamed(step, payment_intent, reference);
      const amountMinor = amount ?? leftMinorOf(step, charge);
      const why = amountMinor === 0n ? 'nothing is left of the charge' : undefined;
      const opening = { ...how, amountMinor, answerDays: dueInDays };
      refuseIf(whyNotDisputable(step, charge, opening) ?? why);
      return disputeObject(step, openDispute(step, charge, opening));
    });
    return reply.code(201).send(opened);
  });
  app.post('/__sim/disputes/:id', (request) => {
    const { id } = Named.parse(request.params);
    const { outcome, feeReturned } = DecideDispute.parse(request.body);
    return answer((step) => {
      const dispute = step.tx.get(disputes, id);
      if (!dispute) throw new Impossible(`unknown dispute "${id}"`, 404);
      refuseIf(whyNotDecidable(step, dispute, outcome));
      return disputeObject(step, decide(step, dispute, outcome, feeReturned));
    });
  });
  app.post('/__sim/refunds/:id', (request) => {
    const { id } = Named.parse(request.params);
    const { outcome } = EndRefund.parse(request.body);
    return answer((step) => {
      const refund = step.tx.get(refunds, id);
      if (!refund) throw new Impossible(`unknown refund "${id}"`, 404);
      refuseIf(whyNotEnding(refund, outcome));
      return refundObject(endRefund(step, refund, outcome));
    });
  });
}

/** The charge of an intent, or of the one that carries a mark of ours. */
function chargeNamed({ tx }: Step, intentId: string | undefined, reference: string | undefined): Charge {
  const intents = [...tx.all(paymentIntents)].filter(({ id, metadata }) =>
    reference === undefined ? id === intentId : Object.values(metadata).includes(reference),
  );
  if (intents.length === 0) throw new Impossible(`unknown charge "${intentId ?? reference}"`, 404);
  const charged = intents.flatMap(({ latestCharge }) => tx.get(charges, latestCharge ?? '') ?? []);
  const [charge, another] = charged.filter(({ isCaptured }) => isCaptured);
  if (!charge) throw new Impossible('the charge never succeeded');
  if (another) throw new Impossible(`"${reference}" stands for several charges`);
  return charge;
}

function refuseIf(why: string | undefined): void {
  if (why !== undefined) throw new Impossible(why);
}
