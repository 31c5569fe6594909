import { plusDays } from '@holdfast/domain';
import {
  type Agreement,
  type AgreementDraft,
  addBankAccount,
  addBankDebit,
  addCard,
  addPaypal,
  clearForWithdrawals,
  type Marketplace,
  type Offer,
  openAccount,
  type Person,
  sendOffer,
  settleCard,
  untilSettled,
} from '@holdfast/journeys';
import type { CaseLine } from './accounts.ts';
import { CaseError } from './case-error.ts';
import type { Contract, Given, WithdrawalMethod } from './case-form.ts';
import { earn } from './earnings.ts';
import { pathText } from './read-case.ts';
import { planSettings, type SettingsChange } from './settings.ts';
import { nextStart } from './start-of-case.ts';

/** What a case is played with: its people, its agreement, and what happened so far. */
export interface Stage {
  market: Marketplace;
  client: Person;
  freelancer: Person;
  /** Business time at which the case started. */
  start: Date;
  /** The case's names of the milestones, in the order of the offer. */
  milestones: readonly string[];
  offer?: Offer;
  agreement?: Agreement;
  /** By milestone: the last one that contracts took. */
  submissions: Map<string, string>;
  /** Ids of the bonuses, in their order. */
  bonuses: string[];
  /** By the case's name of the method: its id. */
  methods: ReadonlyMap<string, string>;
  /** The last chargeback, by the card provider's name of it. */
  disputeId?: string;
  /** The way back from what the case says of the treasury. */
  treasury?: SettingsChange;
  /** Ids of the faults that the case asked for. */
  faults: string[];
  /** What is on the accounts before the first step. */
  opening: readonly CaseLine[];
}

/** `method.cooling_days` = 3, unless an operator has raised it. */
const coolingDays = 3;

/** Plans the settings of `given`. @throws CaseError for an unknown one */
export function planGiven(market: Marketplace, { policy, contract }: Given): Promise<SettingsChange> {
  const mode = contract?.['funding.mode'];
  const wanted = { ...policy, ...(mode === undefined ? {} : { 'funding.mode': mode }) };
  const isContracts = (name: string) => name === 'funding.mode' && mode !== undefined;
  return planSettings(market, wanted, (name) =>
    pathText(['given', isContracts(name) ? 'contract' : 'policy', name]),
  );
}

/**
 * Arranges `given` by ordinary use and sets the clock to the start of the case. `settings` begin to hold
 * after what was earned before, and just before the offer, which pins them.
 * @throws CaseError if a service refuses what is given
 */
export async function arrange(market: Marketplace, given: Given, settings: SettingsChange): Promise<Stage> {
  const client = market.newPerson('client', ['client']);
  const freelancer = market.newPerson('freelancer', ['freelancer']);
  await openAccount(freelancer);
  const available = given.freelancer?.available ?? 0n;
  if (available > 0n) await earn(market, freelancer, available);
  const drafts = given.freelancer?.methods ?? [];
  if (drafts.length > 0) await prepareWithdrawals(market, freelancer, available);
  const usable = await addMethods(
    freelancer,
    drafts.filter((draft) => draft.usable),
  );
  await market.settle();
  // Three days and more: by the start they have cooled off.
  const start = nextStart(plusDays(await market.now(), usable.length > 0 ? coolingDays : 0));
  await market.advance({ to: start.toISOString() });
  const cooling = await addMethods(
    freelancer,
    drafts.filter((draft) => !draft.usable),
  );
  await settings.apply();
  await openAccount(client);
  await addClientMethod(market, client, given.client ?? {}).catch(asProblemOf('given.client'));
  if (given.client?.backup) await addClientMethod(market, client, { method: given.client.backup });
  await market.settle();
  const { contract } = given;
  const stage: Stage = {
    market,
    client,
    freelancer,
    start,
    milestones: contract?.milestones.map(({ id }) => id) ?? [],
    offer:
      contract &&
      (await sendOffer(client, freelancer, draftOf(contract)).catch(asProblemOf('given.contract'))),
    submissions: new Map(),
    bonuses: [],
    methods: new Map([...usable, ...cooling]),
    faults: [],
    opening: openingOf(given, available),
  };
  if (given.treasury) stage.treasury = await level(market, given.treasury.surplus);
  return stage;
}

