import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Collection } from './collection.ts';
import type { Evidence } from './evidence.ts';
import { Findings } from './findings.ts';
import { providersAgree } from './providers.ts';
import { Store } from './store.ts';
import type { BookItem, CashItem, MovementItem } from './wire.ts';

/** What each book has now; a look again may find more than the first one. */
let movements: MovementItem[];
let cash: CashItem[];
let book: BookItem[];
/** What comes into the books between the first look and the next one. */
let later: () => void;
let telling: boolean;
let heldUp: Record<string, string>;
let store: Store;

beforeEach(() => {
  [movements, cash, book] = [[], [], []];
  later = () => undefined;
  telling = false;
  heldUp = {};
  store = new Store();
});
afterEach(() => store.close());

const movement = (reference: string, amountMinor: number, more: Partial<MovementItem> = {}): void => {
  const own = {
    provider: 'card',
    kind: 'charge',
    currency: 'USD',
    state: 'booked',
    causeId: reference,
  } as const;
  movements.push({ ...own, reference, amountMinor: String(amountMinor), transferId: null, ...more });
};
const posted = (causeId: string, amountMinor: number, more: Partial<CashItem> = {}): void => {
  const journalId = `j-${cash.length + 1}`;
  const own = { provider: 'card', journalId, causeId, transferId: null, currency: 'USD' };
  cash.push({ ...own, amountMinor: String(amountMinor), ...more });
};
const executed = (reference: string, amountMinor: number, more: Partial<BookItem> = {}): void => {
  const id = `ch-${book.length + 1}`;
  const own = { provider: 'card', kind: 'charge', id, reference, idempotencyKey: null, currency: 'usd' };
  book.push({ ...own, amountMinor: String(amountMinor), ...more });
};

async function judge() {
  const lookUp = async (resource: string, ids: readonly string[]): Promise<unknown[]> => {
    later();
    if (resource === 'movements') return movements.filter(({ reference }) => ids.includes(reference));
    return cash.filter(({ causeId, transferId }) => ids.includes(causeId) || ids.includes(transferId ?? ''));
  };
  const collection: Collection = Object.assign(Object.create(Collection.prototype), {
    store,
    sources: new Map([['escrow', { lookUp }]]),
    summaries: [{ service: 'escrow', ledger: 'E' }],
    books: {
      entries: async (reference: string) =>
        book.filter((entry) => [entry.reference, entry.idempotencyKey, entry.id].includes(reference)),
      isTelling: async () => telling,
    },
  });
  for (const item of cash) collection.addCash('escrow', item);
  for (const item of movements) collection.addMovement('escrow', item);
  for (const item of book) collection.addBookEntry(item);
  const underWay = new Findings();
  const evidence = { refresh: async () => undefined, ofTransfer: async (id: string) => heldUp[id] };
  const checks = await providersAgree(collection, evidence as unknown as Evidence, underWay, 1);
  return {
    wrong: checks.flatMap(({ name, findings }) => findings.map(({ id }) => `${name} ${id}`)),
    underWay: underWay.first.map(({ id }) => id),
    figures: checks.map(({ figure }) => figure),
  };
}

