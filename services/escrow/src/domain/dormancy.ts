import { isLate, later, type Money, plusDays, Rejection, usd } from '@holdfast/domain';
import type { EventOf, escrowEvents, PinnedSettings } from '@holdfast/events';
import { type HeldMilestone, type Milestone, movable } from './milestone.ts';
import { type DeadlineMoved, type DeadlineSuspended, type Proof, silenceFrom } from './refund-request.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type DormancyEvent = Extract<EscrowEvent, { type: `escrow.dormancy.${string}` }>;
type Cancelled = Extract<EscrowEvent, { type: 'escrow.dormancy.cancelled' }>;

/** Who is silent from here on: the freelancer loses the money to the client, or the client to the freelancer (E-20). */
export type ForfeitStep = 'freelancer_asked' | 'release_requested';

/**
 * How long nothing has happened under an agreement, and whose turn it is (E-20). A turn moves no money; a step does, by
 * the silence of the one who is asked, so that it may wait for the proof of a notice, or for an operator (C-8).
 */
export type Dormancy = Readonly<{
  /** The agreement's. */
  id: string;
  clientId: string;
  freelancerId: string;
  activityAt: Date;
  /** By milestone: the end of its due date. */
  dueDates: Readonly<Record<string, string>>;
}> &
  /** Nothing is held. */
  (
    | { status: 'idle' }
    | { status: 'watching' | 'announced' | 'client_asked'; turnAt: Date }
    | (Asked & { dueAt: Date; waits?: undefined })
    | (Asked & { dueAt?: undefined; waits: 'proof' | 'operator' })
  );

type Asked = Readonly<{
  status: ForfeitStep;
  since: Date;
  balance: Money;
  /** Of what is dormant: nothing that is funded later goes with it. */
  milestoneIds: readonly string[];
}>;
export type AskedDormancy = Extract<Dormancy, { status: ForfeitStep }>;

export type DormancySettings = Pick<PinnedSettings, 'dormant.days' | 'forfeit.notice_hours'>;

/** What becomes of it, and what is told; `silence`: the money of its milestones goes now. */
export type Turned = Readonly<{
  dormancy: Dormancy;
  events: readonly (DormancyEvent | DeadlineMoved | DeadlineSuspended)[];
  silence?: ForfeitStep;
}>;

/** 14 days: both are told two weeks before the days are over, and again one week before. */
const announcedDays = 14;
/** 7 days to answer, of the client first and of the freelancer then; 14 for the client whom the freelancer has asked. */
const answerDays = 7;
const releaseDays = 14;

/** The days begin with what happened last, and not before the last due date has passed. */
export function watch(
  known: Pick<Dormancy, 'id' | 'clientId' | 'freelancerId' | 'activityAt' | 'dueDates'>,
  settings: DormancySettings,
): Dormancy {
  const { id, clientId, freelancerId, activityAt, dueDates } = known;
  const last = Object.values(dueDates).reduce((end, date) => later(end, endOf(date)), activityAt);
  const turnAt = plusDays(last, settings['dormant.days'] - announcedDays);
  return { id, clientId, freelancerId, activityAt, dueDates, status: 'watching', turnAt };
}

const endOf = (date: string): Date => plusDays(new Date(`${date}T00:00:00.000Z`), 1);

export const isAsked = (dormancy: Dormancy): dormancy is AskedDormancy =>
  dormancy.status === 'freelancer_asked' || dormancy.status === 'release_requested';

/** Somebody acts: the days start again. What comes at the due instant or later does not stop the silence (M-16). */
export function touch(
  dormancy: Dormancy,
  { at, dueDates = dormancy.dueDates }: Readonly<{ at: Date; dueDates?: Dormancy['dueDates'] }>,
  settings: DormancySettings,
): Turned {
  if (isAsked(dormancy) && dormancy.dueAt && isLate(at, dormancy.dueAt)) {
    return { dormancy: { ...dormancy, dueDates }, events: [] };
  }
  const activityAt = later(dormancy.activityAt, at);
  return {
    dormancy: watch({ ...dormancy, activityAt, dueDates }, settings),
    events: cancelled(dormancy, 'activity'),
  };
}

