import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { sha256 } from '@holdfast/service';
import { describe, expect, jest, test } from '@jest/globals';
import { Endings } from '../testing/endings.ts';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const endings = () => new Endings(escrow());
const kindsOf = async (agreementId: string) => (await escrow().journals(agreementId)).map(({ kind }) => kind);

test('G-8.1, E-13: what is paid is released at once, the rest is asked back; one commit', async () => {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { agreementId, clientId, freelancerId, milestoneIds } = agreed;
  const milestoneId = milestoneIds[0]!;
  const answer = await endings().end(agreed, { [milestoneId]: 15_000n });
  const { refundRequest, released } = answer;
  expect(answer).toMatchObject({ agreementId, status: 'closing' });
  expect(refundRequest).toMatchObject({ amount: { amountMinor: '25000', currency: 'USD' } });
  const [fact, requested] = (await escrow().published(agreementId)).slice(-2);
  expect(fact).toMatchObject({
    type: 'escrow.milestone.released',
    transferId: released[0]!.transferId,
    cause: 'end_paid',
    gross: usd(15_000n),
    balance: usd(25_000n),
  });
  expect(requested).toMatchObject({
    type: 'escrow.refund.requested',
    refundRequestId: refundRequest!.refundRequestId,
    clientId,
    freelancerId,
    milestones: [{ milestoneId, amount: usd(25_000n) }],
  });
  const [, release] = await escrow().journals(agreementId);
  expect(linesOf(release!)).toMatchObject({ 'E.fee.client_held': 750n, 'E.fee.initiation_held': 499n });
  expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
  expect(await endings().agreementRow(agreementId)).toMatchObject({
    status: 'closing',
    initiation_fee: 'earned',
  });
});

test('D-21, C-9: the statement is sealed, its hash and the reason are public', async () => {
  const agreed = await escrow().funded();
  const statement = 'Nothing came in four weeks.';
  const pays = { [agreed.milestoneIds[0]!]: 0n };
  const { refundRequest } = await endings().end(agreed, pays, { reason: 'not_delivered', statement });
  const id = refundRequest!.refundRequestId;
  const { statement_sealed, statement_hash } = await endings().requestRow(id);
  expect(statement_hash).toBe(sha256(statement));
  expect(String(statement_sealed)).not.toContain('four weeks');
  const requested = (await escrow().published(agreed.agreementId)).at(-1);
  expect(requested).toMatchObject({ reason: 'not_delivered', statementHash: sha256(statement) });
  expect(JSON.stringify(requested, (_, value) => String(value))).not.toContain('four weeks');
});

test('E-16: the review of what is asked back stands still for good', async () => {
  const agreed = await escrow().submitted();
  const milestoneId = agreed.milestoneIds[0]!;
  await endings().end(agreed, { [milestoneId]: 0n });
  expect(await escrow().typesOf(agreed.agreementId)).toContain('escrow.review.suspended');
  await escrow().silence(milestoneId, agreed.dueAt);
  expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
});

test('A-19: paid in full it is cleared at once, and ended on the word of contracts', async () => {
  const agreed = await escrow().funded();
  const { agreementId, milestoneIds } = agreed;
  const answer = await endings().end(agreed, { [milestoneIds[0]!]: 100_000n });
  expect(answer.refundRequest).toBeUndefined();
  expect((await escrow().typesOf(agreementId)).slice(-2)).toEqual([
    'escrow.milestone.released',
    'escrow.contract.cleared',
  ]);
  await endings().noteEnded(agreementId, escrow().now());
  expect(await endings().agreementRow(agreementId)).toMatchObject({ status: 'ended' });
  await expect(endings().end(agreed, {})).rejects.toMatchObject({ code: 'agreement.ended' });
});

test('A-19: while it is closing no work is taken', async () => {
  const agreed = await escrow().funded({ prices: [40_000n] });
  await endings().requestEnd(agreed.agreementId, 'client');
  await escrow().submit(agreed.milestoneIds[0]!, newId());
  expect((await escrow().published(agreed.agreementId)).at(-1)).toMatchObject({
    type: 'escrow.submission.refused',
    reason: 'contract_closing',
  });
});

