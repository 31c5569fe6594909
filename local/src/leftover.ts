import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a server that lost its owner may take to stop before it is killed. */
const LEFTOVER_GRACE_MS = 10_000;
const BURIAL_MS = 3000;

/** Notes which server runs on a data folder, and for which process it was started. */
export function recordOwner(file: string, serverPid: number): void {
  writeFileSync(file, JSON.stringify({ serverPid, ownerPid: process.pid }));
}

export function forgetOwner(file: string): void {
  rmSync(file, { force: true });
}

/**
 * A SIGKILL of the process that started a server leaves the server running, and it would keep the ports and
 * the data of the next run. `marker` stands in the server's command line: a pid alone may be reused by now.
 * @throws Error with one sentence, if the process that started the server is alive
 */
export async function stopLeftover(file: string, marker: string, signal: NodeJS.Signals): Promise<void> {
  const owner = readOwner(file);
  if (!owner) return;
  const runs = (): boolean => commandOf(owner.serverPid).includes(marker);
  if (runs()) {
    if (owner.ownerPid === process.pid || commandOf(owner.ownerPid) !== '') {
      throw new Error(`${marker} is in use by process ${owner.ownerPid}: stop that one first.`);
    }
    send(owner.serverPid, signal);
    send(owner.serverPid, 'SIGCONT');
    if (!(await soon(() => !runs(), LEFTOVER_GRACE_MS))) send(owner.serverPid, 'SIGKILL');
    // Its ports are free only when it is gone altogether, unless nobody on this computer buries it.
    await soon(() => !send(owner.serverPid, 0), BURIAL_MS);
  }
  forgetOwner(file);
}

function readOwner(file: string): { serverPid: number; ownerPid: number } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Absent, or cut short by the end of the process that wrote it.
  }
}

async function soon(condition: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

/** False when there is no such process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Empty when there is no such process. */
function commandOf(pid: number): string {
  try {
    if (platform() === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
