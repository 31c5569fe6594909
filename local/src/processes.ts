import { launch, type ProcessHandle } from './child.ts';

export interface StartProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  logFile: string;
  /** The process counts as started when a GET answers 200; without it, as soon as it runs. */
  readyUrl?: string;
  readyTimeoutMs: number;
  /** Called about once a second while the process is not ready. */
  onWaiting?: (elapsedMs: number) => void;
}

/**
 * Starts one process of the stack and waits until it is ready.
 * @throws Error with the last lines of its log, if it ends or is not ready in time
 */
export function startProcess({ readyUrl, ...options }: StartProcessOptions): Promise<ProcessHandle> {
  return launch({ ...options, ready: readyUrl === undefined ? undefined : () => answers(readyUrl) });
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } });
  await response.body?.cancel();
  return response.status === 200;
}

/** A part of the stack; PostgreSQL, whose stop takes a mode, is wrapped. */
export interface Stoppable {
  readonly name: string;
  stop(graceMs: number): Promise<void>;
}

/** Beyond the grace: SIGKILL and the end of the process take a moment on a busy machine. */
const KILL_MARGIN_MS = 5000;

/**
 * Stops the last started first. A part that fails to stop does not keep the others running.
 * @throws AggregateError with one error for each part that did not stop in time
 */
export async function stopAll(parts: readonly Stoppable[], graceMs = 10_000): Promise<void> {
  const errors: unknown[] = [];
  for (const part of parts.toReversed()) {
    try {
      await within(graceMs + KILL_MARGIN_MS, part.stop(graceMs), `${part.name} did not stop in time`);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'Not everything could be stopped.');
}

async function within(limitMs: number, work: Promise<void>, message: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitMs);
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
