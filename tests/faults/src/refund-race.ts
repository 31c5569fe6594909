import { randomUUID } from 'node:crypto';
import { type Agreement, giveBack, type Json, refund, release } from '@holdfast/journeys';
import { expect } from '@jest/globals';
import { funded } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import { post, type RaceClock } from './race-clock.ts';
import { type Decided, judgeRefund, type RefundFate, refundFates } from './refund-history.ts';
import type { Rig } from './rig.ts';
import { readFacts } from './topics.ts';

const dayMs = 86_400_000;
/** What the provider takes to fail one. */
const failsAfterMs = 3 * dayMs;
const atOnce = 6;

export interface RefundRound {
  fate: RefundFate;
  /** Of what was released: it drew on the freelancer's balance, and may be given up (E-25). */
  isDrawn: boolean;
  /** Operators wait until it may be given up. */
  mayReverse: boolean;
}

/** What becomes of it, and by whose money it is paid. */
export const refundRounds: readonly RefundRound[] = [
  ...refundFates.map((fate): RefundRound => ({ fate, isDrawn: false, mayReverse: false })),
  { fate: 'at-once', isDrawn: true, mayReverse: false },
  { fate: 'after-succeeded', isDrawn: true, mayReverse: false },
  { fate: 'at-once', isDrawn: true, mayReverse: true },
];

interface Started extends RefundRound {
  agreement: Agreement;
  refundId: string;
  amountMinor: bigint;
  /** The provider's own id of its first sending. */
  reference: string;
  failsAt: number;
  told: Decided[];
}

/**
 * Refunds that do not reach the client, and two operators who each decide twice while they fail.
 * @returns how they ended
 */
export async function raceRefunds(
  rig: Rig,
  clock: RaceClock,
  operators: readonly PatientPerson[],
  own: readonly RefundRound[],
): Promise<string[]> {
  const started = await startAll(rig, clock, own);
  expect(await statusesOf(rig, started)).toEqual(started.map(({ fate }) => sentAs[fate]));
  await owedIsOpen(rig);
  const soon = started.filter(({ mayReverse }) => !mayReverse);
  await clock.moveTo(Math.min(...soon.map(({ failsAt }) => failsAt)) - 200);
  // Around the instant at which it fails, most of them after it.
  await Promise.all(
    soon.map(async (one, n) => {
      await clock.reaches(one.failsAt - 50 + ((n * 37) % 300));
      await race(rig, operators, one, ['retry', 'retry']);
    }),
  );
  await rig.market.settle();
  await owedIsOpen(rig);
  const late = started.filter(({ mayReverse }) => mayReverse);
  await clock.moveTo(clock.now() + 31 * dayMs);
  await Promise.all(late.map((one) => race(rig, operators, one, ['retry', 'reverse'])));
  await rig.market.settle();
  // Who came before it failed, or with nobody else, comes again.
  for (const one of started.filter(({ told }) => !told.some(isFinal)))
    for (const operator of operators) await decide(operator, one, 'retry');
  await rig.market.settle();
  await owedIsOpen(rig);
  return judgeAll(rig, started);
}

const isFinal = ({ status, body }: Decided): boolean => status === 202 && body.status !== 'proposed';

/** How a refund stands once it is sent. */
const sentAs: Record<RefundFate, string> = {
  'at-once': 'refund_failed',
  later: 'refunding',
  'after-succeeded': 'refunded',
  'requires-action': 'refunding',
  never: 'refunding',
};