test('A-19: while it is closing work that was sent back is taken again', async () => {
  const { agreementId, clientId, milestoneIds, submissionId } = await escrow().submitted();
  await endings().requestEnd(agreementId, 'freelancer');
  await escrow().requestChanges(clientId, milestoneIds[0]!, submissionId);
  await escrow().submit(milestoneIds[0]!, newId());
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ type: 'escrow.review.started' });
});

test('A-19, E-26: a charge that succeeds while the contract is closing goes back whole', async () => {
  const agreed = await escrow().agreement();
  const { agreementId, milestoneIds } = agreed;
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  await escrow().see(fundingId, 'requires_confirmation');
  await endings().end(agreed, {});
  expect(await escrow().typesOf(agreementId)).not.toContain('escrow.contract.cleared');
  await escrow().see(fundingId, 'succeeded');
  expect(await escrow().typesOf(agreementId)).toContain('escrow.funding.orphaned');
  await escrow().seeRefund(agreementId, 'succeeded');
  expect((await escrow().typesOf(agreementId)).slice(-2)).toEqual([
    'escrow.refund.paid',
    'escrow.contract.cleared',
  ]);
});

describe('A-19, E-10: a bonus that is being charged while the contract ends', () => {
  test.each(['succeeded', 'canceled'] as const)(
    'keeps it from being cleared until it has %s',
    async (status) => {
      const agreed = await escrow().funded();
      const { agreementId, clientId, milestoneIds } = agreed;
      const { fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
      await escrow().see(fundingId, 'requires_confirmation');
      await endings().end(agreed, { [milestoneIds[0]!]: 100_000n });
      expect(await escrow().typesOf(agreementId)).not.toContain('escrow.contract.cleared');
      await escrow().see(fundingId, status);
      expect((await escrow().typesOf(agreementId)).at(-1)).toBe('escrow.contract.cleared');
    },
  );

  test('P-6: its release earns the initiation fee before the contract is cleared', async () => {
    const agreed = await escrow().agreement({ withMethod: false });
    const { agreementId, clientId } = agreed;
    await escrow().verifiedMethod(clientId);
    const { fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
    await escrow().see(fundingId, 'requires_confirmation');
    await endings().end(agreed, {});
    await escrow().see(fundingId, 'succeeded');
    expect(await endings().agreementRow(agreementId)).toMatchObject({
      initiation_fee: 'earned',
      cleared_at: expect.any(Date),
    });
  });
});

test('only the client, once, and by naming every milestone', async () => {
  const agreed = await escrow().funded();
  const { milestoneIds } = agreed;
  const pays = { [milestoneIds[0]!]: 0n };
  const stranger = { ...agreed, clientId: `client-${newId()}` };
  await expect(endings().end(stranger, pays)).rejects.toMatchObject({ code: 'agreement.unknown' });
  await expect(endings().end(agreed, {})).rejects.toMatchObject({ code: 'end.milestones_differ' });
  await expect(endings().end(agreed, { [milestoneIds[0]!]: 100_001n })).rejects.toMatchObject({
    code: 'release.exceeds_held',
  });
  const message = http();
  const first = await endings().end(agreed, pays, { message });
  expect(await endings().end(agreed, pays, { message })).toEqual(first);
  await expect(endings().end(agreed, {})).rejects.toMatchObject({ code: 'agreement.closing' });
});

describe('I12, F63: the end against a release', () => {
  test('the money goes one way, whoever comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const agreed = await escrow().funded();
      const { agreementId, clientId, milestoneIds } = agreed;
      const outcomes = await Promise.allSettled([
        endings().end(agreed, { [milestoneIds[0]!]: 0n }),
        escrow().release(clientId, milestoneIds[0]!),
      ]);
      // A full release is possible while the money is asked back (E-7), the other way round it is not.
      expect(outcomes[1]!.status).toBe('fulfilled');
      expect(await kindsOf(agreementId)).toEqual(['fund', 'release']);
      expect(await escrow().statusOf(milestoneIds[0]!)).toBe('released');
    }
  });
});
