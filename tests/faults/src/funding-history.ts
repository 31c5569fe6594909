import type { PublishedFact } from './topics.ts';

/** What races for a milestone that is agreed, or for one whose payer has not confirmed yet. */
export const fundingRacers = [
  'fund',
  'fund_changed',
  'pay',
  'release',
  'accept',
  'withdraw',
  'decline',
  'propose',
  'order',
  'ends',
  'payer',
] as const;
export type FundingRacer = (typeof fundingRacers)[number];

/** What a racer was told; the payer is told by the bank. */
export interface FundingTold {
  racer: FundingRacer;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of other programs; each racer knows its form.
  body: any;
}

/** One race: the facts of one agreement, service by service, what moved at the provider, and all answers. */
export interface FundingRace {
  milestoneId: string;
  pricedMinor: bigint;
  escrow: readonly PublishedFact[];
  contracts: readonly PublishedFact[];
  /** What the provider has really moved, by the id of the funding or of the refund. */
  movedMinor: (kind: 'charge' | 'refund', reference: string) => readonly bigint[];
  told: readonly FundingTold[];
}

// biome-ignore lint/suspicious/noExplicitAny: of events the catalogue's schemas were checked before they were published.
type Data = any;
type Fact = Readonly<{ type: string; data: Data }>;

/** How the milestone stands after some facts of escrow, by the rules and not by its code. */
interface Standing {
  status: 'agreed' | 'pending' | 'held' | 'settled' | 'cancelled';
  version: number;
  priceMinor: bigint;
  heldMinor: bigint;
  /** The charge that it waits for. */
  pendingId: string | undefined;
  /** By charge: the version of the terms that the client saw. */
  started: Map<string, number>;
  funded: Set<string>;
  /** By charge: the refund that takes it back. */
  orphaned: Map<string, string>;
  /** Whether a party has ended the contract, at whatever time. */
  isEnding: boolean;
}

export interface FundingVerdict {
  wrongs: string[];
  /** What has happened, for the sum of all races. */
  ends: string[];
  /** The terms that hold. */
  version: number;
  priceMinor: bigint;
  heldMinor: bigint;
}

/**
 * What is wrong with a race: a charge of terms that no longer held, terms that changed under a charge, a charge that
 * neither funded nor went back, or did both, money that is not where its facts say, a winner without effect, or a refusal
 * that is not true (F61, F82).
 */
export function judgeFunding(race: FundingRace): FundingVerdict {
  const [escrow, contracts] = [race.escrow, race.contracts].map((facts) =>
    facts.map(({ type, value }): Fact => ({ type, data: JSON.parse(value) })),
  ) as [Fact[], Fact[]];
  const standing: Standing = {
    ...{ status: 'agreed', version: 1, priceMinor: race.pricedMinor, heldMinor: 0n, pendingId: undefined },
    ...{ started: new Map(), funded: new Set(), orphaned: new Map() },
    isEnding: contracts.some(({ type }) => type === 'contracts.contract.end_requested'),
  };
  const own = escrow.filter(
    ({ data }) => data.milestoneId === undefined || data.milestoneId === race.milestoneId,
  );
  const steps = own.flatMap((fact) => step(standing, fact).map((what) => `${fact.type} ${what}`));
  const { version, priceMinor, heldMinor, funded, orphaned } = standing;
  const { told } = race;
  return {
    wrongs: [
      ...steps,
      ...wrongCharges(race, standing, escrow),
      ...wrongTerms(contracts, own, race.milestoneId),
      ...told.flatMap((each) => untrue(each, { escrow: own, contracts, told })),
    ],
    ends: [
      ...told.filter(({ status }) => status < 300).map(({ racer }) => racer),
      ...(funded.size > 0 ? ['funded'] : []),
      ...(orphaned.size > 0 ? ['orphaned'] : []),
      ...own.map(({ type }) => type).filter((type) => /terms_|funding.failed/.test(type)),
    ],
    ...{ version, priceMinor, heldMinor },
  };
}

