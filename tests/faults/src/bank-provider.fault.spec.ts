import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  arrangeMethod,
  type Json,
  type Person,
  settleCard,
  until,
  untilSettled,
  withdraw,
} from '@holdfast/journeys';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { wholePath } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import { type Rig, useRig } from './rig.ts';

const minuteMs = 60_000;
const amount = 1_000n;

interface Case {
  fault: string;
  params?: object;
  /** Another one on the same withdrawal. */
  also?: Omit<Case, 'also' | 'ends'>;
  ends?: 'returned';
}

/** Faults 1 to 8, 11, 12, 14, 19, 20 and 27 of the provider protocols, and two of them together. */
const cases: readonly Case[] = [
  { fault: 'slow-executed' },
  { fault: 'slow-not-executed' },
  { fault: 'error-before-execution' },
  { fault: 'error-after-execution' },
  { fault: 'too-many-requests', params: { retryAfter: 1 } },
  { fault: 'too-many-requests', params: { retryAfter: 'date', seconds: 2 } },
  { fault: 'too-many-requests' },
  { fault: 'connection-reset', params: { when: 'before' } },
  { fault: 'connection-reset', params: { when: 'within' } },
  { fault: 'connection-refused', params: { seconds: 1 } },
  { fault: 'duplicate-webhook', params: { count: 10, concurrent: true } },
  { fault: 'webhook-before-response' },
  { fault: 'lost-webhook' },
  { fault: 'return', params: { when: 'before-paid', reason: 'R06' }, ends: 'returned' },
  { fault: 'return', params: { when: 'after-paid', reason: 'R23', days: 2 }, ends: 'returned' },
  { fault: 'duplicate-key' },
  { fault: 'not-found-yet', params: { seconds: 120 }, also: { fault: 'error-after-execution' } },
  { fault: 'bad-signature', params: { kind: 'signature', attempts: 2 } },
  { fault: 'error-after-execution', also: { fault: 'lost-webhook' } },
];

const titled = cases.map((each): [string, Case] => {
  const { fault, params = {}, also } = each;
  return [`${fault} ${JSON.stringify(params)}${also ? ` and ${also.fault}` : ''}`, each];
});

/** A freelancer who has earned $900 a path, with an account to withdraw to and the cash in the bank. */
async function richFreelancer(rig: Rig, paths: number): Promise<{ freelancer: Person; methodId: string }> {
  const { market } = rig;
  const agreements = [];
  for (let path = 0; path < paths; path += 1) agreements.push(await wholePath(market));
  const { freelancer } = agreements[0]!;
  const methodId = await arrangeMethod(market, freelancer);
  await market.advance({ by: 'PT120H' });
  await untilSettled(market, (await settleCard(market, 90_000n * BigInt(paths))).settlementId);
  return { freelancer, methodId };
}

const statusOf = async (rig: Rig, withdrawalId: string): Promise<string> => {
  const text = 'select status from withdrawals where id = $1';
  const [row] = await rig.sql<{ status: string }>('payouts', text, [withdrawalId]);
  return row!.status;
};

const payoutsOf = async (rig: Rig, withdrawalId: string): Promise<Json[]> =>
  (await rig.market.providerBook(withdrawalId)).entries.filter(({ kind }: Json) => kind === 'payout');

/** Each key that went to the bank for a withdrawal, with the bytes under it. */
async function sendingsOf(rig: Rig, withdrawalId: string): Promise<Set<string>> {
  const sent = await rig.market.providerRequests({ op: 'payout.ach', reference: withdrawalId });
  return new Set(sent.map(({ idempotencyKey, bodySha256 }) => `${idempotencyKey} ${bodySha256}`));
}