const cancelled = ({ id: agreementId, status }: Dormancy, reason: Cancelled['reason']): Cancelled[] =>
  status === 'idle' || status === 'watching'
    ? []
    : [{ type: 'escrow.dormancy.cancelled', agreementId, reason }];

/** Money that nobody does anything about: no review or request of its own decides what becomes of it. */
const isDormant = (milestone: Milestone): milestone is HeldMilestone =>
  (milestone.status === 'funded' || milestone.status === 'changes_requested') &&
  movable(milestone).amountMinor > 0n;

const sumOf = (milestones: readonly HeldMilestone[]): Money =>
  usd(milestones.reduce((sum, milestone) => sum + movable(milestone).amountMinor, 0n));

/**
 * A turn is over: both are told that the days run out, the client is asked, then the freelancer.
 * @returns undefined where none is, or not yet to its end
 */
export function takeTurn(
  dormancy: Dormancy,
  milestones: readonly Milestone[],
  settings: DormancySettings,
  now: Date,
): Turned | undefined {
  if (!('turnAt' in dormancy) || !isLate(now, dormancy.turnAt)) return undefined;
  const dormant = milestones.filter(isDormant);
  if (dormant.length === 0) return settle(dormancy, milestones, settings, dormancy.turnAt);
  const balance = sumOf(dormant);
  const since = dormancy.turnAt;
  const days = dormancy.status === 'watching' ? announcedDays : answerDays;
  const dueAt = plusDays(since, days);
  const told = { agreementId: dormancy.id, balance, dueAt };
  switch (dormancy.status) {
    case 'watching':
      return {
        dormancy: { ...base(dormancy), status: 'announced', turnAt: dueAt },
        events: [{ type: 'escrow.dormancy.announced', ...told }],
      };
    case 'announced':
      return {
        dormancy: { ...base(dormancy), status: 'client_asked', turnAt: dueAt },
        events: [{ type: 'escrow.dormancy.started', step: 'client_asked', ...told }],
      };
    case 'client_asked': {
      const milestoneIds = dormant.map(({ id }) => id);
      const asked = { status: 'freelancer_asked', since, balance, milestoneIds, dueAt } as const;
      return {
        dormancy: { ...base(dormancy), ...asked },
        events: [{ type: 'escrow.dormancy.started', step: 'freelancer_asked', ...told }],
      };
    }
  }
}

/** Nothing is dormant any more: the days start again, where anything is held. */
export function settle(
  dormancy: Dormancy,
  milestones: readonly Milestone[],
  settings: DormancySettings,
  at: Date,
): Turned {
  const isHeld = milestones.some((milestone) => 'held' in milestone);
  const known = { ...base(dormancy), activityAt: later(dormancy.activityAt, at) };
  return {
    dormancy: isHeld ? watch(known, settings) : { ...known, status: 'idle' },
    events: cancelled(dormancy, 'settled'),
  };
}

/** The freelancer asks for the money, before silence gives it back. @throws Rejection dormancy.not_asked | dormancy.over */
export function requestRelease(dormancy: Dormancy, now: Date): Turned & { dueAt: Date } {
  assertTurn(dormancy, 'freelancer_asked', now);
  const { milestoneIds, balance } = dormancy;
  const dueAt = plusDays(now, releaseDays);
  const step = 'release_requested';
  return {
    dormancy: { ...base(dormancy), status: step, since: now, balance, milestoneIds, dueAt },
    events: [{ type: 'escrow.dormancy.release_requested', agreementId: dormancy.id, step, balance, dueAt }],
    dueAt,
  };
}