/** Takes one step; what no rule allows is returned. */
function step(standing: Standing, { type, data }: Fact): string[] {
  const { status, version } = standing;
  switch (type) {
    case 'escrow.funding.started': {
      standing.started.set(data.fundingId, data.version);
      Object.assign(standing, { status: 'pending', pendingId: data.fundingId });
      return [
        ...(status === 'agreed' ? [] : [`begins while it is ${status}`]),
        ...(data.version === version ? [] : [`is for version ${data.version}, and ${version} holds`]),
      ];
    }
    case 'escrow.funding.failed':
      if (standing.pendingId !== data.fundingId) return ['of a charge that nobody waits for'];
      Object.assign(standing, { status: 'agreed', pendingId: undefined });
      return [];
    case 'escrow.milestone.funded':
      return fund(standing, data);
    case 'escrow.funding.orphaned': {
      standing.orphaned.set(data.fundingId, data.refundId);
      const isTaken = status === 'agreed' && standing.started.get(data.fundingId) === version;
      return isTaken && !standing.isEnding ? ['although the milestone takes it'] : [];
    }
    case 'escrow.milestone.released':
      return leave(standing, minor(data.gross), minor(data.balance));
    case 'escrow.refund.decided':
      return data.balance === undefined ? [] : leave(standing, minor(data.principal), minor(data.balance));
    case 'escrow.milestone.terms_applied':
      Object.assign(standing, { version: data.version, priceMinor: minor(data.price) });
      if (data.deleted) standing.status = 'cancelled';
      return [
        ...(status === 'agreed' ? [] : [`while it is ${status}`]),
        ...(data.version === version + 1 ? [] : [`makes ${data.version} of ${version}`]),
      ];
    case 'escrow.milestone.terms_refused':
      return isTrue[data.reason]?.(standing) ? [] : [`for ${data.reason}, while it is ${status}`];
    default:
      return [];
  }
}

/** What must be so for new terms to be refused. */
const isTrue: Record<string, (standing: Standing) => boolean> = {
  funding_pending: ({ status }) => status === 'pending',
  funded: ({ status }) => status === 'held',
  settled: ({ status }) => status === 'settled' || status === 'cancelled',
  contract_closing: ({ isEnding }) => isEnding,
};

function fund(standing: Standing, { fundingId, version: funded, amount }: Data): string[] {
  const { status, version, pendingId, priceMinor } = standing;
  const isAwaited = status === 'pending' && pendingId === fundingId;
  const isLate = status === 'agreed' && standing.started.get(fundingId) === version;
  standing.funded.add(fundingId);
  Object.assign(standing, { status: 'held', pendingId: undefined, heldMinor: minor(amount) });
  return [
    ...(isAwaited || isLate ? [] : [`by ${fundingId} while it is ${status}`]),
    ...(funded === version && minor(amount) === priceMinor
      ? []
      : [`holds other terms than version ${version}`]),
  ];
}

function leave(standing: Standing, amountMinor: bigint, balanceMinor: bigint): string[] {
  const { heldMinor } = standing;
  standing.heldMinor -= amountMinor;
  if (standing.heldMinor === 0n) standing.status = 'settled';
  return standing.heldMinor >= 0n && standing.heldMinor === balanceMinor
    ? []
    : [`moves ${amountMinor} of ${heldMinor} and leaves ${balanceMinor}`];
}

/** Each charge that succeeded is funded, or refunded by itself: never both, never neither (F82). */
function wrongCharges({ movedMinor }: FundingRace, standing: Standing, escrow: readonly Fact[]): string[] {
  return [...standing.started.keys()].flatMap((fundingId) => {
    const charges = movedMinor('charge', fundingId);
    const refundId = standing.orphaned.get(fundingId);
    const ways = (standing.funded.has(fundingId) ? 1 : 0) + (refundId === undefined ? 0 : 1);
    const wrongs =
      charges.length > 1 || ways !== charges.length
        ? [`${fundingId} was charged ${charges.length} times and booked ${ways} times`]
        : [];
    if (refundId === undefined) return wrongs;
    const refunds = movedMinor('refund', refundId);
    const isPaid = escrow.some(
      ({ type, data }) => type === 'escrow.refund.paid' && data.refundId === refundId,
    );
    const isWhole = isPaid && refunds.length === 1 && refunds[0] === charges[0];
    return isWhole
      ? wrongs
      : [...wrongs, `${fundingId} is an orphan of ${charges}, and ${refunds} went back`];
  });
}

/** Contracts has the new terms from escrow's word on, and from nothing else (F61, A-13). */
function wrongTerms(contracts: readonly Fact[], escrow: readonly Fact[], milestoneId: string): string[] {
  const count = (facts: readonly Fact[], holds: (fact: Fact) => boolean): number =>
    facts.filter(holds).length;
  const isOwn = ({ data }: Fact): boolean => data.milestoneId === milestoneId;
  const asked = count(contracts, of('contracts.milestone.terms_proposed'));
  const applied = count(escrow, of('escrow.milestone.terms_applied'));
  const refused = count(escrow, of('escrow.milestone.terms_refused'));
  const changed = count(
    contracts,
    (fact) =>
      isOwn(fact) &&
      ((fact.type === 'contracts.milestone.changed' && fact.data.version > 1) ||
        fact.type === 'contracts.milestone.cancelled'),
  );
  return [
    ...(asked === applied + refused ? [] : [`${asked} changes, ${applied} applied and ${refused} refused`]),
    ...(changed === applied ? [] : [`${applied} changes were applied, and contracts has ${changed}`]),
  ];
}

