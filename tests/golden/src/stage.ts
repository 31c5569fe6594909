import {
  type Agreement,
  type AgreementDraft,
  addCard,
  type Marketplace,
  type Offer,
  openAccount,
  type Person,
  sendOffer,
} from '@holdfast/journeys';
import type { CaseLine } from './accounts.ts';
import { CaseError } from './case-error.ts';
import type { Contract, Given } from './case-form.ts';
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
  /** Ids of the faults that the case asked for. */
  faults: string[];
  /** What is on the accounts before the first step. */
  opening: readonly CaseLine[];
}

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
  const start = nextStart(await market.now());
  await market.advance({ to: start.toISOString() });
  await settings.apply();
  await openAccount(client);
  await addCard(client, given.client?.card).catch(asProblemOf('given.client'));
  await market.settle();
  const { contract } = given;
  return {
    market,
    client,
    freelancer,
    start,
    milestones: contract?.milestones.map(({ id }) => id) ?? [],
    offer:
      contract &&
      (await sendOffer(client, freelancer, draftOf(contract)).catch(asProblemOf('given.contract'))),
    submissions: new Map(),
    faults: [],
    opening: openingOf(available),
  };
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

/** As in the worked examples: the balance, and the same amount on the way between the two ledgers. */
function openingOf(available: bigint): CaseLine[] {
  const line = (account: string, total: string, amountMinor: bigint) => ({ account, total, amountMinor });
  return [
    line('P.freelancer.available:F1', 'P.freelancer.available', -available),
    line('P.clearing.escrow', 'P.clearing.escrow', available),
    line('E.clearing.payouts', 'E.clearing.payouts', -available),
  ];
}

/** The case's names of its own sub-accounts. */
export function namesOf({ client, freelancer, milestones, agreement }: Stage): Map<string, string> {
  const names = new Map([
    [client.id, 'C1'],
    [freelancer.id, 'F1'],
  ]);
  if (agreement) names.set(agreement.agreementId, 'A1');
  agreement?.milestones.forEach(({ milestoneId }, index) => {
    names.set(milestoneId, milestones[index]!);
  });
  return names;
}
