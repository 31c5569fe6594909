import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Agreement,
  accept,
  addCard,
  type Json,
  openAccounts,
  sendOffer,
  until,
  usd,
} from '@holdfast/journeys';
import type { FundingRacer, FundingTold } from './funding-history.ts';
import type { PatientMarketplace, PatientPerson } from './patient-people.ts';
import type { Rig } from './rig.ts';

export const pricedMinor = 100_000n;
const changedMinor = 80_000n;
const couplesAtOnce = 6;

/** What goes wrong at the provider when the payer's time is over (F82). */
export const lateFaults = ['none', 'late-charge-success', 'error-after-execution', 'lost-webhook'] as const;
export type LateFault = (typeof lateFaults)[number];

export interface FundingMix {
  racers: readonly FundingRacer[];
  /** Of the proposal that waits for the client's answer. */
  change: 'change' | 'delete';
  /** The first charge waits for its payer, until `dueAt`. */
  late?: LateFault;
  /** Who ends the contract or accepts does it long before. */
  isEarly?: boolean;
  /** The others begin only when the charge has ended. */
  waits?: boolean;
}

export interface FundingStart {
  mix: FundingMix;
  agreement: Agreement;
  milestoneId: string;
  amendmentId: string;
  /** That nobody has to confirm. */
  methodId: string;
  pending?: { fundingId: string; intentId: string; dueAt: Date };
}

export interface FundingRaced extends FundingStart {
  told: FundingTold[];
}

const many = (count: number, work: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, work));

/**
 * So many milestones that are agreed, since the bank wanted the payer at acceptance (E-3), each with a proposal of other
 * terms; where the mix says so the client has begun to pay, and does not confirm.
 */
export async function lineUpFundings(rig: Rig, own: readonly FundingMix[]): Promise<FundingStart[]> {
  const waiting = [...own];
  const arranged: Arranged[] = [];
  const cards = new Map<string, string>();
  await many(couplesAtOnce, async () => {
    const client = rig.market.newPerson('client', ['client']);
    const freelancer = rig.market.newPerson('freelancer', ['freelancer']);
    await openAccounts(client, freelancer);
    cards.set(client.id, await addCard(client, 'pm_card_authenticationRequired'));
    const methodId = await addCard(client);
    for (let mix = waiting.shift(); mix; mix = waiting.shift())
      arranged.push(await agreed({ client, freelancer, methodId, mix }));
  });
  // Contracts knows, too, that nothing is charged any more.
  await rig.market.settle();
  const starts = await Promise.all(arranged.map(propose));
  const rest = starts.filter(({ mix }) => mix.late);
  await many(couplesAtOnce, async () => {
    for (let start = rest.shift(); start; start = rest.shift())
      start.pending = await beginToPay(rig, start, cards.get(start.agreement.client.id)!);
  });
  const dueAt = ({ pending }: FundingStart): number => pending?.dueAt.getTime() ?? 0;
  return starts.sort((one, other) => dueAt(one) - dueAt(other));
}

type Arranged = Omit<FundingStart, 'amendmentId' | 'pending'>;

interface Couple {
  client: PatientPerson;
  freelancer: PatientPerson;
  methodId: string;
  mix: FundingMix;
}

async function agreed({ client, freelancer, methodId, mix }: Couple): Promise<Arranged> {
  const milestones = [{ amountMinor: pricedMinor }, { amountMinor: 50_000n }];
  const agreement = await accept(await sendOffer(client, freelancer, { milestones }));
  const { milestoneId } = agreement.milestones[0]!;
  await until(
    'the first charge has failed',
    () => escrowOf(agreement),
    (milestone) => milestone?.funding?.status === 'failed',
  );
  return { mix, agreement, milestoneId, methodId };
}

async function propose(arranged: Arranged): Promise<FundingStart> {
  const { mix, milestoneId, agreement } = arranged;
  const change =
    mix.change === 'delete'
      ? { kind: 'delete', milestoneId }
      : { kind: 'change', milestoneId, price: usd(changedMinor) };
  const path = `/v1/agreements/${agreement.agreementId}/amendments`;
  const { amendmentId } = await agreement.freelancer.post('contracts', path, { changes: [change] });
  return { ...arranged, amendmentId };
}

/** Whatever has come of the charge whose payer took all the time there was. */
export const untilEnded = ({ agreement }: FundingStart): Promise<Json> =>
  until(
    'the charge has ended',
    () => escrowOf(agreement),
    (milestone) => milestone.status !== 'funding_pending',
  );