/** The client says no: the days start again (D-3). @throws Rejection dormancy.not_asked | dormancy.over */
export function refuseRelease(dormancy: Dormancy, settings: DormancySettings, now: Date): Turned {
  assertTurn(dormancy, 'release_requested', now);
  return {
    dormancy: watch({ ...dormancy, activityAt: now }, settings),
    events: cancelled(dormancy, 'refused'),
  };
}

function assertTurn(dormancy: Dormancy, step: ForfeitStep, now: Date): asserts dormancy is AskedDormancy {
  if (!isAsked(dormancy) || dormancy.status !== step) {
    throw new Rejection('dormancy.not_asked', { status: dormancy.status });
  }
  if (dormancy.dueAt && isLate(now, dormancy.dueAt)) throw new Rejection('dormancy.over');
}

/** Only the notices of this step to the one who would lose by silence count. */
export const loserOf = ({ status, clientId, freelancerId }: AskedDormancy): string =>
  status === 'freelancer_asked' ? freelancerId : clientId;

const from = (proofs: readonly Proof[], { since }: AskedDormancy): Proof[] =>
  proofs.filter(({ provenAt }) => provenAt >= since);

/**
 * A step is over. Silence is a forfeit: without two proven notices, the second of them early enough, nobody loses
 * anything by it (C-8).
 * @returns undefined where it does not run, or not yet to its end
 */
export function fallSilent(
  dormancy: Dormancy,
  proofs: readonly Proof[],
  settings: DormancySettings,
  now: Date,
): Turned | undefined {
  if (!isAsked(dormancy) || !dormancy.dueAt || !isLate(now, dormancy.dueAt)) return undefined;
  const provenFrom = silenceFrom(from(proofs, dormancy), settings);
  if (!provenFrom) return waiting(dormancy, 'proof', now);
  if (provenFrom > dormancy.dueAt) return moved(dormancy, provenFrom);
  return { dormancy, events: [], silence: dormancy.status };
}

/** One more notice is proven: a second one that came late moves the deadline (C-8). */
export function prove(dormancy: AskedDormancy, proofs: readonly Proof[], settings: DormancySettings): Turned {
  const provenFrom = silenceFrom(from(proofs, dormancy), settings);
  const waits = dormancy.waits === 'proof' || (dormancy.dueAt && provenFrom && provenFrom > dormancy.dueAt);
  return provenFrom && waits ? moved(dormancy, provenFrom) : { dormancy, events: [] };
}

/** The person could not be told: nothing happens by silence any more, an operator looks (C-8). */
export const stop = (dormancy: AskedDormancy, now: Date): Turned => waiting(dormancy, 'operator', now);

/** Told with the time left, once for each reason (M-20). */
function waiting(dormancy: AskedDormancy, waits: 'proof' | 'operator', now: Date): Turned {
  const { id, status, since, balance, milestoneIds, dueAt } = dormancy;
  const suspended: DeadlineSuspended = {
    type: 'escrow.deadline.suspended',
    agreementId: id,
    deadlineKind: 'dormancy.step',
    deadlineId: id,
    leftMs: dueAt ? Math.max(0, dueAt.getTime() - now.getTime()) : 0,
    reason: waits === 'proof' ? 'notice_not_proven' : 'notice_bounced',
  };
  return {
    dormancy: { ...base(dormancy), status, since, balance, milestoneIds, waits },
    events: dormancy.waits === waits ? [] : [suspended],
  };
}

function moved(dormancy: AskedDormancy, dueAt: Date): Turned {
  const { id, status, since, balance, milestoneIds } = dormancy;
  return {
    dormancy: { ...base(dormancy), status, since, balance, milestoneIds, dueAt },
    events: [
      {
        type: 'escrow.deadline.moved',
        agreementId: id,
        deadlineKind: 'dormancy.step',
        deadlineId: id,
        dueAt,
        reason: 'notice_not_proven',
      },
    ],
  };
}

/** What outlives a turn. */
const base = ({ id, clientId, freelancerId, activityAt, dueDates }: Dormancy) => ({
  id,
  clientId,
  freelancerId,
  activityAt,
  dueDates,
});
