import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Agreement } from '@holdfast/journeys';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { funded, underReview } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;
const releasePath = ({ milestones }: Agreement): string =>
  `/v1/milestones/${milestones[0]!.milestoneId}/release`;

describe('two at once', () => {
  const rig = useRig('races');

  it(
    'twenty requests with one key and one body: one release, one answer (F58)',
    async () => {
      const agreement = await funded(rig().market);
      const client = agreement.client as PatientPerson;
      const request = { key: randomUUID(), body: {} };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client.once('escrow', 'POST', releasePath(agreement), request)),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'twenty keys for one milestone: one release, nineteen refusals',
    async () => {
      const agreement = await funded(rig().market);
      const client = agreement.client as PatientPerson;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          client.once('escrow', 'POST', releasePath(agreement), { key: randomUUID(), body: {} }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
        refused.map(() => [409, 'milestone.released']),
      );
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'the same key with another body is refused and has no effect (F59)',
    async () => {
      const { agreement, submissionId } = await underReview(rig().market);
      const client = agreement.client as PatientPerson;
      const key = randomUUID();
      const first = await client.once('escrow', 'POST', releasePath(agreement), {
        key,
        body: { submissionId },
      });
      const second = await client.once('escrow', 'POST', releasePath(agreement), { key, body: {} });
      expect([first.status, second.status, second.body.code]).toEqual([200, 422, 'idempotency.key_reused']);
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'the same key of another person is another key, whose answer is their own (F60)',
    async () => {
      const agreements = await Promise.all([funded(rig().market), funded(rig().market)]);
      const key = randomUUID();
      const answers = await Promise.all(
        agreements.map((agreement) =>
          (agreement.client as PatientPerson).once('escrow', 'POST', releasePath(agreement), {
            key,
            body: {},
          }),
        ),
      );
      expect(answers.map(({ status, body }) => [status, body.milestoneId])).toEqual(
        agreements.map(({ milestones }) => [200, milestones[0]!.milestoneId]),
      );
      // Nor is the answer of somebody else's key given away.
      const stranger = rig().market.newPerson('stranger', ['client']);
      const asked = await stranger.once('escrow', 'POST', releasePath(agreements[0]!), { key, body: {} });
      expect([asked.status, asked.body.code, asked.body.transferId]).toEqual([
        404,
        'milestone.unknown',
        undefined,
      ]);
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'the client’s release and the end of the review: whoever commits first, the other is refused aloud (F56)',
    async () => {
      const { market } = rig();
      const seen = { approval: 0, auto: 0 };
      for (let round = 1; round <= 3; round += 1) {
        const reviews = await Promise.all(Array.from({ length: 5 }, () => underReview(market)));
        const last = new Date(Math.max(...reviews.map(({ dueAt }) => dueAt.getTime())));
        const advance = market.advance({ to: last.toISOString() });
        // One at once, one when the clock has jumped, the others while it jumps: a little later each time.
        const answers = await Promise.all(
          reviews.map(async ({ agreement, submissionId }, index) => {
            if (index === reviews.length - 1) await advance;
            else await pause(index * 100 * round);
            const release = { key: randomUUID(), body: { submissionId } };
            return (agreement.client as PatientPerson).once(
              'escrow',
              'POST',
              releasePath(agreement),
              release,
            );
          }),
        );
        await advance;
        const causes = await causesOf(reviews.map(({ agreement }) => agreement));
        for (const cause of causes) seen[cause] += 1;
        expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
          causes.map((cause) => (cause === 'approval' ? [200, undefined] : [409, 'milestone.released'])),
        );
      }
      expect(Math.min(seen.approval, seen.auto)).toBeGreaterThan(0);
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );

  /** Of the one release that there is of each. */
  async function causesOf(agreements: readonly Agreement[]): Promise<('approval' | 'auto')[]> {
    const facts = await rig().factsOf('escrow', 'escrow.milestone.released');
    return agreements.map(({ agreementId }) => {
      const own = facts.filter(({ key }) => key === agreementId);
      expect(own).toHaveLength(1);
      return JSON.parse(own[0]!.value).cause;
    });
  }
});
