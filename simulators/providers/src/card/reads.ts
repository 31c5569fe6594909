import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { events } from '../webhooks.ts';
import { missing } from './errors.ts';
import { charges } from './model.ts';
import { chargeObject } from './render.ts';

export function readCharge({ tx }: Step, id: string): Answer {
  const charge = tx.get(charges, id);
  if (!charge) throw missing('charge', id);
  return { status: 200, body: chargeObject(charge) };
}

export function readEvent({ tx }: Step, id: string): Answer {
  const event = tx.get(events, id);
  if (event?.provider !== 'card') throw missing('event', id);
  return { status: 200, body: event.body };
}

/** Everything is available at once: the delay until a settlement is not simulated. */
export function readBalance({ simulation }: Step): Answer {
  const available = [...simulation.book.balances('card')].map(([currency, minor]) => {
    const amount = Number(minor);
    return { amount, currency, source_types: { card: amount } };
  });
  return { status: 200, body: { object: 'balance', available, pending: [], livemode: false } };
}
