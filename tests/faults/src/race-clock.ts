import { setTimeout as pause } from 'node:timers/promises';
import { serviceNames } from '@holdfast/local';
import type { Rig } from './rig.ts';

/** The sandbox clock goes from due instant to due instant; here all that are between are due at once. */
export class RaceClock {
  readonly #rig: Rig;
  #offsetMs = 0;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  now = (): number => Date.now() + this.#offsetMs;

  async moveTo(instant: number): Promise<void> {
    this.#offsetMs = instant - Date.now();
    const { controlUrls, urls } = this.#rig.system;
    const services = serviceNames.map((service) => `${controlUrls[service]}/sandbox`);
    await Promise.all(
      [...services, `${urls.providersControl}/__sim`].map((url) =>
        post(`${url}/clock`, { offsetMs: this.#offsetMs }),
      ),
    );
  }

  /** Until it is that late; at once where it is later already. */
  async reaches(instant: number): Promise<void> {
    await pause(Math.max(0, instant - this.now()));
  }
}

/** Silence waits for what contracts says (M-17): here it says so all the time, so that the timer races too. */
export async function beatUntil(controlUrl: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await post(`${controlUrl}/sandbox/beat`, {});
    await pause(50);
  }
}

export async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}
