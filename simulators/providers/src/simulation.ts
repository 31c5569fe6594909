import type { FastifyInstance } from 'fastify';
import type { Answer } from './answering.ts';
import { Book } from './book.ts';
import { BusinessClock } from './clock.ts';
import { Faults } from './faults.ts';
import { OpenKeys } from './idempotency.ts';
import type { Listener } from './listener.ts';
import { RequestLog } from './request-log.ts';
import { Store } from './store.ts';
import { Webhooks } from './webhooks.ts';

/** What every provider's dialect shares. */
export type Simulation = Readonly<{
  store: Store;
  clock: BusinessClock;
  faults: Faults;
  webhooks: Webhooks;
  book: Book;
  openKeys: OpenKeys;
  calls: RequestLog;
  wire: Listener;
  stopping: AbortSignal;
}>;

/**
 * One provider on the wire. `failure` is how it words what went wrong at an address that it `owns`; `payer`
 * is what a payer does by hand, and is absent where there is none; `control` puts what else can be played
 * on the control port.
 */
export type Dialect = Readonly<{
  provider: string;
  owns: (path: string) => boolean;
  failure: (status: number, message: string) => Answer;
  payer?: (subjectId: string, deed: PayerDeed) => PayerAnswer;
  control?: (app: FastifyInstance) => void;
}>;

/** A card's payer confirms or fails; one of a wallet approves or cancels, with the account that pays. */
export type PayerDeed = Readonly<{
  action: 'confirm' | 'fail' | 'approve' | 'cancel';
  account?: string | undefined;
}>;

/** What was asked of the control port cannot be: 404 for what is unknown, else 409. */
export class Impossible extends Error {
  readonly statusCode: 404 | 409;

  constructor(reason: string, statusCode: 404 | 409 = 409) {
    super(reason);
    this.statusCode = statusCode;
  }
}

export type PayerAnswer = Readonly<
  | { status: 'unknown' }
  | { status: 'refused'; reason: string }
  | { status: 'done'; id: string; intentStatus: string }
>;

export async function openSimulation(
  directory: string,
  seed: string,
  wire: Listener,
  stopping: AbortSignal,
): Promise<Simulation> {
  const store = await Store.open(directory, seed);
  const faults = new Faults(store);
  const clock: BusinessClock = new BusinessClock(store, () => webhooks.kick());
  const webhooks = new Webhooks(store, clock, faults);
  const openKeys = new OpenKeys();
  return {
    store,
    clock,
    faults,
    webhooks,
    book: new Book(store),
    openKeys,
    calls: new RequestLog(),
    wire,
    stopping,
  };
}

/** Ends what runs and leaves the rest on the disk for the next start. */
export async function closeSimulation({ store, clock, webhooks }: Simulation): Promise<void> {
  clock.stop();
  await webhooks.stop();
  await store.close();
}
