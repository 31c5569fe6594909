import { plusDays } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import fc from 'fast-check';
import type { Mirror } from './mirror.ts';
import type { Reference } from './reference.ts';
import type { Deadline, Milestone } from './state.ts';

/** A step of a person, a provider or the clock, on both sides. */
export type Step = Readonly<{
  theirs: () => void;
  ours: (message: MessageRef) => Promise<unknown>;
  /** What has no key of its own cannot be repeated under it. */
  isKeyless?: true;
}>;

/** A command of the random sequences. `plan`: what it is to do as things stand; undefined where it means nothing. */
class Act implements fc.AsyncCommand<Reference, Mirror> {
  constructor(
    private readonly name: string,
    private readonly plan: (model: Reference, mirror: Mirror) => Step | undefined,
  ) {}

  check(model: Readonly<Reference>): boolean {
    return this.plan(model as Reference, undefined as never) !== undefined;
  }

  async run(model: Reference, mirror: Mirror): Promise<void> {
    const step = this.plan(model, mirror)!;
    await mirror.step(model, step, this.name.replace(/\(.*/, ''));
  }

  toString(): string {
    return this.name;
  }
}

/** Which of several: mostly one that can be meant, now and then any. */
type Pick = Readonly<{ at: number; wild: boolean }>;
const pick: fc.Arbitrary<Pick> = fc.record({
  at: fc.nat(8),
  wild: fc.nat(9).map((tenth) => tenth < 2),
});

/** Undefined where none can be meant: the command is left out then, and not refused for the hundredth time. */
function among(
  model: Readonly<Reference>,
  { at, wild }: Pick,
  statuses: readonly Milestone['status'][],
): number | undefined {
  const all = model.milestones.map((_, index) => index);
  const meant = all.filter((index) => statuses.includes(model.milestones[index]!.status));
  return nthOf(wild ? all : meant, at);
}

const held = ['funded', 'submitted', 'changes_requested', 'refund_pending'] as const;
/** Of what is held, in thousandths; above 1,000 it is too much. */
const part = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 1, max: 999 }),
  fc.constantFrom(0, 1, 500, 999, 1_000, 1_001, 1_050),
);
const partOf = (whole: bigint, thousandths: number | undefined): bigint | undefined =>
  thousandths === undefined ? undefined : (whole * BigInt(thousandths)) / 1_000n;
const nthOf = <T>(all: readonly T[], at: number): T | undefined => all[at % Math.max(1, all.length)];

const fund = fc.tuple(pick, fc.boolean(), fc.nat(9)).map(
  ([which, pays, outdated]) =>
    new Act(`${pays ? 'pay' : 'fund'}(${JSON.stringify(which)}, ${outdated})`, (model, mirror) => {
      const index = among(model, which, ['agreed']);
      if (index === undefined || (model.status !== 'active' && !which.wild)) return undefined;
      const version = model.milestones[index]!.version + (outdated === 0 ? 1 : 0);
      return {
        theirs: () => model.fund(index, version, pays),
        ours: (message) => {
          const { clientId } = mirror.agreed;
          const milestoneId = mirror.milestoneId(index);
          return pays
            ? mirror.escrow.pay(clientId, milestoneId, { version, message })
            : mirror.escrow.fund(clientId, milestoneId, { version, message });
        },
      };
    }),
);

/** The provider's word on a charge: most that wait succeed; one that was given up may still succeed late (E-26). */
const charge = fc.tuple(fc.nat(8), fc.nat(9)).map(
  ([at, chance]) =>
    new Act(`charge(${at}, ${chance})`, (model, mirror) => {
      const isLate = chance < 2;
      const all = model.charges.map((each, index) => ({ ...each, index }));
      const known = nthOf(
        all.filter(({ status }) => status === (isLate ? 'failed' : 'pending')),
        at,
      );
      if (!known) return undefined;
      const { index } = known;
      const declines = !isLate && chance < 4;
      return {
        isKeyless: true,
        theirs: () => (declines ? model.decline(index) : model.succeed(index)),
        ours: async () => {
          const fundingId = (await mirror.idsIn('fundings'))[index]!;
          await mirror.escrow.see(fundingId, 'requires_confirmation');
          if (declines) {
            await mirror.escrow.see(fundingId, 'requires_payment_method', { declineCode: 'do_not_honor' });
            await mirror.escrow.see(fundingId, 'canceled');
          } else await mirror.escrow.see(fundingId, 'succeeded');
        },
      };
    }),
);

const bonus = fc.oneof(fc.bigInt(90n, 5_000n), fc.constant(1_000_001n)).map(
  (amount) =>
    new Act(`bonus(${amount})`, (model, mirror) => ({
      theirs: () => model.bonus(amount),
      ours: (message) =>
        mirror.escrow.bonus(mirror.agreed.clientId, mirror.agreed.agreementId, amount, message),
    })),
);