describe('a withdrawal, whatever the bank does', () => {
  const rig = useRig('bank-provider');
  const withdrawals = new Map<Case, string>();

  beforeAll(async () => {
    const { market } = rig();
    const { freelancer, methodId } = await richFreelancer(rig(), 1);
    for (const each of cases) {
      const { withdrawalId } = await withdraw(freelancer, methodId, amount);
      withdrawals.set(each, withdrawalId);
      for (const { fault, params } of each.also ? [each, each.also] : [each]) {
        const op = fault === 'not-found-yet' ? 'payout.read' : 'payout.ach';
        await market.fault({ op, fault, params, match: { reference: withdrawalId } });
      }
    }
    await market.settle();
    // To the cut-off, through every doubt, and until the last return has come.
    await market.advance({ by: 'P3D' });
    await market.advance({ by: 'P7D' });
  }, 6 * minuteMs);

  it.each(titled)('%s: executed once, under one key and one set of bytes (F45, F46)', async (_, each) => {
    const withdrawalId = withdrawals.get(each)!;
    expect(await statusOf(rig(), withdrawalId)).toBe(each.ends ?? 'paid');
    expect((await payoutsOf(rig(), withdrawalId)).map(({ amountMinor }) => amountMinor)).toEqual([
      String(amount),
    ]);
    expect((await sendingsOf(rig(), withdrawalId)).size).toBe(1);
  });

  it('and the books are exact', () => assertBooksExact(rig()).then(() => undefined), minuteMs);

  it(
    'payouts killed after the bank’s answer, before its record: asked, found, paid once (F7)',
    async () => {
      const { market, system } = rig();
      const { freelancer, methodId } = await richFreelancer(rig(), 1);
      const { withdrawalId } = await withdraw(freelancer, methodId, amount);
      await market.settle();
      // The answers of the screening and of the bank are recorded alike: whichever it is, nothing may be sent twice.
      for (const pass of [1, 2]) {
        await rig().restart('payouts', { CRASH_AT: `provider.after_answer:${pass}` });
        const advancing = market.advance({ by: 'P1D' }).catch(() => undefined);
        const exit = await rig()
          .exitOf('payouts')
          .catch(() => undefined);
        if (exit) expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
        else await system.stopService('payouts');
        await system.startService('payouts');
        await advancing;
        if ((await payoutsOf(rig(), withdrawalId)).length > 0) break;
      }
      await market.settle();
      await market.advance({ by: 'P7D' });
      expect(await statusOf(rig(), withdrawalId)).toBe('paid');
      expect(await payoutsOf(rig(), withdrawalId)).toHaveLength(1);
      expect((await sendingsOf(rig(), withdrawalId)).size).toBe(1);
      await assertBooksExact(rig());
    },
    5 * minuteMs,
  );

  it(
    'a bank that hangs: its breaker opens, people are answered as ever, and all is paid once it heals (F48)',
    async () => {
      const { market } = rig();
      const { freelancer, methodId } = await richFreelancer(rig(), 1);
      const ids: string[] = [];
      for (let count = 0; count < 24; count += 1) {
        ids.push((await withdraw(freelancer, methodId, amount)).withdrawalId);
      }
      await market.fault({ op: 'payout.ach', fault: 'slow-not-executed', times: 24 });
      const advancing = market.advance({ by: 'P3D' });
      const breaker = async (): Promise<string | undefined> => {
        const response = await fetch(`${market.urls.payouts}/health/ready`);
        const { details } = (await response.json()) as Json;
        return details.breakers.find(({ operation }: Json) => operation === 'payout.ach')?.state;
      };
      const asking = askAgainAndAgain(freelancer as PatientPerson);
      await until(
        'the breaker is open',
        breaker,
        (state) => state !== 'closed' && state !== undefined,
        minuteMs,
      );
      const took = (await asking.stop()).sort((a, b) => a - b);
      // Ten seconds is what a hanging call takes; whoever asks for something else waits for none of it.
      expect(took.at(-1)).toBeLessThan(9_000);
      expect(took[Math.floor(took.length / 2)]).toBeLessThan(1_000);
      await market.clearFaults();
      await advancing.catch(() => undefined);
      await market.settle();
      await market.advance({ by: 'P7D' });
      for (const withdrawalId of ids) {
        expect(await statusOf(rig(), withdrawalId)).toBe('paid');
        expect(await payoutsOf(rig(), withdrawalId)).toHaveLength(1);
        expect((await sendingsOf(rig(), withdrawalId)).size).toBe(1);
      }
      await assertBooksExact(rig());
    },
    6 * minuteMs,
  );

  it(
    'twenty withdrawals at once over a balance for one: one is taken, the others are refused (F57)',
    async () => {
      const { freelancer, methodId } = await richFreelancer(rig(), 1);
      const whole = { amount: { amountMinor: '90000', currency: 'USD' }, methodId };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          (freelancer as PatientPerson).once('payouts', 'POST', '/v1/withdrawals', {
            body: whole,
            key: randomUUID(),
          }),
        ),
      );
      const codes = answers.map(({ status, body }) => (status < 300 ? 'taken' : body.code)).sort();
      expect(codes).toEqual([...Array(19).fill('money.insufficient'), 'taken']);
      await rig().market.settle();
      await rig().market.advance({ by: 'P7D' });
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );
});

/** A person who looks at their withdrawals all the time; how long each answer took is noted. */
function askAgainAndAgain(person: PatientPerson): { stop(): Promise<number[]> } {
  const took: number[] = [];
  let over = false;
  const work = (async () => {
    while (!over) {
      const begun = performance.now();
      await person.get('payouts', '/v1/withdrawals');
      took.push(performance.now() - begun);
      await pause(20);
    }
  })();
  return {
    stop: async () => {
      over = true;
      await work;
      return took;
    },
  };
}