/**
 * What the customers' cash has over what it must cover is what the case says: the float is set so. What earlier cases
 * have left, earned fees above all, is none of its money.
 */
async function level(market: Marketplace, wantedMinor: bigint): Promise<SettingsChange> {
  const { float, short, surplus } = await market.operator.get('escrow', '/v1/treasury');
  const minor = (amount: { amountMinor: string }): bigint => BigInt(amount.amountMinor);
  const floatMinor = minor(float) + minor(surplus) - minor(short) - wantedMinor;
  const wanted = { 'treasury.bank_float': Number(floatMinor) };
  const change = await planSettings(market, wanted, () => 'given.treasury.surplus');
  await change.apply();
  return change;
}

/** The way to pay; `card` names a test token of the card provider, also of a bank account. */
function addClientMethod(
  market: Marketplace,
  client: Person,
  { method = 'card', card }: NonNullable<Given['client']>,
): Promise<string> {
  switch (method) {
    case 'card':
      return addCard(client, card);
    case 'bank':
      return addBankDebit(client, card);
    case 'paypal':
      return addPaypal(market, client, card);
  }
}

/** What a withdrawal needs besides a method (W-4), and cash to pay from: what was earned goes to the bank. */
async function prepareWithdrawals(market: Marketplace, freelancer: Person, available: bigint): Promise<void> {
  await clearForWithdrawals(market, freelancer);
  if (available > 0n) await untilSettled(market, (await settleCard(market, available)).settlementId);
}

/** By the case's names; added at once, so that they cool off together (W-1). */
async function addMethods(
  freelancer: Person,
  drafts: readonly WithdrawalMethod[],
): Promise<[name: string, methodId: string][]> {
  const added: [string, string][] = [];
  for (const { id, account } of drafts) {
    const adding = addBankAccount(freelancer, { accountNumber: account });
    const { methodId } = await adding.catch(asProblemOf(`given.freelancer.methods.${id}`));
    added.push([id, methodId]);
  }
  return added;
}

const draftOf = ({ budget, milestones }: Contract): AgreementDraft => ({
  budgetMinor: budget,
  milestones: milestones.map(({ id, amount, percent }) => ({
    title: id,
    amountMinor: amount,
    percentHundredths: percent,
  })),
});

const asProblemOf =
  (path: string) =>
  (error: Error): never => {
    throw new CaseError(path, error.message);
  };

/**
 * As in the worked examples: the balance, and the same amount on the way between the two ledgers; with a
 * method to withdraw by, also in the bank.
 */
function openingOf({ freelancer }: Given, available: bigint): CaseLine[] {
  const line = (account: string, total: string, amountMinor: bigint) => ({ account, total, amountMinor });
  const bank = line('E.cash.trust:bank', 'E.cash.trust', available);
  return [
    ...(freelancer?.methods ? [bank] : []),
    line('P.freelancer.available:F1', 'P.freelancer.available', -available),
    line('P.clearing.escrow', 'P.clearing.escrow', available),
    line('E.clearing.payouts', 'E.clearing.payouts', -available),
  ];
}

/** The case's names of its own sub-accounts. */
export function namesOf({ client, freelancer, milestones, bonuses, agreement }: Stage): Map<string, string> {
  const names = new Map([
    [client.id, 'C1'],
    [freelancer.id, 'F1'],
  ]);
  if (agreement) names.set(agreement.agreementId, 'A1');
  agreement?.milestones.forEach(({ milestoneId }, index) => {
    names.set(milestoneId, milestones[index]!);
  });
  bonuses.forEach((bonusId, index) => {
    names.set(bonusId, index === 0 ? 'bonus' : `bonus${index + 1}`);
  });
  return names;
}
