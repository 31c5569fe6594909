import { type MessageRef, newId } from '@holdfast/messaging';
import fc from 'fast-check';
import type { Reference } from '../reference.ts';
import { Act, among, held, nthOf, part, partOf, pick } from './act.ts';
import { milestonesMax } from './charges.ts';

export const submit = pick.map(
  (which) =>
    new Act(`submit(${JSON.stringify(which)})`, (model, mirror) => {
      const index = among(model, which, ['funded', 'changes_requested']);
      if (index === undefined) return undefined;
      const submissionId = newId();
      let submittedAt: Date;
      return {
        theirs: () => model.submit(index),
        ours: async (message) => {
          if (!mirror.submissionIds.includes(submissionId)) mirror.submissionIds.push(submissionId);
          submittedAt ??= mirror.escrow.now();
          await mirror.escrow.submit(mirror.milestoneId(index), submissionId, { submittedAt, message });
          await mirror.dormancies.act(mirror.agreed.agreementId, submittedAt, undefined, message);
        },
      };
    }),
);

/** The submission that is judged: the current one, or any that was ever sent (E-6). */
const judged = (model: Readonly<Reference>, index: number, older: number): number => {
  const current = model.milestones[index]!.submission;
  return older < 8 && current !== undefined ? current : older % Math.max(1, model.submissions);
};

export const requestChanges = fc.tuple(pick, fc.nat(9)).map(
  ([which, older]) =>
    new Act(`requestChanges(${JSON.stringify(which)}, ${older})`, (model, mirror) => {
      const index = among(model, which, ['submitted']);
      if (index === undefined) return undefined;
      const submission = judged(model, index, older);
      const unknownId = newId();
      return {
        theirs: () => model.requestChanges(index, submission),
        ours: (message) => {
          const submissionId = mirror.submissionIds[submission] ?? unknownId;
          return mirror.escrow.requestChanges(
            mirror.agreed.clientId,
            mirror.milestoneId(index),
            submissionId,
            { message },
          );
        },
      };
    }),
);

const tip = fc.option(fc.bigInt(90n, 3_000n), { nil: undefined, freq: 8 });
export const release = fc.tuple(pick, part, fc.boolean(), fc.nat(9), tip).map(
  ([which, thousandths, isJudged, older, extra]) =>
    new Act(
      `release(${JSON.stringify(which)}, ${thousandths}, ${isJudged}, ${older}, ${extra})`,
      (model, mirror) => {
        const index = among(model, which, held);
        if (index === undefined) return undefined;
        const milestone = model.milestones[index]!;
        const amountMinor = partOf(milestone.held, thousandths);
        const names = isJudged && milestone.status === 'submitted';
        const submission = names ? judged(model, index, older) : undefined;
        const pay = (message: MessageRef, more: { bonusMinor: bigint | undefined }): Promise<unknown> => {
          const submissionId = submission === undefined ? undefined : mirror.submissionIds[submission];
          const what = { amountMinor, submissionId, ...more, message };
          return mirror.escrow.release(mirror.agreed.clientId, mirror.milestoneId(index), what);
        };
        return {
          theirs: () => model.release(index, amountMinor, submission, extra),
          ours: (message) => pay(message, { bonusMinor: extra }),
          other: (message) => pay(message, { bonusMinor: (extra ?? 0n) + 1n }),
        };
      },
    ),
);

export const giveBack = pick.map(
  (which) =>
    new Act(`giveBack(${JSON.stringify(which)})`, (model, mirror) => {
      const index = among(model, which, held);
      if (index === undefined) return undefined;
      return {
        theirs: () => model.giveBack(index),
        ours: (message) =>
          mirror.escrow.giveBack(mirror.agreed.freelancerId, mirror.milestoneId(index), message),
        other: (message) => mirror.escrow.giveBack(mirror.agreed.freelancerId, newId(), message),
      };
    }),
);

/** What is paid of each milestone, in thousandths; now and then one is forgotten (E-13). */
const paidOfEach = fc.array(fc.integer({ min: 0, max: 1_010 }), {
  minLength: milestonesMax,
  maxLength: milestonesMax,
});
export const end = fc.tuple(paidOfEach, fc.nat(9)).map(
  ([paid, forgotten]) =>
    new Act(`end(${paid}, ${forgotten})`, (model, mirror) => {
      const live = model.milestones.flatMap((each, index) =>
        held.slice(0, 3).some((status) => status === each.status) ? [index] : [],
      );
      const named = live.filter((index) => index !== forgotten);
      const pays = new Map(
        named.map((index) => [index, partOf(model.milestones[index]!.held, paid[index])!]),
      );
      return {
        theirs: () => model.end(pays),
        ours: (message) => {
          const byId = Object.fromEntries([...pays].map(([index, pay]) => [mirror.milestoneId(index), pay]));
          return mirror.endings.end(mirror.agreed, byId, { message });
        },
        other: (message) => mirror.endings.end(mirror.agreed, { [newId()]: 1n }, { message }),
      };
    }),
);