describe('M-3, I5: a provider’s book is ours', () => {
  test('movement by movement: executed, told and booked', async () => {
    movement('f-1', 105_499);
    posted('f-1', 105_499);
    executed('f-1', 105_499);
    movement('opening', 1_000, { provider: 'bank', kind: 'opening', causeId: 'o-1' });
    posted('o-1', 1_000, { provider: 'bank' });
    executed('', 1_000, { provider: 'bank', kind: 'opening', reference: null });
    expect(await judge()).toEqual({
      wrong: [],
      underWay: [],
      figures: [
        'the provider has $10.00, E.cash.trust:bank $10.00; 1 movement, 0 under way',
        'the provider has $1,054.99, E.cash.trust:card $1,054.99; 1 movement, 0 under way',
      ],
    });
  });

  test('what only the provider knows, also where two of them add up to nothing elsewhere', async () => {
    executed('f-1', 5);
    movement('f-2', 5);
    posted('f-2', 5);
    expect((await judge()).wrong).toEqual(['provider.card f-1', 'provider.card f-2']);
  });

  test('another amount, charged twice, or booked twice', async () => {
    for (const [id, amount] of [
      ['f-1', 5],
      ['f-2', 5],
      ['f-3', 5],
    ] as const) {
      movement(id, 5);
      posted(id, 5);
      executed(id, id === 'f-1' ? 6 : amount);
    }
    executed('f-2', 5);
    posted('f-3', 5);
    expect((await judge()).wrong).toEqual(['provider.card f-1', 'provider.card f-2', 'provider.card f-3']);
  });

  test('what a row says is under way is listed, whether the provider has it or not', async () => {
    movement('f-1', 5, { state: 'open', causeId: null });
    movement('f-2', 5, { state: 'open', causeId: null });
    executed('f-1', 5);
    expect(await judge()).toMatchObject({
      wrong: [],
      underWay: ['f-1', 'f-2'],
      figures: [
        'the provider has $0.05, E.cash.trust:card $0.00, difference $0.05; 2 movements, 2 under way',
      ],
    });
  });

  test('an attempt that came to nothing is known by its reference', async () => {
    movement('po-1', 0, { provider: 'bank', kind: 'payout', causeId: null });
    executed('po-1', 5, { provider: 'bank', kind: 'payout' });
    executed('po-1', 5, { provider: 'bank', kind: 'payout_failed' });
    expect((await judge()).wrong).toEqual([]);
  });

  test('the key of the call names it where the provider’s book has no reference of ours', async () => {
    movement('po-1', -5, { provider: 'bank', kind: 'payout' });
    posted('po-1', -5, { provider: 'bank' });
    executed('their-own', 5, { provider: 'bank', kind: 'payout', idempotencyKey: 'po-1' });
    expect((await judge()).wrong).toEqual([]);
  });

  test('a settlement is two movements of one cause, each on its own cash account', async () => {
    movement('s-1', -5, { kind: 'payout' });
    movement('s-1', 5, { kind: 'deposit', provider: 'bank' });
    posted('s-1', -5, { journalId: 'j-1' });
    posted('s-1', 5, { journalId: 'j-1', provider: 'bank' });
    executed('s-1', 5, { kind: 'payout' });
    executed('s-1', 5, { kind: 'deposit', provider: 'bank' });
    expect((await judge()).wrong).toEqual([]);
  });

  test('a withdrawal whose transfer is on its way to escrow is under way; one that is lost is wrong', async () => {
    const bank = { provider: 'bank', kind: 'payout' };
    for (const id of ['po-1', 'po-2']) {
      movement(id, -5, { ...bank, causeId: null, transferId: `t-${id}` });
      executed(id, 5, bank);
    }
    heldUp = { 't-po-1': 'payouts.withdrawal.paid e-1 is not read yet by escrow' };
    expect(await judge()).toMatchObject({ wrong: ['provider.bank po-2'], underWay: ['po-1'] });
  });

  test('what came back and was not told yet is under way only while the provider has a notice on its way', async () => {
    const bank = { provider: 'bank', kind: 'payout' };
    movement('po-1', -5, { ...bank, causeId: null, transferId: 't-1' });
    posted('w-1', -5, { provider: 'bank', transferId: 't-1' });
    executed('po-1', 5, bank);
    executed('po-1', 5, { ...bank, kind: 'payout_returned' });
    telling = true;
    expect(await judge()).toMatchObject({ wrong: [], underWay: ['po-1'] });
    store.close();
    store = new Store();
    telling = false;
    expect(await judge()).toMatchObject({ wrong: ['provider.bank po-1'], underWay: [] });
  });

  test('a chargeback takes amount and fee, and what comes back of them is added', async () => {
    for (const id of ['du-1', 'du-2']) {
      movement(id, id === 'du-1' ? -6 : 0);
      posted(id, id === 'du-1' ? -6 : 0);
      executed(id, 5, { kind: 'dispute' });
      executed(id, 1, { kind: 'dispute_fee' });
    }
    executed('du-2', 5, { kind: 'dispute_reinstated' });
    executed('du-2', 1, { kind: 'dispute_fee_returned' });
    expect((await judge()).wrong).toEqual([]);
  });

  test('cash that no movement tells of is named by its journal', async () => {
    posted('x-1', 5, { journalId: 'j-9' });
    expect((await judge()).wrong).toEqual(['provider.card j-9']);
  });

  test('what differed only because the books were not read at once is no finding', async () => {
    movement('f-1', 5);
    posted('f-1', 5);
    executed('f-2', 7);
    later = () => {
      if (movements.length > 1) return;
      movement('f-2', 7);
      posted('f-2', 7);
      executed('f-1', 5);
    };
    expect(await judge()).toMatchObject({ wrong: [], underWay: [] });
  });
});