const submit = pick.map(
  (which) =>
    new Act(`submit(${JSON.stringify(which)})`, (model, mirror) => {
      const index = among(model, which, ['funded', 'changes_requested']);
      if (index === undefined) return undefined;
      const submissionId = newId();
      let submittedAt: Date;
      return {
        theirs: () => model.submit(index),
        ours: (message) => {
          if (!mirror.submissionIds.includes(submissionId)) mirror.submissionIds.push(submissionId);
          submittedAt ??= mirror.escrow.now();
          return mirror.escrow.submit(mirror.milestoneId(index), submissionId, { submittedAt, message });
        },
      };
    }),
);

/** The submission that is judged: the current one, or any that was ever sent (E-6). */
const judged = (model: Readonly<Reference>, index: number, older: number): number => {
  const current = model.milestones[index]!.submission;
  return older < 8 && current !== undefined ? current : older % Math.max(1, model.submissions);
};

const requestChanges = fc.tuple(pick, fc.nat(9)).map(
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
const release = fc.tuple(pick, part, fc.boolean(), fc.nat(9), tip).map(
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
        return {
          theirs: () => model.release(index, amountMinor, submission, extra),
          ours: (message) => {
            const submissionId = submission === undefined ? undefined : mirror.submissionIds[submission];
            const what = { amountMinor, submissionId, bonusMinor: extra, message };
            return mirror.escrow.release(mirror.agreed.clientId, mirror.milestoneId(index), what);
          },
        };
      },
    ),
);

const giveBack = pick.map(
  (which) =>
    new Act(`giveBack(${JSON.stringify(which)})`, (model, mirror) => {
      const index = among(model, which, held);
      if (index === undefined) return undefined;
      return {
        theirs: () => model.giveBack(index),
        ours: (message) =>
          mirror.escrow.giveBack(mirror.agreed.freelancerId, mirror.milestoneId(index), message),
      };
    }),
);

const changeTerms = fc.tuple(pick, fc.bigInt(500n, 40_000n), fc.nat(4)).map(
  ([which, price, chance]) =>
    new Act(`changeTerms(${JSON.stringify(which)}, ${price}, ${chance})`, (model, mirror) => {
      const index = among(model, which, ['agreed']);
      if (index === undefined) return undefined;
      const [version, isDeleted] = [model.milestones[index]!.version + 1, chance === 0];
      return {
        theirs: () => model.changeTerms(index, price, isDeleted),
        ours: (message) => {
          const terms = { version, priceMinor: price, isDeleted, message };
          return mirror.escrow.changeTerms(mirror.milestoneId(index), terms);
        },
      };
    }),
);

const milestonesMax = 6;
const addMilestone = fc.bigInt(500n, 40_000n).map(
  (price) =>
    new Act(`addMilestone(${price})`, (model, mirror) => {
      const order = model.milestones.length + 1;
      if (order > milestonesMax || model.status !== 'active') return undefined;
      const milestoneId = newId();
      return {
        theirs: () => model.addMilestone(price),
        ours: (message) => {
          if (order > mirror.agreed.milestoneIds.length) mirror.agreed.milestoneIds.push(milestoneId);
          const terms = { order, priceMinor: price, message };
          return mirror.escrow.addMilestone(mirror.agreed.agreementId, milestoneId, terms);
        },
      };
    }),
);

/** What is paid of each milestone, in thousandths; now and then one is forgotten (E-13). */
const paidOfEach = fc.array(fc.integer({ min: 0, max: 1_010 }), {
  minLength: milestonesMax,
  maxLength: milestonesMax,
});
const end = fc.tuple(paidOfEach, fc.nat(9)).map(
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
      };
    }),
);

const freelancerEnds = fc.array(fc.nat(2), { maxLength: 2 }).map(
  (waived) =>
    new Act(`freelancerEnds(${waived})`, (model, mirror) => ({
      theirs: () => model.freelancerEnds(waived),
      ours: (message) => {
        const waivedMilestoneIds = waived.map((index) => mirror.milestoneId(index));
        return mirror.endings.requestEnd(mirror.agreed.agreementId, 'freelancer', {
          waivedMilestoneIds,
          message,
        });
      },
    })),
);

