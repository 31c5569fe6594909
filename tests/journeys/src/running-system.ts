import { Marketplace } from './marketplace.ts';

/**
 * The system that `npm test` has started.
 * @throws Error that says how to run a single test
 */
export function runningMarketplace(env: NodeJS.ProcessEnv = process.env): Marketplace {
  const urls = env.HOLDFAST_TEST_SYSTEM;
  if (!urls) throw new Error('this test needs the running system: run it by `npm test -- <path>`');
  return new Marketplace(JSON.parse(urls));
}
