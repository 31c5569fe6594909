import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitStatus, run } from './bootstrap/child.mjs';
import { installPackages } from './bootstrap/packages.mjs';
import { waitVisibly } from './bootstrap/progress.mjs';
import { checkBrokerTools, checkNode } from './bootstrap/tools.mjs';
import { fetchKafkaJars } from './kafka/jars.mjs';

// The first script of a fresh clone: it runs on Node 20 with nothing installed, hence built-ins and plain
// JavaScript only.

/** `broker`: needs Kafka, and with it Java and Maven. `build`: the entry is compiled. */
const TASKS = {
  start: { entry: 'local/dist/start.js', broker: true, build: true },
  test: { entry: 'local/dist/test.js', broker: true, build: true },
  'test:unit': {
    entry: 'node_modules/jest/bin/jest.js',
    nodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    args: ['--selectProjects=unit'],
  },
  faults: { entry: 'local/dist/faults.js', broker: true, build: true },
  'planted-bugs': { entry: 'local/dist/planted-bugs.js', broker: true, build: true },
  golden: { entry: 'tests/golden/dist/main.js', broker: true, build: true },
  proof: { entry: 'local/dist/proof.js', build: true },
  bench: { entry: 'tests/bench/dist/main.js', broker: true, build: true },
  check: { entry: 'local/dist/check.js', broker: true, build: true },
  generate: { entry: 'local/dist/generate.js', build: true },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const home = resolve(root, process.env.HOLDFAST_HOME || '.holdfast');
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, HOLDFAST_HOME: home, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };

const stopping = new AbortController();
let handedOver;
let interruptedBy;
let lastSignalAt = 0;

/** At Ctrl-C npm passes on a second SIGINT beside the terminal's; the task shall see one. */
const SAME_SIGNAL_MS = 500;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    const again = Date.now() - lastSignalAt < SAME_SIGNAL_MS;
    lastSignalAt = Date.now();
    interruptedBy = signal;
    if (handedOver && !again) handedOver.kill(signal);
    stopping.abort();
  });
}

async function main([name, ...args]) {
  const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined;
  if (!task) throw new Error(`Name one of these tasks: ${Object.keys(TASKS).join(', ')}.`);
  checkNode();
  if (task.broker) checkBrokerTools();
  await prepare(task);
  if (task.build) await build();
  stopping.signal.throwIfAborted();
  const entry = join(root, task.entry);
  if (!existsSync(entry)) throw new Error(`The task "${name}" has no program: ${task.entry} does not exist.`);
  const command = [...(task.nodeArgs ?? []), entry, ...args, ...(task.args ?? [])];
  // In a group of its own, so that Ctrl-C comes from here, once, and not from the terminal as well.
  const options = { cwd: root, env, stdio: 'inherit', detached: true };
  return exitStatus(
    await run(join(bin, 'node'), command, options, (child) => {
      handedOver = child;
    }),
  );
}

/** Side by side: one waits for the network, the other mostly for the disk. */
async function prepare(task) {
  const { signal } = stopping;
  const steps = [['the npm packages', installPackages({ root, home, signal })]];
  if (task.broker) steps.push(['the Kafka jars', fetchKafkaJars({ home, signal })]);
  const all = steps.map(([what, done]) => waitVisibly(what, done));
  try {
    await Promise.all(all);
  } catch (error) {
    stopping.abort();
    await Promise.allSettled(all);
    throw error;
  }
}

async function build() {
  const args = ['-b', ...(process.stdout.isTTY ? ['--pretty'] : [])];
  const options = { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], signal: stopping.signal };
  const { code, output } = await waitVisibly('the build', run(join(bin, 'tsc'), args, options));
  if (code !== 0) throw new Error(`${output.trimEnd()}\nThe build failed.`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!interruptedBy) console.error(error.message);
  process.exitCode = interruptedBy ? exitStatus({ signal: interruptedBy }) : 1;
}