const approve = fc.nat(3).map(
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
const prove = fc.nat(3).map(
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

const refund = fc.tuple(fc.nat(8), fc.nat(9)).map(
  ([at, chance]) =>
    new Act(`refund(${at}, ${chance})`, (model, mirror) => {
      const open = model.refunds.flatMap(({ status }, index) => (status === 'refunding' ? [index] : []));
      const index = nthOf(open, at);
      if (index === undefined) return undefined;
      const isPaid = chance > 2;
      return {
        isKeyless: true,
        theirs: () => model.refunded(index, isPaid),
        ours: async () => {
          const id = (await mirror.idsIn('refunds'))[index]!;
          await mirror.escrow.seeRefund(id, isPaid ? 'succeeded' : 'failed');
        },
      };
    }),
);

/** Contracts places a safety hold on a party, or lifts one (S-5). */
const hold = fc.boolean().map(
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

const lift = fc.nat(3).map(
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

/** What failed is proposed by one person to be sent again, and decided by another (E-23, S-11). */
const sendAgain = fc.tuple(fc.nat(8), fc.nat(9)).map(
  ([at, chance]) =>
    new Act(`sendAgain(${at}, ${chance})`, (model, mirror) => {
      const meant = model.refunds.flatMap(({ status }, index) =>
        status === 'refund_failed' || chance === 0 ? [index] : [],
      );
      const index = nthOf(meant, at);
      if (index === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => model.sendAgain(index),
        ours: async () => {
          const id = (await mirror.idsIn('refunds'))[index]!;
          for (const person of ['operator-1', 'operator-2']) await mirror.retry(id, person);
        },
      };
    }),
);

/** The freelancer gives paid money back (E-18). */
const draw = fc.tuple(pick, part).map(
  ([{ at, wild }, thousandths]) =>
    new Act(`draw(${at}, ${wild}, ${thousandths})`, (model, mirror) => {
      const paid = model.payments.map(({ milestone }) => milestone);
      const index = nthOf(wild ? model.milestones.map((_, each) => each) : paid, at);
      if (index === undefined) return undefined;
      const own = model.payments.filter(({ milestone }) => milestone === index);
      const kept = own.reduce((sum, { gross, back }) => sum + gross - back, 0n);
      const amount = partOf(kept, thousandths);
      const number = model.draws.length;
      return {
        theirs: () => model.draw(index, amount),
        ours: async (message) => {
          const { freelancerId } = mirror.agreed;
          const answer = await mirror.draws.ask(freelancerId, mirror.milestoneId(index), amount, message);
          mirror.asked[number] = answer;
          return answer;
        },
      };
    }),
);

/** Payouts' word on it, once; a second one is refused. */
const answerDraw = fc.tuple(fc.nat(8), fc.nat(9)).map(
  ([at, chance]) =>
    new Act(`answerDraw(${at}, ${chance})`, (model, mirror) => {
      const meant = model.draws.flatMap(({ status }, index) =>
        status === 'asked' || chance === 0 ? [index] : [],
      );
      const index = nthOf(meant, at);
      if (index === undefined) return undefined;
      const isTaken = chance < 7;
      return {
        theirs: () => model.answerDraw(index, isTaken),
        ours: (message) => {
          const answer = mirror.asked[index]!;
          return isTaken
            ? mirror.draws.taken(mirror.agreed, answer, { message })
            : mirror.draws.refused(mirror.agreed, answer, { message });
        },
      };
    }),
);

/** Only the clock moves: what is due is not done yet, and whoever acts now acts late. Often to the next deadline. */
const pass = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 2 }).map(
  (days) =>
    new Act(`pass(${days ?? 'due'})`, (model, mirror) => {
      const passed = days ?? model.daysToDeadline();
      if (passed === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => {
          model.now += passed * 24 * 3_600_000;
        },
        ours: async () => mirror.escrow.pass(plusDays(mirror.escrow.now(), passed)),
      };
    }),
);

/** The sweep does what is due, in the order of the deadlines, each dated at its own (M-21). */
const sweep = fc.constant(
  new Act('sweep()', (model, mirror) => {
    const due = model.due();
    if (due.length === 0) return undefined;
    return {
      isKeyless: true,
      theirs: () => due.forEach((each) => void model.fallSilent(each)),
      ours: async () => {
        for (const each of due) await fire(mirror, each);
      },
    };
  }),
);

async function fire(mirror: Mirror, due: Deadline): Promise<void> {
  if ('review' in due) {
    const id = mirror.milestoneId(due.review);
    const [row] = await mirror.escrow.rows('select review_due_at from milestones where id = $1', [id]);
    // Null where the timer that fired before has ended it.
    if (row!.review_due_at) await mirror.escrow.silence(id, row!.review_due_at as Date);
    return;
  }
  const id = (await mirror.idsIn('refund_requests'))[due.request]!;
  const { due_at } = await mirror.endings.requestRow(id);
  if (due_at) await mirror.endings.silence(id, due_at as Date);
}

/** The last command once more, under the same key (M-8). */
class Again implements fc.AsyncCommand<Reference, Mirror> {
  check = (): boolean => true;
  run = (model: Reference, mirror: Mirror): Promise<void> => mirror.again(model);
  toString = (): string => 'again()';
}

/** In the sequences as often as the others, and mostly without effect. */
const rarely = (act: fc.Arbitrary<Act>, oneIn: number): fc.Arbitrary<Act> =>
  fc
    .tuple(act, fc.nat(oneIn - 1))
    .map(([each, chance]) => (chance === 0 ? each : new Act('-', () => undefined)));

/** Money comes more often than it goes, and contracts end late, so that there is something to go wrong. */
export const acts = (maxCommands: number) => {
  const often = [charge, charge, fund, submit, release, pass, sweep, sweep, refund];
  const more = [
    addMilestone,
    rarely(bonus, 3),
    requestChanges,
    rarely(giveBack, 2),
    rarely(changeTerms, 2),
    approve,
    prove,
  ];
  const asked = [prove, prove, draw, answerDraw, sendAgain, rarely(hold, 3), lift, lift];
  const last = [rarely(end, 6), rarely(freelancerEnds, 24), fc.constant(new Again())];
  return fc.commands([...often, ...often, ...more, ...asked, ...last], { maxCommands, size: 'max' });
};
