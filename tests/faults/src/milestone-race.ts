import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Agreement,
  accept,
  addCard,
  type Json,
  openAccounts,
  sendOffer,
  submit,
  usd,
} from '@holdfast/journeys';
import { untilMoney } from './load.ts';
import type { PatientMarketplace, PatientPerson } from './patient-people.ts';
import { type Racer, racers, type Told } from './race-history.ts';

export const pricedMinor = 100_000n;

/** A milestone under review, and those who race for its money. */
export interface Start {
  agreement: Agreement;
  milestoneId: string;
  submissionId: string;
  fundingId: string;
  dueAt: Date;
  mix: readonly Racer[];
}

export interface Raced extends Start {
  told: readonly Told[];
  /** The dispute at the card provider, where the client's bank raced too. */
  disputeId?: string;
}

/** Each two, each three, and all of them three times over: one race each, by turns. */
export const mixes: readonly (readonly Racer[])[] = [
  ...racers.flatMap((one, at) => racers.slice(at + 1).map((other) => [one, other])),
  ...racers.flatMap((one, first) =>
    racers
      .slice(first + 1)
      .flatMap((two, second) => racers.slice(first + second + 2).map((three) => [one, two, three])),
  ),
  racers.flatMap((racer) => (racer === 'chargeback' ? [racer] : [racer, racer, racer])),
];

const couplesAtOnce = 8;

/**
 * So many milestones under review. The couples are new, their agreements come one after the other; the work of all is
 * submitted in the end, so that the reviews end soon after each other.
 */
export async function lineUp(
  market: PatientMarketplace,
  own: readonly (readonly Racer[])[],
): Promise<Start[]> {
  const agreements: Agreement[] = [];
  await many(couplesAtOnce, async () => {
    const client = market.newPerson('client', ['client']);
    const freelancer = market.newPerson('freelancer', ['freelancer']);
    await openAccounts(client, freelancer);
    await addCard(client);
    while (agreements.length < own.length) {
      const milestones = [{ amountMinor: pricedMinor }];
      const agreement = await sendOffer(client, freelancer, { milestones });
      agreements.push(await accept(agreement));
    }
  });
  const starts: Start[] = [];
  const waiting = own.map((mix, n) => ({ mix, agreement: agreements[n]! }));
  await many(couplesAtOnce, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) starts.push(await underReview(next));
  });
  return starts.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
}

const many = (count: number, work: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, work));

async function underReview({ agreement, mix }: Pick<Start, 'agreement' | 'mix'>): Promise<Start> {
  const { milestoneId } = agreement.milestones[0]!;
  const { funding } = await untilMoney(agreement, 'funded');
  const { submissionId } = await submit(agreement, 0);
  const { next } = await untilMoney(agreement, 'submitted');
  const { fundingId } = funding;
  return { agreement, milestoneId, submissionId, fundingId, dueAt: new Date(next.at), mix };
}

/** All start in one instant of business time, most of them while the timer is due and not yet fired. */
export async function race(
  market: PatientMarketplace,
  start: Start,
  at: Date,
  nowMs: () => number,
): Promise<Raced> {
  await pause(Math.max(0, at.getTime() - nowMs()));
  let disputeId: string | undefined;
  const told = await Promise.all(
    start.mix.map(async (racer): Promise<Told[]> => {
      if (racer === 'chargeback') {
        disputeId = await market.dispute(start.fundingId);
        return [];
      }
      const { person, service, path, body } = deedOf(start, racer);
      const answer = await person.once(service, 'POST', path, { key: randomUUID(), body });
      return [{ racer, at: new Date(nowMs()), status: answer.status, body: answer.body }];
    }),
  );
  return { ...start, told: told.flat(), ...(disputeId ? { disputeId } : {}) };
}

interface Deed {
  person: PatientPerson;
  service: 'contracts' | 'escrow';
  path: string;
  body: Json;
}

function deedOf({ agreement, milestoneId, submissionId }: Start, racer: Exclude<Racer, 'chargeback'>): Deed {
  const [client, freelancer] = [agreement.client as PatientPerson, agreement.freelancer as PatientPerson];
  const milestone = `/v1/milestones/${milestoneId}`;
  const contract = `/v1/agreements/${agreement.agreementId}`;
  const escrow = 'escrow' as const;
  switch (racer) {
    case 'approve':
      return { person: client, service: escrow, path: `${milestone}/release`, body: { submissionId } };
    case 'part':
      return {
        person: client,
        service: escrow,
        path: `${milestone}/release`,
        body: { amount: usd(40_000n) },
      };
    case 'changes': {
      const body = { submissionId, reason: 'The order form lacks a date.' };
      return { person: client, service: escrow, path: `${milestone}/request-changes`, body };
    }
    case 'give_back':
      return { person: freelancer, service: escrow, path: `${milestone}/give-back`, body: {} };
    case 'client_ends': {
      const body = { milestones: [{ milestoneId, pay: usd(30_000n) }] };
      return { person: client, service: escrow, path: `${contract}/end`, body };
    }
    case 'freelancer_ends': {
      const body = { waivedMilestoneIds: [milestoneId] };
      return { person: freelancer, service: 'contracts', path: `${contract}/end`, body };
    }
    case 'refund':
      return { person: freelancer, service: escrow, path: `${milestone}/refund`, body: {} };
  }
}
