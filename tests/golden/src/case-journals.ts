import type { Json } from '@holdfast/journeys';
import { inWordsOfCase } from './accounts.ts';
import type { Ledger } from './case-form.ts';
import type { CaseJournal } from './compare-journals.ts';
import { namesOf, type Stage } from './stage.ts';

const ledgers = [
  ['E', 'escrow'],
  ['P', 'payouts'],
] as const;

/** Journals on one page of the operator's list. */
const PAGE = 500;

/** The journals of one case, read through the operator's lists of the two ledgers. */
export class CaseJournals {
  readonly #stage: Stage;
  readonly #seen = new Set<string>();
  readonly #ofCase: CaseJournal[] = [];

  private constructor(stage: Stage) {
    this.#stage = stage;
  }

  /**
   * What the case's people did before its first step, an earlier agreement above all, is none of its
   * journals.
   */
  static async from(stage: Stage): Promise<CaseJournals> {
    const journals = new CaseJournals(stage);
    await journals.#unseen();
    return journals;
  }

  /** All since the first step. */
  get all(): readonly CaseJournal[] {
    return this.#ofCase;
  }

  /**
   * Those that were posted since the last call. Asks when the system is quiet: nothing is posted meanwhile.
   */
  async fresh(): Promise<CaseJournal[]> {
    const names = namesOf(this.#stage);
    const fresh = (await this.#unseen()).map(({ ledger, id, kind, lines }) => ({
      id,
      ledger,
      kind,
      lines: lines.map(({ account, amountMinor }: Json) =>
        inWordsOfCase({ account, amountMinor: BigInt(amountMinor) }, names),
      ),
    }));
    this.#ofCase.push(...fresh);
    return fresh;
  }

  async #unseen(): Promise<Json[]> {
    const { client, freelancer, offer } = this.#stage;
    const filters = [`account=${client.id}`, `account=${freelancer.id}`];
    if (offer) filters.push(`agreement=${offer.agreementId}`);
    const unseen: Json[] = [];
    // The platform's own: cash that moves between its places.
    unseen.push(...(await this.#list('E', 'escrow', 'kind=treasury')));
    for (const [ledger, service] of ledgers) {
      for (const filter of filters) unseen.push(...(await this.#list(ledger, service, filter)));
    }
    return unseen;
  }

  /** From the beginning each time: a case has few journals, and a page cannot be missed by a late commit. */
  async #list(ledger: Ledger, service: 'escrow' | 'payouts', filter: string): Promise<Json[]> {
    const found: Json[] = [];
    for (let after = '0'; ; ) {
      const path = `/v1/journals?${filter}&after=${after}&limit=${PAGE}`;
      const { journals } = await this.#stage.market.operator.get(service, path);
      for (const journal of journals) {
        if (this.#seen.has(journal.id)) continue;
        this.#seen.add(journal.id);
        found.push({ ...journal, ledger });
      }
      if (journals.length < PAGE) return found;
      after = journals.at(-1).position;
    }
  }
}
