import { publishedRecord, type ReceivedRecord, satisfyNeeds } from '@holdfast/testing';
import { beforeAll, describe, it } from '@jest/globals';
import { useDisputes } from './testing/chargebacks.ts';
import { stories } from './testing/stories.ts';

describe('what escrow publishes is what others need (AD-8)', () => {
  const escrow = useDisputes();
  /** Where the story of each fact was played, by the name of the need. */
  const keys = new Map<string, string>();

  beforeAll(async () => {
    for (const { leaves, play } of stories) {
      const key = await play(escrow());
      for (const name of leaves) keys.set(name, key);
    }
  }, 60_000);

  const published = async (need: string): Promise<ReceivedRecord | undefined> => {
    const [type, ...as] = need.split(' ') as [string, ...string[]];
    const fact = type.replace(/\.v1$/, '');
    const key = keys.get([fact, ...as].join(' ')) ?? keys.get(fact);
    return key === undefined ? undefined : publishedRecord(escrow().database.pool, type, key);
  };

  it('every field of it', () => satisfyNeeds('escrow', published), 30_000);
});
