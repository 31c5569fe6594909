import { usd } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { publishedRecord, satisfyNeeds } from '@holdfast/testing';
import { beforeAll, describe, it } from '@jest/globals';
import {
  BeginNotice,
  BeginNoticeHandler,
  RecordDelivery,
  RecordDeliveryHandler,
} from './commands/send-notice.ts';
import { type Contracts, useContracts } from './testing/contracts.ts';
import { escrowFacts } from './testing/escrow-facts.ts';

const worker = (): MessageRef => ({ source: 'worker', id: newId() });

/** Other terms, which escrow applies, a new milestone and another order; paused, ended and cleared. */
async function changeAndEnd(contracts: Contracts): Promise<string> {
  const { agreementId, clientId, freelancerId, milestones } = await contracts.agreement();
  const [first, second] = milestones;
  const { milestoneId } = second!;
  const price = usd(4_000n);
  const { amendmentId } = await contracts.proposeAmendment(clientId, agreementId, [
    { kind: 'change', milestoneId, price },
    { kind: 'add', title: 'Care', price: usd(2_000n), dueDate: '2027-02-01' },
  ]);
  await contracts.acceptAmendment(freelancerId, agreementId, amendmentId);
  const applied = { agreementId, milestoneId, version: 2, price, deleted: false };
  await contracts.escrowAnswers({ type: 'escrow.milestone.terms_applied', ...applied });
  const later = await contracts.proposeAmendment(clientId, agreementId, [{ kind: 'delete', milestoneId }]);
  await contracts.acceptAmendment(freelancerId, agreementId, later.amendmentId);
  const gone = { ...applied, version: 3, deleted: true };
  await contracts.escrowAnswers({ type: 'escrow.milestone.terms_applied', ...gone });
  const deleting = await contracts.proposeAmendment(freelancerId, agreementId, [
    { kind: 'delete', milestoneId: first!.milestoneId },
  ]);
  await contracts.refuseAmendment('decline', clientId, agreementId, deleting.amendmentId);
  const { holdId } = await contracts.placeHold(clientId, 'financial');
  await contracts.liftHold(clientId, holdId);
  await contracts.requestPayment(freelancerId, agreementId);
  await contracts.endAgreement(freelancerId, agreementId);
  await contracts.escrowClears({ type: 'escrow.contract.cleared', agreementId, clearedAt: new Date() });
  return agreementId;
}

/** A forfeit is announced twice: one notice is shown, the mail of the other one is refused (C-8). */
async function announce(contracts: Contracts): Promise<string> {
  const { unitOfWork } = contracts.database;
  const { agreementId, freelancerId, milestones } = await contracts.agreement();
  await contracts.changeEmail(freelancerId, 'somebody@people.example');
  const { milestoneId } = milestones[0]!;
  const asked = escrowFacts({ agreementId, milestoneId }).refundRequested();
  const requested = { ...asked, type: 'escrow.refund.requested', freelancerId } as never;
  await contracts.tells(requested);
  const announced = (await contracts.told(freelancerId)).filter(
    ({ deadline_kind }) => deadline_kind === 'refund.silence',
  );
  const [first, second] = announced.map(({ id }) => String(id)) as [string, string];
  await contracts.showNotice(freelancerId, first);
  await new BeginNoticeHandler(unitOfWork).execute(new BeginNotice({ message: worker(), noticeId: second }));
  await new RecordDeliveryHandler(unitOfWork).execute(
    new RecordDelivery({ message: worker(), noticeId: second, delivery: 'refused' }),
  );
  return freelancerId;
}

describe('what contracts publishes is what others need (AD-8)', () => {
  const contracts = useContracts();
  let agreementId: string;
  let accountId: string;
  let endedId: string;
  let announcedTo: string;

  beforeAll(async () => {
    const agreement = await contracts().agreement();
    agreementId = agreement.agreementId;
    accountId = agreement.freelancerId;
    await contracts().submitWork(accountId, agreement.milestones[0]!.milestoneId);
    const { holdId } = await contracts().placeHold(accountId, 'safety');
    await contracts().liftHold(accountId, holdId);
    endedId = await changeAndEnd(contracts());
    announcedTo = await announce(contracts());
  }, 60_000);

  /** Where each fact happened. */
  const keyOf = (type: string): string => {
    if (/\.notice\./.test(type)) return announcedTo;
    if (/\.account\./.test(type)) return accountId;
    return /\.activated|\.submitted/.test(type) ? agreementId : endedId;
  };

  /** A need may be stated in several forms, each with words behind the type. */
  const published = (name: string) => {
    const type = name.split(' ')[0]!;
    return publishedRecord(contracts().database.pool, type, keyOf(type));
  };

  it('every field of it', () => satisfyNeeds('contracts', published), 30_000);
});
