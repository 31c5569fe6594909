import { join } from 'node:path';
import { stories } from '@holdfast/journeys';
import { portsFrom } from './ports.ts';
import { linesOf } from './proof/report.ts';
import { proveSystem } from './proof/running-system.ts';
import { Show } from './show.ts';
import { projectRoot, type System, startSystem } from './system.ts';

// `npm start`: everything on this computer, the journeys as they happen, and then the running system until Ctrl-C.

const known = ['--exit', '--fresh'];

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown) throw new Error(`npm start does not know ${unknown}; it knows ${known.join(' and ')}.`);
  const ports = portsFrom(process.env);
  const beginning = performance.now();
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  console.log('Starting Holdfast on this computer');
  let stopping = false;
  const starting = startSystem({
    home: process.env.HOLDFAST_HOME ?? join(projectRoot, '.holdfast'),
    ports,
    fresh: args.includes('--fresh'),
    onReady: (what, ms) => console.log(`  ${what.padEnd(12)} is ready after ${seconds(ms)}`),
    onWaiting: (what, ms) => {
      if (Math.round(ms / 1_000) % 5 === 0) console.log(`  waiting for ${what}, ${seconds(ms)} so far`);
    },
  });
  const stopped = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopping) return;
        stopping = true;
        console.log('\nStopping everything …');
        starting
          .then((system) => system.stop())
          .then(
            () => resolve(0),
            () => resolve(1),
          );
      });
    }
  });
  const system = await starting;
  if (stopping) return stopped;
  console.log(`Everything is up after ${seconds(performance.now() - beginning)}.`);
  const exact = await playAll(system).catch((error: Error) => {
    if (!stopping) console.error(`\nThe journeys broke off: ${error.message}`);
    return false;
  });
  if (stopping) return stopped;
  if (args.includes('--exit')) {
    await system.stop();
    return exact ? 0 : 1;
  }
  showAddresses(system);
  return stopped;
}

async function playAll(system: System): Promise<boolean> {
  const show = new Show(system.urls, system.brokers);
  await show.open();
  try {
    for (const [index, story] of stories.entries()) await show.play(story, index + 1);
    await show.timersAtAGlance();
    await show.moneyAtAGlance();
  } finally {
    await show.close();
  }
  const proof = await proveSystem(system.urls, system.brokers);
  console.log(['\nThe proof (npm run proof makes it again, at any time)\n', ...linesOf(proof)].join('\n'));
  return proof.holds;
}

function showAddresses({ urls }: System): void {
  console.log('\nAddresses');
  for (const service of ['contracts', 'escrow', 'payouts'] as const) {
    console.log(`  ${service.padEnd(10)} ${urls[service]}/v1   pages: ${urls[service]}/docs`);
  }
  console.log(`  tokens     ${urls.identity} (development only)`);
  console.log(`  clock      ${urls.clock}/clock, moved by POST ${urls.clock}/clock/advance {"by":"P1D"}`);
  console.log(
    `  providers  ${urls.providersControl}/__sim/ledger, what card provider and bank really executed`,
  );
  console.log(`  mails      ${urls.mail}, what clients and freelancers were written`);
  console.log('\nStays up until Ctrl-C, which stops everything. The data is kept for the next start.');
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    console.error(`\n${error.message}`);
    process.exit(1);
  },
);
