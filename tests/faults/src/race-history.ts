import type { PublishedFact } from './topics.ts';

/** What races for the money of one milestone. */
export const racers = [
  'approve',
  'part',
  'changes',
  'give_back',
  'client_ends',
  'freelancer_ends',
  'refund',
  'chargeback',
] as const;
export type Racer = (typeof racers)[number];

/** What a racer was told; a chargeback is told nothing, since it comes from the client's bank. */
export interface Told {
  racer: Racer;
  /** Business time. */
  at: Date;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of other programs; each racer knows its form.
  body: any;
}

/** One race: the facts of one agreement in the order of its partition, and all answers. */
export interface Race {
  pricedMinor: bigint;
  dueAt: Date;
  facts: readonly PublishedFact[];
  told: readonly Told[];
}

// biome-ignore lint/suspicious/noExplicitAny: of events the catalogue's schemas were checked before they were published.
type Data = any;
type Fact = Readonly<{ type: string; data: Data }>;

/** Where the money is after some facts, by the rules and not by escrow's code. */
interface Standing {
  heldMinor: bigint;
  releasedMinor: bigint;
  backMinor: bigint;
  /** By what froze it; since when counts against a review that ends (M-16). */
  frozen: Map<string, { amount: bigint; since: Date }>;
  /** Of the review, while it runs. */
  dueAt: Date | undefined;
  askedBack: boolean;
}

/**
 * What is wrong with a race: a step that no rule allows, money that came from nowhere or went there, a winner without
 * its effect, an effect without its winner, a loser who was told nothing, or something untrue (F56, F63).
 * @returns one line each, none where there is exactly one legal history; and what is held at its end
 */
export function judge(race: Race): { wrongs: string[]; heldMinor: bigint } {
  const facts = race.facts.map(({ type, value }): Fact => ({ type, data: JSON.parse(value) }));
  const standing = openingOf(race);
  const steps = facts.flatMap((fact) => {
    const wrongs = step(standing, fact);
    const { heldMinor, releasedMinor, backMinor } = standing;
    if (heldMinor < 0n || heldMinor + releasedMinor + backMinor !== race.pricedMinor)
      wrongs.push(`leaves ${heldMinor}`);
    return wrongs.map((what) => `${fact.type} ${what}`);
  });
  const wrongs = [...steps, ...wrongWinners(race.told, facts), ...untrueRefusals(race, facts)];
  return { wrongs, heldMinor: standing.heldMinor };
}

const openingOf = ({ pricedMinor, dueAt }: Race): Standing => ({
  heldMinor: pricedMinor,
  releasedMinor: 0n,
  backMinor: 0n,
  frozen: new Map(),
  dueAt,
  askedBack: false,
});

/** Takes one step; what no rule allows is returned. */
function step(standing: Standing, { type, data }: Fact): string[] {
  switch (type) {
    case 'escrow.milestone.released':
      return release(standing, data);
    case 'escrow.refund.decided':
      // Another attempt, or money that was released before: nothing leaves escrow.
      if (data.balance === undefined || data.attempt > 1) return [];
      return leave(standing, {
        amount: minor(data.principal),
        balance: minor(data.balance),
        to: 'backMinor',
      });
    case 'escrow.milestone.charged_back': {
      standing.frozen.delete(data.chargebackId);
      return leave(standing, {
        amount: minor(data.amount),
        balance: minor(data.balance),
        to: 'backMinor',
      });
    }
    case 'escrow.milestone.frozen': {
      standing.frozen.set(data.causeId, { amount: minor(data.amount), since: new Date(data.frozenAt) });
      return minor(data.amount) > standing.heldMinor ? ['freezes more than is held'] : [];
    }
    case 'escrow.milestone.unfrozen':
      return standing.frozen.delete(data.causeId) ? [] : ['ends a freeze that there is not'];
    case 'escrow.review.suspended':
      standing.dueAt = undefined;
      return [];
    case 'escrow.review.resumed':
      standing.dueAt = new Date(data.dueAt);
      return [];
    case 'escrow.milestone.changes_requested':
      // While it stands still it can be answered too.
      standing.dueAt = undefined;
      return standing.heldMinor > 0n ? [] : ['stops a review that is over'];
    case 'escrow.refund.requested': {
      const wrong = standing.heldMinor === 0n || standing.askedBack ? ['asks for nothing'] : [];
      Object.assign(standing, { askedBack: true, dueAt: undefined });
      return wrong;
    }
    default:
      return [];
  }
}

function release(standing: Standing, data: Data): string[] {
  const wrong: string[] = [];
  const [gross, balance] = [minor(data.gross), minor(data.balance)];
  const { dueAt, askedBack } = standing;
  // By silence only at the very instant at which the review ends (E-5, M-21).
  if (data.cause === 'auto' && dueAt?.getTime() !== new Date(data.releasedAt).getTime())
    wrong.push(`by silence at ${data.releasedAt}, where the review ends at ${dueAt?.toISOString()}`);
  if (data.cause !== 'partial' && data.cause !== 'end_paid' && balance !== 0n) wrong.push('is not whole');
  if (data.cause === 'partial' && (balance === 0n || askedBack)) wrong.push('is no part');
  standing.dueAt = undefined;
  // What froze it only at the due instant, or later, is too late (M-16).
  const before = data.cause === 'auto' ? dueAt : undefined;
  return [...wrong, ...leave(standing, { amount: gross, balance, to: 'releasedMinor', before })];
}

