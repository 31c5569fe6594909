import { plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import fc from 'fast-check';
import { event } from '../../escrow.ts';
import { endOfDate, isAskedOf, loserOf, type Person } from '../dormancy.ts';
import type { Mirror } from '../mirror.ts';
import { day } from '../state.ts';
import { Act, dateOf } from './act.ts';

/** Contracts tells of an act, perhaps late, which may bring another due date, or take one away (E-20). */
export const activity = fc
  .tuple(fc.constantFrom(0, 0, 1, 8), fc.nat(8), fc.option(fc.nat(40)), fc.nat(3))
  .map(
    ([late, at, ahead, chance]) =>
      new Act(`activity(${late}, ${at}, ${ahead}, ${chance})`, (model, mirror) => {
        const index = at % model.milestones.length;
        let told: Date;
        return {
          theirs: () => {
            const endsAt = ahead === null ? undefined : endOfDate(model.now + ahead * day);
            model.note(model.now - late * day, chance === 0 ? { index, endsAt } : undefined);
          },
          ours: async (message) => {
            told ??= mirror.escrow.now();
            const date = ahead === null ? null : dateOf(plusDays(told, ahead));
            const due = { milestoneId: mirror.milestoneId(index), date };
            const { agreementId } = mirror.agreed;
            await mirror.dormancies.act(
              agreementId,
              plusDays(told, -late),
              chance === 0 ? due : undefined,
              message,
            );
          },
        };
      }),
  );

/** Mostly both, and to the one who would lose by silence; few come back (C-8). */
export const notices = fc.tuple(fc.constantFrom(1, 2, 2), fc.nat(9), fc.nat(9)).map(
  ([times, other, bounced]) =>
    new Act(`notices(${times}, ${other}, ${bounced})`, (model, mirror) => {
      if (!isAskedOf(model.dormancy)) return undefined;
      const loser = loserOf(model.dormancy);
      const person = other > 0 ? loser : loser === 'client' ? 'freelancer' : 'client';
      const isProven = bounced > 0;
      const noticeIds = Array.from({ length: times }, () => newId());
      return {
        isKeyless: true,
        theirs: () => noticeIds.forEach(() => void model.notice(person, isProven)),
        ours: () => tell(mirror, person, noticeIds, isProven),
      };
    }),
);

/** Each once more under another key: it is the same notice. */
export async function tell(
  mirror: Mirror,
  person: Person,
  noticeIds: readonly string[],
  isProven = true,
): Promise<void> {
  const { agreementId, clientId, freelancerId } = mirror.agreed;
  const accountId = person === 'client' ? clientId : freelancerId;
  const outcome = isProven ? 'sent' : 'bounced';
  const at = mirror.escrow.now();
  for (const noticeId of noticeIds) {
    for (const message of [event(), event()]) {
      await mirror.dormancies.notice(agreementId, accountId, at, outcome, { message, noticeId });
    }
  }
}

export const requestRelease = fc.nat(29).map(
  (chance) =>
    new Act(`requestRelease(${chance})`, (model, mirror) => {
      if (model.dormancy.status !== 'freelancer_asked' && chance > 0) return undefined;
      return {
        theirs: () => model.requestRelease(),
        ours: (message) => mirror.dormancies.requestRelease(mirror.agreed, message),
      };
    }),
);

export const refuseRelease = fc.nat(29).map(
  (chance) =>
    new Act(`refuseRelease(${chance})`, (model, mirror) => {
      if (model.dormancy.status !== 'release_requested' && chance > 0) return undefined;
      return {
        theirs: () => model.refuseRelease(),
        ours: (message) => mirror.dormancies.refuseRelease(mirror.agreed, message),
      };
    }),
);
