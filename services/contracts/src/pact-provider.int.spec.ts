import { publishedRecord, satisfyNeeds } from '@holdfast/testing';
import { beforeAll, describe, it } from '@jest/globals';
import { useContracts } from './testing/contracts.ts';

describe('what contracts publishes is what others need (AD-8)', () => {
  const contracts = useContracts();
  let agreementId: string;

  beforeAll(async () => {
    const agreement = await contracts().agreement();
    agreementId = agreement.agreementId;
    await contracts().submitWork(agreement.freelancerId, agreement.milestones[0]!.milestoneId);
  }, 60_000);

  it('every field of it', async () => {
    await satisfyNeeds('contracts', (type) => publishedRecord(contracts().database.pool, type, agreementId));
  }, 30_000);
});
