import { publishedRecord, satisfyNeeds } from '@holdfast/testing';
import { beforeAll, describe, it } from '@jest/globals';
import { useContracts } from './testing/contracts.ts';

describe('what contracts publishes is what others need (AD-8)', () => {
  const contracts = useContracts();
  let agreementId: string;
  let accountId: string;

  beforeAll(async () => {
    const agreement = await contracts().agreement();
    agreementId = agreement.agreementId;
    accountId = agreement.freelancerId;
    await contracts().submitWork(accountId, agreement.milestones[0]!.milestoneId);
    const { holdId } = await contracts().placeHold(accountId, 'safety');
    await contracts().liftHold(accountId, holdId);
  }, 60_000);

  /** A need may be stated in several forms, each with words behind the type. */
  const published = (name: string) => {
    const type = name.split(' ')[0]!;
    const key = type.startsWith('contracts.account.') ? accountId : agreementId;
    return publishedRecord(contracts().database.pool, type, key);
  };

  it('every field of it', () => satisfyNeeds('contracts', published), 30_000);
});
