import {
  type Agreement,
  accept,
  approveRefund,
  endAgreement,
  fund,
  giveBack,
  type Json,
  moneyOf,
  pay,
  payBonus,
  Refused,
  refund,
  release,
  requestChanges,
  rerouteRefund,
  settleCard,
  submit,
  sweep,
  topUp,
  untilSettled,
  withdraw,
} from '@holdfast/journeys';
import { CaseError } from './case-error.ts';
import type { Step } from './case-form.ts';
import { durationMs, momentOf } from './moments.ts';
import type { Stage } from './stage.ts';

/**
 * Plays one step and waits until the system is quiet.
 * @returns the stable code if the step was refused, at once or by the answer of another service
 * @throws CaseError for a step that makes no sense here; Refused for an answer that is no refusal (5xx)
 */
export async function playStep(stage: Stage, step: Step): Promise<string | undefined> {
  let refusal: string | undefined;
  try {
    await play(stage, step);
  } catch (error) {
    if (!(error instanceof Refused) || error.answer.status >= 500) throw error;
    refusal = error.code ?? String(error.answer.status);
  }
  await stage.market.settle();
  return refusal ?? (step.do === 'submit' ? refusedSubmission(stage, step.milestone) : undefined);
}

async function play(stage: Stage, step: Step): Promise<void> {
  const { market } = stage;
  switch (step.do) {
    case 'accept':
      if (!stage.offer) throw new CaseError('', 'there is no offer to accept without given.contract');
      stage.agreement = await accept(stage.offer);
      return;
    case 'fund': {
      // Up front whichever is named stands for all that are agreed (E-2).
      const [agreement, index] = find(stage, step.milestone ?? stage.milestones[0]!);
      return void (await fund(agreement, index, await versionOf(agreement, index)));
    }
    case 'pay': {
      const [agreement, index] = find(stage, step.milestone);
      return void (await pay(agreement, index, await versionOf(agreement, index)));
    }
    case 'submit': {
      const { submissionId } = await submit(...find(stage, step.milestone));
      stage.submissions.set(step.milestone, submissionId);
      return;
    }
    case 'request_changes':
      return void (await requestChanges(
        ...find(stage, step.milestone),
        currentSubmission(stage, step.milestone),
      ));
    case 'approve':
      return releaseAsked(stage, step, currentSubmission(stage, step.milestone));
    case 'release':
      return releaseAsked(stage, step);
    case 'bonus': {
      if (!stage.agreement) throw new CaseError('', 'nothing is agreed before `accept`');
      const { bonusId } = await payBonus(stage.agreement, step.amount);
      stage.bonuses.push(bonusId);
      return;
    }
    case 'give_back':
      return void (await giveBack(...find(stage, step.milestone)));
    case 'end':
      return void (await end(stage, step.amounts));
    case 'approve_refund':
      return approveAll(agreed(stage));
    case 'refund':
      return void (await refund(...find(stage, step.milestone), step.amount));
    case 'reroute_refund':
      return reroute(stage);
    case 'withdraw': {
      const methodId = stage.methods.get(step.method)!;
      return void (await withdraw(stage.freelancer, methodId, step.amount));
    }
    case 'settle_card': {
      const { settlementId } = await settleCard(market, step.amount);
      // Money between two banks takes a day: a step that names the transfer waits for it, any other does not.
      if (step.expect?.journals?.length) await untilSettled(market, settlementId);
      return;
    }
    case 'chargeback': {
      stage.disputeId = await market.dispute(await chargeOf(stage, step.charge), step.amount);
      return;
    }
    case 'chargeback_decided':
      if (!stage.disputeId) throw new CaseError('', 'there is no chargeback to decide');
      return void (await market.decideDispute(stage.disputeId, step.outcome, step.fee_returned));
    case 'top_up':
      return void (await topUp(market));
    case 'sweep':
      return void (await sweep(market));
    case 'advance':
      return void (await market.advance({ to: (await targetOf(stage, step)).toISOString() }));
    case 'provider': {
      const { op, fault, params, match, times } = step;
      const rule = await market.fault({ op, fault, params, match, times }).catch((error: Error) => {
        throw new CaseError('', error.message.replace('/__sim/faults: ', ''));
      });
      stage.faults.push(rule.id);
      return;
    }
    default:
      // A word of the form that nobody plays yet does not compile.
      return step satisfies never;
  }
}

