import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogues } from './error-catalogues.ts';
import { errorCodeProblems } from './error-codes.ts';
import { generatedFiles, staleFiles } from './generated-files.ts';
import { sourceFiles } from './source-files.ts';

// The one gate before a change is merged. Every step runs even after a failure, so that one run tells it all.

const root = join(import.meta.dirname, '..', '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Biome takes every output for a terminal. */
const colors = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`;

interface Outcome {
  ok: boolean;
  /** Shown when the step failed. */
  output: string;
}

interface Step {
  name: string;
  run: () => Promise<Outcome>;
}

const steps: readonly Step[] = [
  { name: 'build', run: () => command(bin('nx'), ['run-many', '-t', 'build', '--outputStyle=static']) },
  {
    name: 'format, lint and boundaries',
    run: () => command(bin('biome'), ['ci', '--error-on-warnings', '--max-diagnostics=100', colors, '.']),
  },
  { name: 'types of the specs', run: () => command(bin('tsc'), ['-p', 'tsconfig.spec.json']) },
  { name: 'error codes', run: () => problems(findErrorCodeProblems) },
  { name: 'generated files', run: () => problems(findStaleFiles) },
  { name: 'tests', run: () => program('local/dist/test.js') },
  ...(process.env.CI
    ? [
        { name: 'planted bugs', run: () => program('local/dist/planted-bugs.js') },
        { name: 'faults', run: () => program('local/dist/faults.js') },
      ]
    : []),
];

let running: ChildProcess | undefined;
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
    running?.kill(signal);
  });
}

async function findErrorCodeProblems(): Promise<string[]> {
  return errorCodeProblems(await sourceFiles(root), await errorCatalogues(root));
}

async function findStaleFiles(): Promise<string[]> {
  const stale = await staleFiles(root, await generatedFiles(root));
  return stale.map(({ path }) => `${path} is stale; write it again with: npm run generate`);
}

/** A step that runs in this process; what it throws is a problem too. */
async function problems(find: () => Promise<string[]>): Promise<Outcome> {
  const found = await find().catch((error: Error) => [error.message]);
  return { ok: found.length === 0, output: found.join('\n') };
}

/** Long ones show what they do while they do it. */
async function program(path: string): Promise<Outcome> {
  if (!existsSync(join(root, path))) return { ok: false, output: `${path} does not exist` };
  return command(process.execPath, [join(root, path)], 'inherit');
}

function command(
  file: string,
  args: readonly string[],
  output: 'pipe' | 'inherit' = 'pipe',
): Promise<Outcome> {
  return new Promise((resolve) => {
    // A daemon or a live view of Nx would outlive or garble the step.
    const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', output, output] });
    const chunks: Buffer[] = [];
    running = child;
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) =>
      resolve({ ok: false, output: `${file} could not be started: ${error.message}` }),
    );
    child.once('close', (code) => {
      running = undefined;
      resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8').trimEnd() });
    });
  });
}

async function check(): Promise<boolean> {
  const failed: string[] = [];
  for (const { name, run } of steps) {
    if (interrupted) break;
    const startedAt = performance.now();
    const { ok, output } = await run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (ok) continue;
    if (output) console.log(`\n${output}\n`);
    failed.push(name);
  }
  if (interrupted) console.log('The check was interrupted.');
  else console.log(failed.length === 0 ? 'The check passed.' : `The check failed: ${failed.join(', ')}.`);
  return !interrupted && failed.length === 0;
}

if (!(await check())) process.exitCode = 1;
