import { fork } from 'node:child_process';
import { join } from 'node:path';
import { testEnvironment } from '@holdfast/testing';
import { expect, test } from '@jest/globals';

/** Timers that an idle producer and consumer set within a second, in a process of their own. */
function timersPerSecond(client: 'patched' | 'as published'): Promise<number> {
  const entry = join(import.meta.dirname, 'testing', 'idle-process.ts');
  const child = fork(entry, [client, JSON.stringify(testEnvironment().brokers)], {
    execArgv: ['--conditions=holdfast-source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return new Promise((resolve, reject) => {
    child.once('message', (count) => resolve(count as number));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}

test('kafkajs wakes the processor hundreds of times a second when idle, our client a few dozen times', async () => {
  const [published, patched] = await Promise.all([
    timersPerSecond('as published'),
    timersPerSecond('patched'),
  ]);
  expect(published).toBeGreaterThan(400);
  expect(patched).toBeLessThan(100);
});
