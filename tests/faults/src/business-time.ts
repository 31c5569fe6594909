import type { Agreement, Json } from '@holdfast/journeys';
import type { ServiceName } from '@holdfast/local';
import { expect } from '@jest/globals';
import type { Rig } from './rig.ts';

const minuteMs = 60_000;

async function control(rig: Rig, service: ServiceName, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${rig.system.controlUrls[service]}/sandbox/${path}`, {
    ...(body
      ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      : {}),
    signal: AbortSignal.timeout(minuteMs),
  });
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new Error(`${service} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

export const move = (rig: Rig, service: ServiceName, offsetMs: number): Promise<Json> =>
  control(rig, service, 'clock', { offsetMs });

export const beat = (rig: Rig, service: ServiceName): Promise<Json> => control(rig, service, 'beat', {});

/** Past the sandbox clock, which waits for quiet: only these services' time goes on. */
export async function moveTo(rig: Rig, instant: Date, services: readonly ServiceName[]): Promise<number> {
  const offsetMs = instant.getTime() - Date.now();
  await Promise.all(services.map((service) => move(rig, service, offsetMs)));
  await Promise.all(services.map((service) => beat(rig, service)));
  return offsetMs;
}

/** The sandbox clock, and all that follows it, is brought to where the services are. */
export const catchUp = (rig: Rig, instant: Date): Promise<unknown> =>
  rig.market.advance({ to: new Date(instant.getTime() + minuteMs).toISOString() });

/** Swept again and again, due all the time, and not released. */
export async function standsStill(rig: Rig, agreement: Agreement): Promise<void> {
  for (let sweep = 0; sweep < 20; sweep += 1) {
    await beat(rig, 'escrow');
    expect((await control(rig, 'escrow', 'quiet')).reasons).toContain('due review.silence');
  }
  expect(await rig.statusOf(agreement)).toBe('submitted');
}

/** How a milestone was released, and the value date of its journal. */
export async function releaseOf(
  rig: Rig,
  { agreementId }: Agreement,
): Promise<{ cause: string; at: string }> {
  const { journals } = await rig.market.operator.get('escrow', `/v1/journals?agreement=${agreementId}`);
  const released = journals.filter(({ kind }: Json) => kind === 'release');
  expect(released).toHaveLength(1);
  const facts = await rig.factsOf('escrow', 'escrow.milestone.released');
  const fact = facts.find(({ key }) => key === agreementId);
  return { cause: JSON.parse(fact!.value).cause, at: released[0].valueDate };
}

/** What escrow has parked under the agreement's key. */
export const parkedOf = async (rig: Rig, { agreementId }: Agreement): Promise<Json[]> =>
  (await rig.market.operator.get('escrow', '/v1/parked-messages')).messages.filter(
    ({ key }: Json) => key === agreementId,
  );