export const freelancerEnds = fc.array(fc.nat(2), { maxLength: 2 }).map(
  (waived) =>
    new Act(`freelancerEnds(${waived})`, (model, mirror) => {
      let requestedAt: Date;
      return {
        theirs: () => model.freelancerEnds(waived),
        ours: (message) => {
          requestedAt ??= mirror.escrow.now();
          const waivedMilestoneIds = waived.map((index) => mirror.milestoneId(index));
          const more = { waivedMilestoneIds, message, requestedAt };
          return mirror.endings.requestEnd(mirror.agreed.agreementId, 'freelancer', more);
        },
      };
    }),
);

export const approve = fc.nat(3).map(
  (at) =>
    new Act(`approve(${at})`, (model, mirror) => {
      if (model.requests.length === 0) return undefined;
      const index = at % model.requests.length;
      return {
        theirs: () => model.approve(index),
        ours: async (message) => {
          const id = (await mirror.idsIn('refund_requests'))[index]!;
          return mirror.endings.approve(mirror.agreed.freelancerId, id, message);
        },
      };
    }),
);

/** The freelancer was told of a request's deadline, with proof (C-8). */
export const prove = fc.nat(3).map(
  (at) =>
    new Act(`prove(${at})`, (model, mirror) => {
      if (model.requests.length === 0) return undefined;
      const index = at % model.requests.length;
      const noticeId = newId();
      let provenAt: Date;
      return {
        theirs: () => model.prove(index),
        ours: async (message) => {
          const refundRequestId = (await mirror.idsIn('refund_requests'))[index]!;
          const told = { freelancerId: mirror.agreed.freelancerId, refundRequestId };
          provenAt ??= mirror.escrow.now();
          await mirror.endings.notice(told, provenAt, { message, noticeId });
        },
      };
    }),
);

/** Contracts places a safety hold on a party, or lifts one (S-5). */
export const hold = fc.boolean().map(
  (isClient) =>
    new Act(`hold(${isClient})`, (model, mirror) => {
      if (model.holds.filter(Boolean).length > 1) return undefined;
      const number = model.holds.length;
      const holdId = newId();
      let at: Date;
      return {
        theirs: () => model.hold(),
        ours: (message) => {
          const { clientId, freelancerId } = mirror.agreed;
          mirror.held[number] ??= { accountId: isClient ? clientId : freelancerId, holdId };
          at ??= mirror.escrow.now();
          return mirror.escrow.hold(mirror.held[number].accountId, { ...mirror.held[number], at, message });
        },
      };
    }),
);

export const lift = fc.nat(3).map(
  (at) =>
    new Act(`lift(${at})`, (model, mirror) => {
      const index = nthOf(
        model.holds.flatMap((stands, id) => (stands ? [id] : [])),
        at,
      );
      if (index === undefined) return undefined;
      let liftedAt: Date;
      return {
        theirs: () => model.lift(index),
        ours: (message) => {
          const { accountId, holdId } = mirror.held[index]!;
          liftedAt ??= mirror.escrow.now();
          return mirror.escrow.hold(accountId, { holdId, isStanding: false, at: liftedAt, message });
        },
      };
    }),
);

/** Contracts places a financial hold on the client, or lifts one: money that is held goes on (S-5). */
export const ban = fc.boolean().map(
  (isNew) =>
    new Act(`ban(${isNew})`, (model, mirror) => {
      const known = model.bans.lastIndexOf(true);
      const number = isNew ? model.bans.length : known;
      if (number < 0 || (isNew && known >= 0)) return undefined;
      const holdId = newId();
      let at: Date;
      return {
        theirs: () => {
          model.bans[number] = isNew;
        },
        ours: (message) => {
          mirror.banned[number] ??= holdId;
          at ??= mirror.escrow.now();
          const more = { kind: 'financial', isStanding: isNew, at, message } as const;
          return mirror.escrow.hold(mirror.agreed.clientId, { holdId: mirror.banned[number], ...more });
        },
      };
    }),
);
