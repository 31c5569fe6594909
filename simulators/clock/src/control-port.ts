import { setTimeout as pause } from 'node:timers/promises';
import type { BusinessClock } from '@holdfast/messaging';
import type { Runtime, Sandbox } from '@holdfast/service';
import Fastify from 'fastify';
import { z } from 'zod';
import { Quiet } from './quiet.ts';

const Environment = z.object({
  SANDBOX_CONTROL_PORT: z.coerce.number().int().min(1).max(65_535),
  SANDBOX_CLOCK_URL: z.url(),
});

const Offset = z.strictObject({ offsetMs: z.int().min(0) });

/** How long a service waits for the sandbox clock before it gives up starting. */
const clockWaitMs = 30_000;

/**
 * What a service opens only in the sandbox, on a port of its own: the business clock can be moved, and it says what
 * falls due next and whether it is quiet (AD-14, AD-21).
 */
export function sandboxFrom(env: NodeJS.ProcessEnv): Sandbox {
  const config = Environment.parse(env);
  return {
    prepare: (clock) => adoptOffset(clock, config.SANDBOX_CLOCK_URL),
    open: (runtime) => openControlPort(runtime, config.SANDBOX_CONTROL_PORT),
  };
}

/** A restarted service must not fall back to the wall's time: it asks the clock before it dates anything. */
async function adoptOffset(clock: BusinessClock, clockUrl: string): Promise<void> {
  const giveUpAt = performance.now() + clockWaitMs;
  for (;;) {
    try {
      const answer = await fetch(`${clockUrl}/clock`, { signal: AbortSignal.timeout(2_000) });
      clock.moveTo(z.object({ offsetMs: z.int().min(0) }).parse(await answer.json()).offsetMs);
      return;
    } catch (error) {
      if (performance.now() > giveUpAt)
        throw new Error('the sandbox clock does not answer', { cause: error });
      await pause(100);
    }
  }
}

async function openControlPort(runtime: Runtime, port: number): Promise<{ stop(): Promise<void> }> {
  const { businessClock, relay } = runtime;
  const quiet = new Quiet(runtime);
  const server = Fastify();
  server.get('/sandbox/next-due', async () => {
    const nextDueAt = await runtime.deadlines().nextDueAt();
    return { nextDueAt: nextDueAt?.toISOString() ?? null };
  });
  server.get('/sandbox/quiet', async () => quiet.ask());
  server.post('/sandbox/clock', async (request) => {
    businessClock.moveTo(Offset.parse(request.body).offsetMs);
    runtime.deadlines().wake();
    return { now: businessClock.now().toISOString() };
  });
  // Watermarks at once, and what waits is tried at once, instead of after seconds of wall time.
  server.post('/sandbox/beat', async () => {
    await relay.beat();
    await runtime.transport.consumer?.redriver.tryAll();
    runtime.deadlines().wake();
    return {};
  });
  await server.listen({ port, host: '127.0.0.1' });
  return {
    stop: async () => {
      await quiet.stop();
      await server.close();
    },
  };
}
