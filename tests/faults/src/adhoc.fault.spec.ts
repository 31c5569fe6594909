import { setTimeout as pause } from 'node:timers/promises';
import { serviceNames } from '@holdfast/local';
import { describe, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { startLoad } from './load.ts';
import { useRig } from './rig.ts';

describe('adhoc', () => {
  const rig = useRig('adhoc');
  it('all three killed at once under load, thrice', async () => {
    const { system, market } = rig();
    for (let i = 0; i < 3; i += 1) {
      const load = startLoad(market, 6);
      await load.acknowledged(14 + i * 5);
      await Promise.all(serviceNames.map((s) => system.stopService(s, 'SIGKILL')));
      await Promise.all(serviceNames.map((s) => system.startService(s)));
      await load.finish();
      await assertBooksExact(rig());
    }
  }, 200_000);
  it('broker frozen 25 s under load', async () => {
    const { system, market } = rig();
    const load = startLoad(market, 6);
    await load.acknowledged(25);
    system.kafka.pause();
    await pause(25_000);
    system.kafka.resume();
    await load.finish();
    await assertBooksExact(rig());
  }, 200_000);
  it('services frozen 9 s and thawed, with a replica taking over', async () => {
    const { system, market } = rig();
    await Promise.all([rig().startReplica('escrow'), rig().startReplica('payouts')]);
    const load = startLoad(market, 6);
    await load.acknowledged(20);
    const pids = (['payouts'] as const).map((s) => system.pidOf(s));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await pause(12_000);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await load.finish();
    await assertBooksExact(rig());
  }, 200_000);
  it('database killed -9 and frozen', async () => {
    const { system, market } = rig();
    const load = startLoad(market, 6);
    await load.acknowledged(20);
    await system.postgres.kill();
    await system.postgres.start();
    await load.acknowledged(10);
    await load.finish();
    await assertBooksExact(rig());
  }, 200_000);
});