const escrowOf = async (agreement: Agreement): Promise<Json> => {
  const path = `/v1/agreements/${agreement.agreementId}/money`;
  return (await agreement.client.request('escrow', 'GET', path)).body.milestones?.[0];
};
/** The bank asks for the payer, who takes all the time there is. */
async function beginToPay(
  rig: Rig,
  { agreement, milestoneId, mix }: FundingStart,
  billingMethodId: string,
): Promise<NonNullable<FundingStart['pending']>> {
  const path = `/v1/milestones/${milestoneId}/fund`;
  const { fundingId } = await agreement.client.post('escrow', path, { version: 1, billingMethodId });
  const [row] = await until(
    'the bank asks for the payer',
    () =>
      rig.sql<{ status: string; intent_id: string; expires_at: Date }>(
        'escrow',
        'select status, intent_id, expires_at from fundings where id = $1',
        [fundingId],
      ),
    ([funding]) => funding?.status === 'awaiting_payer',
  );
  const match = { reference: fundingId };
  if (mix.late === 'lost-webhook')
    await rig.market.fault({ op: 'webhook', fault: mix.late, match, times: 20 });
  else if (mix.late !== 'none') await rig.market.fault({ op: 'charge.cancel', fault: mix.late!, match });
  return { fundingId, intentId: row!.intent_id, dueAt: row!.expires_at };
}

/** All begin in one instant, or each as much later as its turn says. */
export async function raceForFunding(
  market: PatientMarketplace,
  start: FundingStart,
  afterMs: (racer: FundingRacer, n: number) => number = () => 0,
): Promise<FundingRaced> {
  const told = await Promise.all(
    start.mix.racers.map(async (racer, n): Promise<FundingTold> => {
      await pause(afterMs(racer, n));
      if (racer === 'payer') return { racer, ...(await confirm(market, start)) };
      const { person, service, path, body } = deedOf(start, racer);
      const answer = await person.once(service, 'POST', path, { key: randomUUID(), body });
      return { racer, status: answer.status, body: answer.body };
    }),
  );
  return { ...start, told };
}

/** The bank takes the payer's word until the charge is cancelled. */
async function confirm(
  market: PatientMarketplace,
  { pending }: FundingStart,
): Promise<Omit<FundingTold, 'racer'>> {
  try {
    return { status: 200, body: await market.payer(pending!.intentId, 'confirm') };
  } catch (error) {
    return { status: 409, body: { code: (error as Error).message } };
  }
}

interface Deed {
  person: PatientPerson;
  service: 'contracts' | 'escrow';
  path: string;
  body: Json;
}

function deedOf(start: FundingStart, racer: Exclude<FundingRacer, 'payer'>): Deed {
  const { agreement, milestoneId, amendmentId, methodId: billingMethodId } = start;
  const [client, freelancer] = [agreement.client as PatientPerson, agreement.freelancer as PatientPerson];
  const milestone = `/v1/milestones/${milestoneId}`;
  const contract = `/v1/agreements/${agreement.agreementId}`;
  const amendment = `${contract}/amendments/${amendmentId}`;
  const ofEscrow = (act: string, body: Json): Deed => {
    return { person: client, service: 'escrow', path: `${milestone}/${act}`, body };
  };
  const ofContracts = (person: PatientPerson, path: string, body: Json = {}): Deed => {
    return { person, service: 'contracts', path, body };
  };
  switch (racer) {
    case 'fund':
      return ofEscrow('fund', { version: 1, billingMethodId });
    case 'fund_changed':
      return ofEscrow('fund', { version: 2, billingMethodId });
    case 'pay':
      return ofEscrow('pay', { version: 1, billingMethodId });
    case 'release':
      return ofEscrow('release', {});
    case 'accept':
      return ofContracts(client, `${amendment}/accept`);
    case 'withdraw':
      return ofContracts(freelancer, `${amendment}/withdraw`);
    case 'decline':
      return ofContracts(client, `${amendment}/decline`);
    case 'propose': {
      const changes = [{ kind: 'change', milestoneId, dueDate: '2027-07-01' }];
      return ofContracts(freelancer, `${contract}/amendments`, { changes });
    }
    case 'order': {
      const milestoneIds = agreement.milestones.map((each) => each.milestoneId).reverse();
      return ofContracts(client, `${contract}/order`, { milestoneIds });
    }
    case 'ends':
      return ofContracts(freelancer, `${contract}/end`, { waivedMilestoneIds: [] });
  }
}
