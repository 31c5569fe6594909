import {
  type Catalogue,
  contractsEvents,
  type EventOf,
  escrowEvents,
  type Message,
  payoutsEvents,
} from '@holdfast/events';
import { type Json, Marketplace, newScene, type Story, type SystemUrls } from '@holdfast/journeys';
import { createKafka, tailEvents } from '@holdfast/messaging';

const catalogues: readonly Catalogue[] = [contractsEvents, escrowEvents, payoutsEvents];
const ledgers: Readonly<Record<'escrow' | 'payouts', string>> = { escrow: 'E', payouts: 'P' };

const tty = process.stdout.isTTY;
const paint = (code: number) => (text: string) => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = paint(1);
const dim = paint(2);
const green = paint(32);

/** `$1,054.99`, from minor units. */
export function dollars(amountMinor: bigint): string {
  const [negative, digits] = amountMinor < 0n ? ['-', -amountMinor] : ['', amountMinor];
  const whole = String(digits / 100n).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${negative}$${whole}.${String(digits % 100n).padStart(2, '0')}`;
}

/** Plays stories and shows, act by act: who did what, which events followed, which journal lines were posted. */
export class Show {
  readonly #market: Marketplace;
  readonly #seen: Message<Catalogue>[] = [];
  readonly #posted = new Set<string>();
  #tail: { stop(): Promise<void> } | undefined;

  constructor(
    urls: SystemUrls,
    private readonly brokers: string,
  ) {
    this.#market = new Marketplace(urls);
  }

  async open(): Promise<void> {
    const kafka = createKafka({ brokers: [this.brokers], clientId: 'show' });
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
      if (scene.agreement) await this.#showJournals(scene.agreement.agreementId);
    }
  }

  /** Where all the money is, per ledger, and whether the books hold. */
  async moneyAtAGlance(): Promise<boolean> {
    console.log(`\n${bold('The money at a glance')}`);
    const books = await Promise.all(
      (['escrow', 'payouts'] as const).map(async (service) => ({
        service,
        answer: await this.#market.operator.get(service, '/v1/ledger/balances'),
      })),
    );
    const amounts = new Map<string, bigint>();
    for (const { service, answer } of books) {
      console.log(`\n  ${service} (ledger ${ledgers[service]})`);
      for (const { account, amountMinor } of answer.balances) {
        amounts.set(account, BigInt(amountMinor));
        console.log(`    ${account.padEnd(28)} ${dollars(BigInt(amountMinor)).padStart(16)}`);
      }
    }
    const differences = books.flatMap(({ answer }) => answer.differences as Json[]);
    const mirror = amounts.get('E.clearing.payouts') === amounts.get('P.clearing.escrow');
    console.log(
      `\n  every journal sums to zero, balances equal their entries: ${verdict(differences.length === 0)}` +
        `\n  E.clearing.payouts mirrors P.clearing.escrow (M-2): ${verdict(mirror)}`,
    );
    return mirror && differences.length === 0;
  }

  #showEvents(): void {
    for (const { event } of this.#seen.splice(0)) {
      console.log(`      ${green('event')}    ${event.type.padEnd(36)} ${dim(detailsOf(event))}`);
    }
  }

  async #showJournals(agreementId: string): Promise<void> {
    for (const service of ['escrow', 'payouts'] as const) {
      const { journals } = await this.#market.operator.get(service, `/v1/journals?agreement=${agreementId}`);
      for (const journal of journals as Json[]) {
        if (this.#posted.has(journal.id)) continue;
        this.#posted.add(journal.id);
        console.log(`      ${green('journal')}  ${ledgers[service]} ${journal.kind}`);
        for (const { account, amountMinor } of journal.lines as { account: string; amountMinor: string }[]) {
          const amount = BigInt(amountMinor);
          const side = amount > 0n ? 'debit ' : 'credit';
          const shown = dollars(amount < 0n ? -amount : amount).padStart(12);
          console.log(`                 ${side} ${shown}  ${shortened(account)}`);
        }
      }
    }
  }
}

const verdict = (holds: boolean): string => (holds ? green('yes') : bold('NO'));

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
