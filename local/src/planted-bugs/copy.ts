import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { applied, type Change } from './patch.ts';
import type { JestReport } from './verdict.ts';

/** What a program said, both streams together, and how it ended. */
interface Ended {
  ok: boolean;
  output: string;
}

/** A copy of the repository in a folder of its own: what is planted there is nowhere else. */
export class RepositoryCopy {
  readonly root: string;
  /** Files in which something is planted, by their paths. */
  readonly #asItWas = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<Ended>>();

  private constructor(root: string) {
    this.root = root;
  }

  /** The sources with what was compiled of them, and the packages as links. */
  static of(original: string): RepositoryCopy {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-planted-')));
    const packages: string[] = [];
    try {
      copyAsItIs(original, root, (path) => {
        if (basename(path) === 'node_modules') packages.push(relative(original, path));
        return !notCopied.has(basename(path));
      });
      for (const folder of packages) linkPackages(join(original, folder), join(root, folder));
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
    return new RepositoryCopy(root);
  }

  /** @throws Error where it does not fit; then nothing is planted */
  plant(changes: readonly Change[]): void {
    const texts = new Map<string, string>();
    const read = (path: string): string => readFileSync(join(this.root, path), 'utf8');
    for (const change of changes) {
      const { path } = change;
      texts.set(path, applied(texts.get(path) ?? read(path), change));
    }
    for (const [path, text] of texts) {
      this.#asItWas.set(path, read(path));
      writeFileSync(join(this.root, path), text);
    }
  }

  uproot(): void {
    for (const [path, text] of this.#asItWas) writeFileSync(join(this.root, path), text);
    this.#asItWas.clear();
  }

  /** @throws Error with what the compiler said */
  async compile(): Promise<void> {
    const { ok, output } = await this.#run([
      join(this.root, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-b',
    ]);
    if (!ok) throw new Error(`it does not compile:\n${output}`);
  }

  /** Runs the named tests of some files; undefined where Jest breaks off. */
  async jest(
    specs: readonly string[],
    tests: readonly string[],
    env: Record<string, string>,
  ): Promise<{ report: JestReport | undefined; output: string }> {
    const outputFile = join(this.root, 'report.json');
    rmSync(outputFile, { force: true });
    const { output } = await this.#run(
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        join(this.root, 'node_modules', 'jest', 'bin', 'jest.js'),
        '--selectProjects=unit',
        'int',
        '--json',
        `--outputFile=${outputFile}`,
        '--forceExit',
        '--maxWorkers=2',
        // In the copy, which is removed.
        `--cacheDirectory=${join(this.root, 'jest-cache')}`,
        `--testNamePattern=${tests.map(literally).join('|')}`,
        '--runTestsByPath',
        ...specs,
      ],
      env,
    );
    return { report: reportIn(outputFile), output };
  }

  async #run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const running = run(process.execPath, args, { cwd: this.root, env, signal: this.#stopping.signal });
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Ends what still runs in it first. */
  async remove(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#running);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is fetched, written by a run, or the repository's own history. */
const notCopied = new Set(['node_modules', '.git', '.nx', '.holdfast', 'pacts', 'coverage']);

/** Dates included: only what changes is compiled again. */
const copyAsItIs = (from: string, to: string, filter?: (path: string) => boolean): void =>
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter });

/** Each package by itself: those of the repository are links to a neighbour, which must be the copy's. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === '@holdfast') copyAsItIs(join(from, name), join(to, name));
    else symlinkSync(join(from, name), join(to, name));
  }
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function reportIn(file: string): JestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    return undefined;
  }
}

function run(
  file: string,
  args: readonly string[],
  { cwd, env, signal }: { cwd: string; env: Record<string, string>; signal?: AbortSignal },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const all = { ...process.env, ...env };
    const child = spawn(file, args, { cwd, env: all, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', (error) => {
      if (!signal?.aborted) reject(new Error(`${file} could not be run: ${error.message}`));
    });
    child.once('close', (code) => {
      resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8').trimEnd() });
    });
  });
}