async function startAll(rig: Rig, clock: RaceClock, own: readonly RefundRound[]): Promise<Started[]> {
  const waiting = [...own];
  const begun: (RefundRound & { agreement: Agreement; sentAt: number })[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let round = waiting.shift(); round; round = waiting.shift()) {
        const agreement = await funded(rig.market);
        const { fundingId } = await fundingOf(rig, agreement);
        if (round.isDrawn) await release(agreement, 0);
        const params = {
          when: round.fate,
          ...(round.fate === 'never' ? {} : { seconds: failsAfterMs / 1_000 }),
        };
        const match = { reference: fundingId };
        await rig.market.fault({ op: 'refund.create', fault: 'refund-failed', params, match });
        await (round.isDrawn ? refund(agreement, 0) : giveBack(agreement, 0));
        begun.push({ ...round, agreement, sentAt: clock.now() });
      }
    }),
  );
  await rig.market.settle();
  return Promise.all(
    begun.map(async ({ sentAt, ...one }) => {
      const [row] = await rig.sql<{ id: string; amount: string; reference: string }>(
        'escrow',
        `select r.id, r.amount_minor::text as amount, a.reference from refunds r
          join refund_attempts a on a.refund_id = r.id where r.agreement_id = $1`,
        [one.agreement.agreementId],
      );
      const { id: refundId, amount, reference } = row!;
      const failsAt = sentAt + failsAfterMs;
      return { ...one, refundId, amountMinor: BigInt(amount), reference, failsAt, told: [] };
    }),
  );
}

async function fundingOf(rig: Rig, { agreementId }: Agreement): Promise<{ fundingId: string }> {
  const [row] = await rig.sql<{ id: string }>('escrow', 'select id from fundings where agreement_id = $1', [
    agreementId,
  ]);
  return { fundingId: row!.id };
}

async function statusesOf(rig: Rig, started: readonly Started[]): Promise<string[]> {
  const rows = await rig.sql<{ id: string; status: string }>('escrow', 'select id, status from refunds');
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  return started.map(({ refundId }) => statuses.get(refundId)!);
}

/** I1: what is owed to clients is the sum of the refunds that are open. */
async function owedIsOpen(rig: Rig): Promise<void> {
  const [row] = await rig.sql(
    'escrow',
    `select (select coalesce(sum(-amount_minor), 0)::text from entries where account = 'E.refund.payable') as owed,
        (select coalesce(sum(amount_minor), 0)::text from refunds where status in ('refunding', 'refund_failed')) as open`,
  );
  expect(row!.owed).toBe(row!.open);
}

/** Two persons, each of whom wants it twice; of what the provider never speaks about the bank says now that it failed. */
async function race(
  { market }: Rig,
  operators: readonly PatientPerson[],
  one: Started,
  decisions: readonly Decided['decision'][],
): Promise<void> {
  const failing =
    one.fate === 'never'
      ? post(`${market.urls.providersControl}/__sim/refunds/${one.reference}`, { outcome: 'failed' })
      : undefined;
  const deciding = operators.flatMap((operator) => decisions.map((each) => decide(operator, one, each)));
  await Promise.all([failing, ...deciding]);
}

async function decide(operator: PatientPerson, one: Started, decision: Decided['decision']): Promise<void> {
  const body = { reason: 'The client has a new card under the same account.' };
  const { status, body: answer } = await operator.once(
    'escrow',
    'POST',
    `/v1/refunds/${one.refundId}/${decision}`,
    { key: randomUUID(), body },
  );
  one.told.push({ by: operator.id, decision, status, body: answer });
}

async function judgeAll(rig: Rig, started: readonly Started[]): Promise<string[]> {
  const facts = Map.groupBy(await readFacts(rig.system.brokers, ['escrow.events']), ({ key }) => key);
  const { entries } = await rig.market.providerBook();
  const moved = Map.groupBy(entries as Json[], ({ kind, reference }) => `${kind} ${reference}`);
  const judged = started.map(({ agreement, ...one }) =>
    judgeRefund({
      ...one,
      facts: facts.get(agreement.agreementId) ?? [],
      movedMinor: (kind) =>
        (moved.get(`${kind} ${one.refundId}`) ?? []).map(({ amountMinor }) => BigInt(amountMinor)),
    }),
  );
  expect(judged.flatMap(({ wrongs }) => wrongs)).toEqual([]);
  return judged.map(({ end }) => end);
}
