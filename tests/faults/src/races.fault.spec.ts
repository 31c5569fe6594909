import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { startLoad } from './load.ts';
import { useRig } from './rig.ts';

describe('smoke', () => {
  const rig = useRig('races');
  it('runs a load', async () => {
    const t = performance.now();
    await startLoad(rig().market).finish();
    const t2 = performance.now();
    const facts = await assertBooksExact(rig());
    console.log(t2 - t, performance.now() - t2, facts.length);
    expect(facts.length).toBeGreaterThan(10);
  }, 120_000);
});
