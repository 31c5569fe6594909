import { usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { fromRow, toRow } from '../tables/matter.table.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { evolve, type MatterFact } from './matter.ts';

const agreementId = 'agreement';
const facts = escrowFacts({ agreementId, milestoneId: 'milestone' });
const dueAt = new Date('2027-01-01T00:00:00.000Z');
const chargeback = {
  agreementId,
  chargebackId: 'chargeback',
  fundingId: 'funding',
  clientId: 'client',
  freelancerId: 'freelancer',
  amount: usd(10_500n),
  parts: [],
  dueAt,
};
const ended = { agreementId, chargebackId: 'chargeback', accountId: 'freelancer', amount: usd(10_500n) };
const bonus = { agreementId, bonusId: 'bonus' };

const lives: [string, [MatterFact, string][], object][] = [
  [
    'E-23: a refund',
    [
      [facts.refundDecided() as MatterFact, 'refunding'],
      [facts.refundFailed(), 'refund_failed'],
      [facts.refundDecided() as MatterFact, 'refunding'],
      [facts.refundPaid(), 'refunded'],
    ],
    { kind: 'refund', milestoneId: 'milestone', amount: usd(10_500n) },
  ],
  [
    'P-11: a chargeback',
    [
      [{ type: 'escrow.chargeback.warned', ...chargeback }, 'warned'],
      [{ type: 'escrow.chargeback.received', ...chargeback, fee: usd(1_500n) }, 'received'],
      [{ type: 'escrow.chargeback.contested', agreementId, chargebackId: 'chargeback' }, 'contested'],
      [{ type: 'escrow.chargeback.lost', ...ended, net: usd(0n) }, 'lost'],
      [{ type: 'escrow.chargeback.won', ...ended, net: usd(0n) }, 'won'],
    ],
    { kind: 'chargeback', id: 'chargeback', amount: usd(10_500n) },
  ],
  [
    'E-10: a bonus',
    [
      [
        { type: 'escrow.bonus.charged', ...bonus, fundingId: 'f', amount: usd(2_000n), clientFee: usd(100n) },
        'charged',
      ],
    ],
    { kind: 'bonus', id: 'bonus', amount: usd(2_000n) },
  ],
  [
    'E-20: dormancy',
    [
      [
        {
          type: 'escrow.dormancy.started',
          agreementId,
          step: 'client_asked',
          balance: usd(5_000n),
          dueAt,
        },
        'client_asked',
      ],
      [{ type: 'escrow.dormancy.cancelled', agreementId, reason: 'activity' }, 'cancelled'],
    ],
    { kind: 'dormancy', id: agreementId, amount: usd(5_000n) },
  ],
];

test.each(lives)('%s is kept as escrow last spoke of it, and its row gives it back', (_, steps, last) => {
  let matter = evolve(undefined, steps[0]![0]);
  expect(matter.status).toBe(steps[0]![1]);
  for (const [event, status] of steps.slice(1)) {
    matter = evolve(matter, event);
    expect(matter.status).toBe(status);
    expect(fromRow(toRow(matter))).toEqual(matter);
  }
  expect(matter).toMatchObject(last);
});
