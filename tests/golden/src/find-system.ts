import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Marketplace, type SystemUrls } from '@holdfast/journeys';
import { freePorts, portsFrom, projectRoot, serviceNames, startSystem } from '@holdfast/local';

export interface FoundSystem {
  market: Marketplace;
  /** Stops what was started here; a system that ran already keeps running. */
  release(): Promise<void>;
}

/**
 * The system of this computer's ports if it is ready, else one of its own, with fresh data and on free ports.
 * @throws Error with one sentence if it cannot be started
 */
export async function findSystem(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<FoundSystem> {
  const urls = urlsOf(env);
  if (await isReady(urls)) return { market: new Marketplace(urls), release: async () => {} };
  log('No running system answers; starting one for these cases ...');
  const home = env.HOLDFAST_HOME || join(projectRoot, '.holdfast');
  // A name of its own: two runs at once must not share their data.
  const name = `golden-${process.pid}`;
  const removeData = () => rmSync(join(home, 'data', name), { recursive: true, force: true });
  try {
    const system = await startSystem({
      home,
      ports: await freePorts(),
      name,
      fresh: true,
      onWaiting: (what, elapsedMs) => {
        const seconds = Math.round(elapsedMs / 1_000);
        if (seconds > 0 && seconds % 5 === 0) log(`waiting for ${what}, ${seconds} s`);
      },
    });
    const release = async () => {
      await system.stop();
      removeData();
    };
    return { market: new Marketplace(system.urls), release };
  } catch (error) {
    removeData();
    throw error;
  }
}

function urlsOf(env: NodeJS.ProcessEnv): SystemUrls {
  const ports = portsFrom(env);
  const host = (port: number) => `http://127.0.0.1:${port}`;
  return {
    contracts: host(ports.contracts),
    escrow: host(ports.escrow),
    payouts: host(ports.payouts),
    identity: host(ports.identity),
    providersControl: host(ports.providersControl),
    clock: host(ports.clock),
    mail: host(ports.mailControl),
  };
}

async function isReady(urls: SystemUrls): Promise<boolean> {
  const health = [
    ...serviceNames.map((service) => `${urls[service]}/health/ready`),
    ...[urls.identity, urls.providersControl, urls.clock].map((url) => `${url}/health/live`),
  ];
  const answers = await Promise.all(
    health.map((url) =>
      fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  );
  return answers.every((ok) => ok);
}
