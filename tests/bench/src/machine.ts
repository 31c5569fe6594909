import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Linux counts a process's time in hundredths of a second, whatever its kernel's own tick is. */
const ticksPerSecond = 100;

export interface ProcessTimes {
  pid: number;
  parent: number;
  /** Seconds of CPU of the process itself. */
  own: number;
  /** Seconds of CPU of its children that have ended. */
  ended: number;
}

/** One line of /proc/<pid>/stat; the name in brackets may itself hold spaces and brackets. */
export function parseProcessStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const seconds = (first: number): number =>
    (Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond;
  return { pid: Number.parseInt(line, 10), parent: Number(fields[1]), own: seconds(11), ended: seconds(13) };
}

/** Undefined where the process has ended, or the system has no /proc. */
export function timesOf(pid: number | 'self'): ProcessTimes | undefined {
  const line = readProc(`${pid}/stat`);
  return line === undefined ? undefined : parseProcessStat(line);
}

/** Seconds of CPU of a process and all of its children, also of those that have ended. */
export function familyCpu(pid: number): number {
  const parent = timesOf(pid);
  if (!parent) return 0;
  const children = allProcesses().filter((each) => each.parent === pid);
  return parent.own + parent.ended + children.reduce((sum, { own }) => sum + own, 0);
}

function allProcesses(): ProcessTimes[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.flatMap((pid) => timesOf(Number(pid)) ?? []);
}

/** Seconds in which any core worked, for anybody, since the machine started. */
export function busySeconds(stat = readProc('stat')): number | undefined {
  const fields = /^cpu +(.*)$/m
    .exec(stat ?? '')?.[1]
    ?.split(' ')
    .map(Number);
  if (!fields) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

/**
 * Memory in MiB: the proportional set size, in which pages shared with others count in part; the resident set size
 * where the former cannot be read.
 */
export function memoryOf(pid: number): { mib: number; kind: 'PSS' | 'RSS' } {
  const pss = kibIn(readProc(`${pid}/smaps_rollup`), 'Pss');
  if (pss !== undefined) return { mib: pss / 1_024, kind: 'PSS' };
  const rss = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return { mib: Number(rss) / 1_024, kind: 'RSS' };
}

export function kibIn(text: string | undefined, name: string): number | undefined {
  const kib = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib);
}

export interface Machine {
  processor: string;
  cores: number;
  memoryMib: number;
  system: string;
  node: string;
}

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryMib: Math.round(totalmem() / 2 ** 20),
  system: `${type()} ${release()} ${arch()}`,
  node: process.version,
});

/** Processes that wanted to run, averaged over the last minute. */
export const loadOfMinute = (): number => loadavg()[0]!;

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}
