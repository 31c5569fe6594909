import { usd } from '@holdfast/domain';
import { BusinessClock, newId } from '@holdfast/messaging';
import type { AlarmCheck, Finding } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { contractsAlarms } from './alarms.ts';
import type { AskedChange } from './domain/amendment.ts';
import { newAccountId, useContracts } from './testing/contracts.ts';
import { escrowFacts } from './testing/escrow-facts.ts';

const contracts = useContracts();

function checks(): AlarmCheck[] {
  const { orm, clock } = contracts().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  return contractsAlarms({ get: (token: unknown) => known.get(token) } as never);
}

/** What a check finds about one id; other tests of this file leave theirs behind. */
async function found(alarm: string, id: string): Promise<Finding[]> {
  const findings = await checks()
    .find(({ name }) => name === alarm)!
    .find();
  return findings.filter((finding) => finding.id === id);
}

/** Nothing after 14 minutes; named once 15 have passed. */
async function named(alarm: string, id: string, agreementId: string): Promise<void> {
  contracts().passMinutes(14);
  expect(await found(alarm, id)).toEqual([]);
  contracts().passMinutes(2);
  expect(await found(alarm, id)).toMatchObject([{ since: expect.any(Date), facts: { agreementId } }]);
}

const begun = async () => {
  const { agreementId, milestones, ...parties } = await contracts().agreement();
  const milestoneIds = milestones.map(({ milestoneId }) => milestoneId);
  const facts = escrowFacts({ agreementId, milestoneId: milestoneIds[0]! });
  return { agreementId, milestoneIds, facts, ...parties };
};

test('before anything has happened nothing is found', async () => {
  for (const { find } of checks()) expect(await find()).toEqual([]);
});

describe('M-15: what escrow does not answer is named after 15 minutes, until it does', () => {
  test.each(['started', 'failed'] as const)(
    'an agreement, whose first funding has %s then',
    async (answer) => {
      const { agreementId, milestoneIds, facts } = await begun();
      await named('activation.unanswered', agreementId, agreementId);
      await contracts().escrowSays(facts[answer]());
      expect(await found('activation.unanswered', agreementId)).toEqual([]);
      // A later funding is asked for in escrow itself.
      const later = escrowFacts({ agreementId, milestoneId: milestoneIds[1]! });
      await contracts().escrowSays(later.started());
      contracts().passMinutes(20);
      expect(await found('activation.unanswered', agreementId)).toEqual([]);
    },
  );

  test.each(['taken', 'refused'] as const)('a submission, which is %s then', async (answer) => {
    const { agreementId, milestoneIds, freelancerId, facts } = await begun();
    await contracts().escrowSays(facts.funded());
    const { submissionId } = await contracts().submitWork(freelancerId, milestoneIds[0]!);
    await named('submission.unanswered', submissionId, agreementId);
    const { reviewStarted, refused } = facts;
    await contracts().escrowSays(answer === 'taken' ? reviewStarted(submissionId) : refused(submissionId));
    expect(await found('submission.unanswered', submissionId)).toEqual([]);
  });

  test('a change of terms, since it was accepted and until every part is answered', async () => {
    const { agreementId, milestoneIds, clientId, freelancerId } = await begun();
    const changes = milestoneIds.map((milestoneId): AskedChange => {
      return { kind: 'change', milestoneId, price: usd(4_000n) };
    });
    const { amendmentId } = await contracts().proposeAmendment(clientId, agreementId, changes);
    contracts().passMinutes(60);
    await contracts().acceptAmendment(freelancerId, agreementId, amendmentId);
    await named('amendment.unanswered', amendmentId, agreementId);
    const ids = { agreementId, version: 2 };
    const [first, second] = milestoneIds as [string, string];
    await contracts().escrowAnswers({
      type: 'escrow.milestone.terms_applied',
      ...{ ...ids, milestoneId: second, price: usd(4_000n), deleted: false },
    });
    expect(await found('amendment.unanswered', amendmentId)).toHaveLength(1);
    await contracts().escrowAnswers({
      type: 'escrow.milestone.terms_refused',
      ...{ ...ids, milestoneId: first, reason: 'funding_pending' },
    });
    expect(await found('amendment.unanswered', amendmentId)).toEqual([]);
  });

  test('an end: what escrow has said is left may then stay open for days', async () => {
    const { agreementId, freelancerId } = await begun();
    await contracts().endAgreement(freelancerId, agreementId);
    await named('end.unanswered', agreementId, agreementId);
    await contracts().escrowClears({
      type: 'escrow.contract.clearing_refused',
      ...{ agreementId, balance: usd(0n), openItems: [{ kind: 'refund', id: newId() }] },
    });
    contracts().passMinutes(3 * 24 * 60);
    expect(await found('end.unanswered', agreementId)).toEqual([]);
  });

  test('an end that is cleared; and one that began in escrow asks for nothing', async () => {
    const [cleared, inEscrow] = [await begun(), await begun()];
    await contracts().endAgreement(cleared.freelancerId, cleared.agreementId);
    await contracts().escrowSays(inEscrow.facts.funded());
    await contracts().escrowSays(inEscrow.facts.refundRequested());
    await named('end.unanswered', cleared.agreementId, cleared.agreementId);
    expect(await found('end.unanswered', inEscrow.agreementId)).toEqual([]);
    await contracts().escrowClears({
      type: 'escrow.contract.cleared',
      ...{ agreementId: cleared.agreementId, clearedAt: contracts().now() },
    });
    expect(await found('end.unanswered', cleared.agreementId)).toEqual([]);
  });
});

test('S-11: an appeal is named at once, until it is decided or the hold is lifted', async () => {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId, ['client']);
  const { holdId } = await contracts().placeHold(accountId, 'safety');
  const { appealId } = await contracts().appeal(accountId, holdId);
  expect(await found('appeal.undecided', appealId)).toMatchObject([{ facts: { holdId } }]);
  await contracts().liftHold(accountId, holdId);
  expect(await found('appeal.undecided', appealId)).toEqual([]);
});
