import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `node --cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  startTime: number;
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

/** By the clock of `process.hrtime`, in microseconds; V8 uses the same one. */
export interface Window {
  from: number;
  to: number;
}

export const microsecondsNow = (): number => Number(process.hrtime.bigint() / 1_000n);

/** The shares of a process's busy time within a window by whose code ran, the largest first. */
export function sharesOf(
  { nodes, samples, timeDeltas, startTime }: CpuProfile,
  { from, to }: Window,
): [owner: string, share: number][] {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  const times = new Map<string, number>();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index]!;
    const owner = owners.get(id)!;
    if (owner === 'idle' || at < from || at > to) continue;
    // A sample stands for the time until the next one.
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  const busy = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .map(([owner, time]): [string, number] => [owner, time / busy])
    .sort(([, a], [, b]) => b - a);
}

/** A package, one of the project's own, or a part of Node itself. */
function ownerOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '' && /^write(v|Buffer|\w+String)$/.test(functionName)) return 'socket writes';
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency) return dependency;
  const own = /\/((?:libs|services)\/[^/]+)\/(?:dist|src)\//.exec(url)?.[1];
  if (own) return own;
  return url.startsWith('node:') ? 'node' : 'native code';
}

/** @throws Error when the process has written none */
export function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (!file) throw new Error(`there is no profile in ${folder}`);
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
}