async function releaseAsked(
  stage: Stage,
  { milestone, amount, bonus }: Extract<Step, { do: 'approve' | 'release' }>,
  submissionId?: string,
): Promise<void> {
  const paid = { amountMinor: amount, bonusMinor: bonus };
  const answer = await release(...find(stage, milestone), submissionId, paid);
  if (answer.bonus) stage.bonuses.push(answer.bonus.bonusId);
}

async function versionOf(agreement: Agreement, index: number): Promise<number> {
  const { milestoneId } = agreement.milestones[index]!;
  const { milestones } = await moneyOf(agreement);
  return milestones.find((milestone: Json) => milestone.milestoneId === milestoneId).version;
}

function find({ agreement, milestones }: Stage, name: string): [Agreement, number] {
  if (!agreement) throw new CaseError('milestone', `"${name}" is not agreed before \`accept\``);
  return [agreement, milestones.indexOf(name)];
}

/** The charge that paid for a milestone, or for the first bonus. */
async function chargeOf(stage: Stage, name: string): Promise<string> {
  if (!stage.agreement) throw new CaseError('charge', 'nothing is charged before `accept`');
  const { milestones, bonuses } = await moneyOf(stage.agreement);
  const { milestoneId } = stage.agreement.milestones[stage.milestones.indexOf(name)] ?? {};
  const paid =
    name === 'bonus' ? bonuses[0] : milestones.find((one: Json) => one.milestoneId === milestoneId);
  if (!paid?.funding) throw new CaseError('charge', `"${name}" was never charged`);
  return paid.funding.fundingId;
}

function agreed({ agreement }: Stage): Agreement {
  if (!agreement) throw new CaseError('', 'nothing is agreed before `accept`');
  return agreement;
}

/** Every milestone of which money is held is named (E-13); what the case does not name is asked back whole. */
async function end(stage: Stage, amounts: Readonly<Record<string, bigint>>): Promise<Json> {
  const agreement = agreed(stage);
  const { milestones } = await moneyOf(agreement);
  const live = milestones.filter(
    ({ held, status }: Json) => held.amountMinor !== '0' && status !== 'refund_pending',
  );
  const pays = live.map(({ milestoneId }: Json) => {
    const index = agreement.milestones.findIndex((milestone) => milestone.milestoneId === milestoneId);
    return { milestoneId, payMinor: amounts[stage.milestones[index]!] ?? 0n };
  });
  return endAgreement(agreement, pays);
}

async function approveAll(agreement: Agreement): Promise<void> {
  const { refundRequests } = await moneyOf(agreement);
  if (refundRequests.length === 0) throw new CaseError('', 'nothing is asked back');
  for (const { refundRequestId } of refundRequests) await approveRefund(agreement, refundRequestId);
}

/** One operator proposes that the refund that failed is sent by the bank, another one decides (E-23, S-11). */
async function reroute(stage: Stage): Promise<void> {
  const { refunds } = await moneyOf(agreed(stage));
  const failed = refunds.find(({ status }: Json) => status === 'refund_failed');
  if (!failed) throw new CaseError('', 'no refund has failed');
  const { operator } = stage.market;
  const second = stage.market.newPerson('operator', ['operator']);
  for (const person of [operator, second]) await rerouteRefund(person, failed.refundId);
}

function currentSubmission({ submissions }: Stage, name: string): string {
  const submissionId = submissions.get(name);
  if (!submissionId) throw new CaseError('milestone', `nothing has been submitted for "${name}"`);
  return submissionId;
}

async function targetOf(
  { market, start }: Stage,
  { by, to }: Extract<Step, { do: 'advance' }>,
): Promise<Date> {
  const now = await market.now();
  const target = by ? new Date(now.getTime() + durationMs(by)!) : momentOf(to!, { start, now })!;
  if (target >= now) return target;
  throw new CaseError('to', `${to} is over: it is ${now.toISOString()}`);
}

/** Contracts takes a submission and escrow answers it (M-15): a refusal comes with that answer. */
async function refusedSubmission({ agreement, submissions, freelancer }: Stage, name: string) {
  const { milestones } = await freelancer.get('contracts', `/v1/agreements/${agreement!.agreementId}`);
  for (const { submissions: sent } of milestones) {
    for (const { submissionId, status, reason } of sent) {
      if (submissionId === submissions.get(name) && status === 'refused') return reason as string;
    }
  }
  return undefined;
}