type Seen = { escrow: readonly Fact[]; contracts: readonly Fact[]; told: readonly FundingTold[] };

const of =
  (...types: string[]) =>
  ({ type }: Fact): boolean =>
    types.includes(type);

/** The fact that each winner made, and by what of its answer it is known. */
const effects: Partial<Record<FundingRacer, (seen: Seen, body: Data) => readonly Fact[]>> = {
  fund: ({ escrow }, { fundingId }) => startedAs(escrow, fundingId),
  fund_changed: ({ escrow }, { fundingId }) =>
    startedAs(escrow, fundingId).filter(({ data }) => data.version === 2),
  pay: ({ escrow }, { fundingId }) => startedAs(escrow, fundingId),
  release: ({ escrow }, { transferId }) =>
    escrow.filter((fact) => of('escrow.milestone.released')(fact) && fact.data.transferId === transferId),
  accept: ({ contracts }) => contracts.filter(of('contracts.milestone.terms_proposed')),
  withdraw: ({ contracts }) => lapsedFor(contracts, 'withdrawn'),
  decline: ({ contracts }) => lapsedFor(contracts, 'declined'),
  propose: ({ contracts }, { amendmentId }) =>
    contracts.filter(
      (fact) => of('contracts.amendment.proposed')(fact) && fact.data.amendmentId === amendmentId,
    ),
  ends: ({ contracts }) => contracts.filter(of('contracts.contract.end_requested')),
};

const startedAs = (escrow: readonly Fact[], fundingId: string): Fact[] =>
  escrow.filter((fact) => of('escrow.funding.started')(fact) && fact.data.fundingId === fundingId);
const lapsedFor = (contracts: readonly Fact[], reason: string): Fact[] =>
  contracts.filter((fact) => of('contracts.amendment.lapsed')(fact) && fact.data.reason === reason);

const isCharged = ({ escrow }: Seen): boolean => escrow.some(of('escrow.funding.started'));
const isFunded = ({ escrow }: Seen): boolean => escrow.some(of('escrow.milestone.funded'));
const isDeleted = ({ escrow }: Seen): boolean =>
  escrow.some((fact) => of('escrow.milestone.terms_applied')(fact) && fact.data.deleted);
const isEnded = ({ contracts }: Seen): boolean => contracts.some(of('contracts.contract.end_requested'));

/** What must have happened for a refusal to be true. */
const reasons: Record<string, (seen: Seen, racer: FundingRacer) => boolean> = {
  'milestone.funding_pending': isCharged,
  'milestone.already_funded': isFunded,
  'milestone.cancelled': isDeleted,
  'milestone.funded': isCharged,
  // Before it is applied the new version is not there, and after it the old one is gone.
  'terms.version_outdated': ({ escrow }, racer) =>
    racer === 'fund_changed' || escrow.some(of('escrow.milestone.terms_applied')),
  'agreement.not_active': isEnded,
  'agreement.closing': isEnded,
  'agreement.ended': isEnded,
  'amendment.open': (_, racer) => racer === 'propose',
  'amendment.not_open': ({ contracts }) =>
    contracts.some(of('contracts.amendment.lapsed', 'contracts.milestone.terms_proposed')),
  'milestones.order_incomplete': (seen) => isCharged(seen) || isDeleted(seen),
  'milestone.not_funded': (_, racer) => racer === 'release',
  'milestone.released': ({ escrow }) => escrow.some(of('escrow.milestone.released')),
  'milestone.settled': ({ escrow }) => escrow.some(of('escrow.refund.decided')),
};

function untrue({ racer, status, body }: FundingTold, seen: Seen): string[] {
  if (racer === 'payer') return [];
  if (status < 300) {
    const made = effects[racer]?.(seen, body).length ?? 1;
    return made === 1 ? [] : [`${racer} was acknowledged and has ${made} effects`];
  }
  if (status !== 409) return [`${racer} was answered ${status} ${body?.code}`];
  return reasons[body.code]?.(seen, racer)
    ? []
    : [`${racer} was refused by ${body.code}, and nothing says so`];
}

const minor = ({ amountMinor }: { amountMinor: string }): bigint => BigInt(amountMinor);