function leave(
  standing: Standing,
  {
    amount,
    balance,
    to,
    before,
  }: { amount: bigint; balance: bigint; to: 'releasedMinor' | 'backMinor'; before?: Date },
): string[] {
  const frozen = [...standing.frozen.values()]
    .filter(({ since }) => !before || since < before)
    .reduce((sum, each) => sum + each.amount, 0n);
  const wrong = amount > standing.heldMinor - frozen ? [`moves ${amount}, of which ${frozen} is frozen`] : [];
  if (standing.heldMinor - amount !== balance) wrong.push(`says that ${balance} is left`);
  standing.heldMinor -= amount;
  standing[to] += amount;
  return wrong;
}

/** The fact that each winner made, and by what of its answer it is known. */
const effects: Partial<Record<Racer, (fact: Fact, body: Data) => boolean>> = {
  approve: ({ type, data }, body) =>
    type === 'escrow.milestone.released' && data.transferId === body.transferId && data.cause === 'approval',
  part: ({ type, data }, body) =>
    type === 'escrow.milestone.released' && data.transferId === body.transferId && data.cause !== 'auto',
  changes: ({ type }) => type === 'escrow.milestone.changes_requested',
  give_back: ({ type, data }, body) =>
    type === 'escrow.refund.decided' &&
    data.cause === 'consent' &&
    data.attempt === 1 &&
    data.principal.amountMinor === body.principal.amountMinor,
  client_ends: ({ type, data }, body) =>
    body.refundRequest
      ? type === 'escrow.refund.requested' && data.refundRequestId === body.refundRequest.refundRequestId
      : type === 'escrow.milestone.released' && data.transferId === body.released[0]?.transferId,
  refund: ({ type, data }, body) =>
    type === 'escrow.refund.drawn_on_balance' && data.transferId === body.transferId,
};

/** Facts that only a winner can have made. */
const asked: Partial<Record<Racer, (fact: Fact) => boolean>> = {
  changes: ({ type }) => type === 'escrow.milestone.changes_requested',
  // Without a milestone it is the initiation fee, which follows when nothing was ever released (P-6).
  give_back: ({ type, data }) =>
    type === 'escrow.refund.decided' && data.cause === 'consent' && data.attempt === 1 && !!data.milestoneId,
  client_ends: ({ type }) => type === 'escrow.refund.requested',
};

function wrongWinners(told: readonly Told[], facts: readonly Fact[]): string[] {
  const won = told.filter(({ status }) => status < 300);
  const wrong = won.flatMap(({ racer, body }) => {
    const effect = effects[racer];
    if (!effect) return [];
    const made = facts.filter((fact) => effect(fact, body)).length;
    return made === 1 ? [] : [`${racer} was acknowledged and has ${made} effects`];
  });
  for (const [racer, isOwn] of Object.entries(asked)) {
    const made = facts.filter(isOwn).length;
    const wins = won.filter((each) => each.racer === racer).length;
    if (made > wins) wrong.push(`${racer} has ${made} effects and ${wins} acknowledgements`);
  }
  const transfers = facts.filter(
    ({ type, data }) => type === 'escrow.milestone.released' && data.cause !== 'auto',
  );
  const payers = won.filter(
    ({ racer, body }) => racer === 'approve' || racer === 'part' || body.released?.length > 0,
  );
  if (transfers.length > payers.length)
    wrong.push(`${transfers.length} releases for ${payers.length} acknowledgements`);
  return wrong;
}

const isRelease = ({ type }: Fact): boolean => type === 'escrow.milestone.released';
const isWhole = (fact: Fact): boolean => isRelease(fact) && minor(fact.data.balance) === 0n;
const isReturn = ({ type, data }: Fact): boolean =>
  (type === 'escrow.refund.decided' && data.balance !== undefined) ||
  type === 'escrow.milestone.charged_back';
const of =
  (...types: string[]) =>
  ({ type }: Fact): boolean =>
    types.includes(type);

/** What must have happened for a refusal to be true. */
const reasons: Record<string, (fact: Fact) => boolean> = {
  'milestone.released': isWhole,
  'milestone.settled': isReturn,
  'milestone.refund_pending': of('escrow.refund.requested'),
  'milestone.frozen': of('escrow.milestone.frozen'),
  'release.exceeds_held': (fact) => isRelease(fact) || isReturn(fact),
  'submission.outdated': (fact) =>
    isRelease(fact) || of('escrow.milestone.changes_requested', 'escrow.refund.requested')(fact),
  'end.milestones_differ': (fact) => isWhole(fact) || isReturn(fact),
  'agreement.closing': of(
    'escrow.refund.requested',
    'escrow.contract.clearing_refused',
    'escrow.refund.decided',
  ),
  'agreement.ended': of('escrow.contract.cleared'),
  'waiver.not_under_review': (fact) => isRelease(fact) || of('escrow.milestone.changes_requested')(fact),
  'refund.charge_disputed': of('escrow.chargeback.received', 'escrow.chargeback.warned'),
};

function untrueRefusals({ told, dueAt }: Race, facts: readonly Fact[]): string[] {
  return told
    .filter(({ status }) => status >= 300)
    .flatMap(({ racer, at, status, body }) => {
      if (status !== 409) return [`${racer} was answered ${status} ${body?.code}`];
      // Before anything is paid, and at the due instant, the state alone says so.
      if (body.code === 'refund.exceeds_paid' && racer === 'refund') return [];
      if (body.code === 'review.over' && racer === 'changes' && at >= dueAt) return [];
      if (body.code === 'waiver.review_over' && at >= dueAt) return [];
      const reason = reasons[body.code];
      if (!reason) return [`${racer} was refused by ${body.code}, which no one else gives a reason for`];
      return facts.some(reason) ? [] : [`${racer} was refused by ${body.code}, and nothing says so`];
    });
}

const minor = ({ amountMinor }: { amountMinor: string }): bigint => BigInt(amountMinor);
