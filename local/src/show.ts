import {
  type Catalogue,
  contractsEvents,
  type EventOf,
  escrowEvents,
  type Message,
  payoutsEvents,
} from '@holdfast/events';
import {
  type Json,
  Marketplace,
  newScene,
  type Scene,
  type Story,
  type SystemUrls,
} from '@holdfast/journeys';
import { createKafka, tailEvents } from '@holdfast/messaging';
import { dollars } from './proof/findings.ts';

const catalogues: readonly Catalogue[] = [contractsEvents, escrowEvents, payoutsEvents];
const ledgers: Readonly<Record<'escrow' | 'payouts', string>> = { escrow: 'E', payouts: 'P' };

/** Journals of the platform itself: its capital, and cash that moves between its places. */
const platform = 'kind=treasury';

/** Journals on one page of the operator's list. */
const pageRows = 500;

const tty = process.stdout.isTTY;
const paint = (code: number) => (text: string) => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = paint(1);
const dim = paint(2);
const green = paint(32);

/** Plays stories and shows, act by act: who did what, which events followed, which journal lines were posted. */
export class Show {
  readonly #market: Marketplace;
  readonly #seen: Message<Catalogue>[] = [];
  readonly #posted = new Set<string>();
  readonly #timed = new Set<string>();
  #tail: { stop(): Promise<void> } | undefined;

  constructor(
    urls: SystemUrls,
    private readonly brokers: string,
  ) {
    this.#market = new Marketplace(urls);
  }

  async open(): Promise<void> {
    const kafka = createKafka({ brokers: [this.brokers], clientId: 'show' });
    // What the platform posted before, such as its capital, belongs to no journey.
    for (const { id } of await this.#journals('escrow', platform)) this.#posted.add(id);
    this.#tail = await tailEvents(kafka, catalogues, (message) => this.#seen.push(message));
  }

  async close(): Promise<void> {
    await this.#tail?.stop();
  }

  async play(story: Story, number: number): Promise<void> {
    console.log(`\n${bold(`Journey ${number}. ${story.title}`)}`);
    const scene = newScene(this.#market);
    for (const { who, does, act } of story.acts) {
      await act(scene);
      await this.#market.settle();
      const now = (await this.#market.now()).toISOString().slice(0, 16).replace('T', ' ');
      console.log(`\n  ${dim(now)}  ${bold(who === 'time' ? 'Time:' : `The ${who}`)} ${does}`);
      this.#showEvents();
      await this.#showJournals(scene);
      if (scene.agreement) await this.#showTimers(scene.agreement.agreementId);
    }
  }

  /** What is set to happen by itself, merged from all services, soonest first. */
  async timersAtAGlance(): Promise<void> {
    console.log(`\n${bold('What happens by itself, and when')}\n`);
    const timers = await this.#timers();
    for (const timer of timers) console.log(`    ${inWords(timer)}`);
    if (timers.length === 0) console.log('    nothing is under a timer');
  }

  /** Where all the money is, per ledger. */
  async moneyAtAGlance(): Promise<void> {
    console.log(`\n${bold('The money at a glance')}`);
    const books = await Promise.all(
      (['escrow', 'payouts'] as const).map(async (service) => ({
        service,
        answer: await this.#market.operator.get(service, '/v1/ledger/balances'),
      })),
    );
    for (const { service, answer } of books) {
      console.log(`\n  ${service} (ledger ${ledgers[service]})`);
      for (const { account, amountMinor } of answer.balances) {
        console.log(`    ${account.padEnd(28)} ${dollars(BigInt(amountMinor)).padStart(16)}`);
      }
    }
  }

  async #timers(): Promise<Json[]> {
    const lists = await Promise.all(
      (['contracts', 'escrow', 'payouts'] as const).map(async (service) => {
        const { deadlines } = await this.#market.operator.get(service, '/v1/deadlines/all');
        return deadlines as Json[];
      }),
    );
    return lists.flat().sort((a, b) => String(a.dueAt).localeCompare(String(b.dueAt)));
  }

  /** Timers of the agreement that were not shown yet. */
  async #showTimers(agreementId: string): Promise<void> {
    for (const timer of await this.#timers()) {
      const name = `${timer.kind}/${timer.id}/${timer.dueAt}`;
      if (timer.key !== agreementId || this.#timed.has(name)) continue;
      this.#timed.add(name);
      console.log(`      ${green('timer')}    ${inWords(timer)}`);
    }
  }

  #showEvents(): void {
    for (const { event } of this.#seen.splice(0)) {
      // Heads of the ledgers' chains come with the minute, not with what somebody did.
      if (event.type.endsWith('.ledger.sealed')) continue;
      console.log(`      ${green('event')}    ${event.type.padEnd(36)} ${dim(detailsOf(event))}`);
    }
  }

  async #showJournals({ agreement, freelancer }: Scene): Promise<void> {
    const filters = [platform, `account=${freelancer.id}`];
    if (agreement) filters.push(`agreement=${agreement.agreementId}`);
    for (const service of ['escrow', 'payouts'] as const) {
      for (const filter of filters) {
        for (const journal of await this.#journals(service, filter)) this.#showJournal(service, journal);
      }
    }
  }

  async #journals(service: 'escrow' | 'payouts', filter: string): Promise<Json[]> {
    const all: Json[] = [];
    for (;;) {
      const path = `/v1/journals?${filter}&limit=${pageRows}&after=${all.at(-1)?.position ?? 0}`;
      const { journals } = await this.#market.operator.get(service, path);
      all.push(...journals);
      if (journals.length < pageRows) return all;
    }
  }

  #showJournal(service: 'escrow' | 'payouts', { id, kind, lines }: Json): void {
    if (this.#posted.has(id)) return;
    this.#posted.add(id);
    console.log(`      ${green('journal')}  ${ledgers[service]} ${kind}`);
    for (const { account, amountMinor } of lines as { account: string; amountMinor: string }[]) {
      const amount = BigInt(amountMinor);
      const side = amount > 0n ? 'debit ' : 'credit';
      const shown = dollars(amount < 0n ? -amount : amount).padStart(12);
      console.log(`                 ${side} ${shown}  ${shortened(account)}`);
    }
  }
}

/** A timer: what it is, when it fires, and the money that it moves. */
function inWords({ kind, dueAt, atStake }: Json): string {
  const at = String(dueAt).slice(0, 16).replace('T', ' ');
  return `${at}  ${String(kind).padEnd(20)} ${atStake ? dollars(BigInt(atStake.amountMinor)).padStart(12) : ''}`.trimEnd();
}

/** Sub-accounts are ids; their first signs are enough to tell them apart on a screen. */
const shortened = (account: string): string => account.replace(/:(.{8}).*(.{4})$/, ':$1…$2');

/** What an event is about: its amounts and causes. */
function detailsOf(event: EventOf<Catalogue>): string {
  const parts = Object.entries(event as Record<string, unknown>).flatMap(([name, value]) => {
    if (value && typeof value === 'object' && 'amountMinor' in value) {
      return [`${name} ${dollars(value.amountMinor as bigint)}`];
    }
    if (['cause', 'reason', 'kind'].includes(name)) return [`${name} ${String(value)}`];
    if (name === 'dueAt' && value instanceof Date) return [`due ${value.toISOString().slice(0, 16)}`];
    return [];
  });
  return parts.join(', ');
}
