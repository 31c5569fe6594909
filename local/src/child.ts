import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export interface ProcessHandle {
  readonly name: string;
  readonly pid: number;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks with SIGTERM (or the given signal), and kills after the grace. */
  stop(graceMs: number, signal?: NodeJS.Signals): Promise<void>;
  kill(signal?: NodeJS.Signals): void;
}

export interface Program {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Receives what the program prints, behind what is there. */
  logFile: string;
}

export interface Launch extends Program {
  /** Asked again and again until it says yes; a rejection counts as no. */
  ready?: () => Promise<boolean>;
  readyEveryMs?: number;
  readyTimeoutMs: number;
  /** Called as soon as the program runs. */
  onRunning?: (pid: number) => void;
  /** Called about once a second while the program is not ready. */
  onWaiting?: (elapsedMs: number) => void;
}

const running = new Set<ProcessHandle>();

// Nothing that was started here outlives this process, except after its own SIGKILL.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches only this process, which then stops
 * the others in its own order.
 * @throws Error with the program's last lines, if it ends or is not ready in time; it has ended then
 */
export async function launch(options: Launch): Promise<ProcessHandle> {
  const { name, ready } = options;
  const { handle, lastLines } = await spawnProgram(options);
  options.onRunning?.(handle.pid);
  if (!ready) return handle;

  let exit: Exit | undefined;
  void handle.exited.then((result) => {
    exit = result;
  });
  const startedAt = performance.now();
  let nextNoticeMs = 1000;
  while (!exit) {
    const answers = await ready().catch(() => false);
    if (answers && !exit) return handle; // Else it is another program that answers.
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > options.readyTimeoutMs) break;
    if (elapsedMs > nextNoticeMs) {
      options.onWaiting?.(elapsedMs);
      nextNoticeMs += 1000;
    }
    await Promise.race([handle.exited, pause(options.readyEveryMs ?? 100)]);
  }
  handle.kill('SIGKILL');
  await handle.exited;
  const what = exit ? `ended (${outcome(exit)}) before it was ready` : `was not ready in time`;
  throw new Error(`${name} ${what}. ${lastLines()}`);
}

/** @throws Error with the program's last lines, if it fails */
export async function runToEnd(program: Program): Promise<void> {
  const { handle, lastLines } = await spawnProgram(program);
  const exit = await handle.exited;
  if (exit.code !== 0) throw new Error(`${program.name} failed (${outcome(exit)}). ${lastLines()}`);
}

async function spawnProgram(program: Program): Promise<{ handle: ProcessHandle; lastLines: () => string }> {
  const { name, command, args, cwd, uid, gid, logFile } = program;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const logStart = fstatSync(log).size;
  const env = { ...process.env, ...program.env };
  const child = spawn(command, args, { cwd, uid, gid, env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
  });
  return {
    handle: handleOf(name, child.pid as number, exited),
    lastLines: () => lastLinesOf(logFile, logStart),
  };
}

function handleOf(name: string, pid: number, exited: Promise<Exit>): ProcessHandle {
  const handle: ProcessHandle = {
    name,
    pid,
    exited,
    async stop(graceMs, signal = 'SIGTERM') {
      handle.kill(signal);
      handle.kill('SIGCONT'); // A paused program would not see the request.
      const kill = setTimeout(() => handle.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(kill);
    },
    kill(signal = 'SIGKILL') {
      if (!running.has(handle)) return;
      try {
        process.kill(-pid, signal); // The group: what the program itself has started, too.
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
  };
  running.add(handle);
  void exited.then(() => running.delete(handle));
  return handle;
}

function outcome({ code, signal }: Exit): string {
  return signal ?? `status ${code}`;
}

function lastLinesOf(logFile: string, from: number): string {
  const text = readFileSync(logFile).subarray(from).toString('utf8').trimEnd();
  if (text === '') return `It printed nothing to ${logFile}.`;
  return `The last lines of ${logFile}:\n${text.split('\n').slice(-20).join('\n')}`;
}
