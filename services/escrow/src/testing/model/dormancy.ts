import { day } from './state.ts';

/** How long nothing has happened under the contract, and who is asked (E-20). */
export type Dormancy = {
  status: 'idle' | 'watching' | 'announced' | 'client_asked' | 'freelancer_asked' | 'release_requested';
  activityAt: number;
  /** By milestone: the end of its due date. */
  dueEnds: Map<number, number>;
  /** Of the next turn, or of the silence; undefined where nothing is held, or the step waits (C-8). */
  at?: number;
  waits?: 'proof' | 'operator';
  /** Since when somebody would lose by silence, and what. */
  since: number;
  milestones: number[];
  balance: bigint;
};

export type Person = 'client' | 'freelancer';

type Known = Pick<Dormancy, 'activityAt' | 'dueEnds'>;

/** Both are told two weeks before 90 days are over; they begin with the last act, or with the last due date. */
export const watched = ({ activityAt, dueEnds }: Known): Dormancy => ({
  ...{ activityAt, dueEnds, status: 'watching', since: 0, milestones: [], balance: 0n },
  at: Math.max(activityAt, ...dueEnds.values()) + 76 * day,
});

export const isAskedOf = ({ status }: Dormancy): boolean =>
  status === 'freelancer_asked' || status === 'release_requested';

/** Whoever is silent loses: the freelancer first, or the client whom the freelancer has asked. */
export const loserOf = ({ status }: Dormancy): Person =>
  status === 'release_requested' ? 'client' : 'freelancer';

/** A sequence begins at noon, so that a date ends in the middle of its days. */
export const endOfDate = (at: number): number => (Math.floor(at / day) + 0.5) * day;
