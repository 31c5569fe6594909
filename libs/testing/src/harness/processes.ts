import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { PartOptions } from './parts.ts';

export interface PartProcess {
  readonly pid: number;
  /** The signal that ended it, or its status. */
  readonly exited: Promise<NodeJS.Signals | number | null>;
  kill(signal?: NodeJS.Signals): void;
  /** Asks it to finish what it does. */
  stop(): Promise<void>;
}

/** @throws Error when the part ends before it is ready, unless a crash point was to end it */
export async function startPart(
  role: 'relay' | 'consumer' | 'writer',
  options: PartOptions,
  env: Record<string, string> = {},
): Promise<PartProcess> {
  const entry = join(import.meta.dirname, `part-process${extname(import.meta.filename)}`);
  const child = fork(entry, [role, JSON.stringify(options)], {
    execArgv: ['--conditions=holdfast-source', '--disable-warning=ExperimentalWarning'],
    // Jest's own options are not for it; the cache halves the time to start.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      NODE_COMPILE_CACHE: join(tmpdir(), 'holdfast-compile-cache'),
      ...env,
    },
  });
  const exited = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  const ready = new Promise<'ready'>((resolve) => child.once('message', () => resolve('ready')));
  const first = await Promise.race([ready, exited]);
  if (first !== 'ready' && !env.CRASH_AT) throw new Error(`the ${role} ended (${first}) before it was ready`);
  return handleOf(child, exited);
}

function handleOf(child: ChildProcess, exited: PartProcess['exited']): PartProcess {
  return {
    pid: child.pid!,
    exited,
    kill: (signal = 'SIGKILL') => {
      child.kill(signal);
    },
    stop: async () => {
      if (child.connected) child.send('stop');
      await exited;
    },
  };
}
