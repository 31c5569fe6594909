import { type Journal, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { creditRelease, evolve, mature } from './credit.ts';
import { creditJournal, maturityJournal } from './journals.ts';

const releasedAt = new Date('2026-11-23T09:00:00.000Z');
const dueAt = new Date('2026-11-28T09:00:00.000Z');
const credited = creditRelease({
  agreementId: 'agreement',
  transferId: 'transfer-1',
  clientId: 'client',
  freelancerId: 'F1',
  net: usd(90_000n),
  releasedAt,
  holdDays: 5,
});
const matured = mature(evolve({ clientId: 'client' }, credited), dueAt)!;
const linesOf = ({ lines }: Journal) =>
  Object.fromEntries(lines.map((line) => [line.account, line.amountMinor]));

test('G-2.2: what escrow released is the freelancer’s, pending', () => {
  expect(linesOf(creditJournal(credited, releasedAt))).toEqual({
    'P.clearing.escrow': 90_000n,
    'P.freelancer.pending:F1': -90_000n,
  });
});

test('M-21, M-22: it is dated as the release, and carries its transfer', () => {
  expect(creditJournal(credited, releasedAt)).toMatchObject({
    kind: 'release',
    causeId: 'transfer-1',
    transferId: 'transfer-1',
    agreementId: 'agreement',
    accountId: 'F1',
    valueDate: releasedAt,
  });
});

test('G-2.3: the end of the hold moves it from pending to available', () => {
  expect(linesOf(maturityJournal(matured))).toEqual({
    'P.freelancer.pending:F1': 90_000n,
    'P.freelancer.available:F1': -90_000n,
  });
  expect(maturityJournal(matured)).toMatchObject({ kind: 'maturity', causeId: 'transfer-1' });
});

test('M-8: credit and maturity of one transfer are two facts, each posted once', () => {
  const keyOf = ({ kind, causeId }: Journal) => `${kind}/${causeId}`;
  expect(keyOf(creditJournal(credited, releasedAt))).not.toBe(keyOf(maturityJournal(matured)));
});
