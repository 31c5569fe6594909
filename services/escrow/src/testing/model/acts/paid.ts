import fc from 'fast-check';
import { ReverseRefund, ReverseRefundHandler } from '../../../commands/reverse-refund.ts';
import { http } from '../../escrow.ts';
import type { Mirror } from '../mirror.ts';
import type { Reference } from '../reference.ts';
import { day, nameOf, type Paid } from '../state.ts';
import { Act, nthOf, type Pick, part, partOf, pick } from './act.ts';

/** Paid money of a milestone or a bonus, and how much of what is kept of it. */
function meantOf(
  model: Readonly<Reference>,
  { at, wild }: Pick,
  thousandths: number | undefined,
): { of: Paid; amount: bigint | undefined } | undefined {
  const all: Paid[] = model.milestones.map((_, milestone) => ({ milestone }));
  const of = nthOf(wild ? all : model.payments.map((payment) => payment.of), at);
  if (of === undefined) return undefined;
  const own = model.payments.filter((payment) => nameOf(payment.of) === nameOf(of));
  const kept = own.reduce((sum, { gross, back }) => sum + gross - back, 0n);
  return { of, amount: partOf(kept, thousandths) };
}

async function idOf(mirror: Mirror, of: Paid) {
  if (!('bonus' in of)) return { milestoneId: mirror.milestoneId(of.milestone) };
  const fundingId = (await mirror.idsIn('fundings'))[of.bonus];
  const [row] = await mirror.escrow.rows('select id from bonuses where funding_id = $1', [fundingId]);
  return { bonusId: String(row!.id) };
}

/** The freelancer gives paid money back (E-18). */
export const draw = fc.tuple(pick, part).map(
  ([which, thousandths]) =>
    new Act(`draw(${JSON.stringify(which)}, ${thousandths})`, (model, mirror) => {
      const meant = meantOf(model, which, thousandths);
      if (!meant) return undefined;
      const { of, amount } = meant;
      const number = model.draws.length;
      const ask = async (message: ReturnType<typeof http>, minor: bigint | undefined) => {
        const { freelancerId } = mirror.agreed;
        const { milestoneId, bonusId } = await idOf(mirror, of);
        return milestoneId
          ? mirror.draws.ask(freelancerId, milestoneId, minor, message)
          : mirror.draws.askOfBonus(freelancerId, bonusId!, minor, message);
      };
      return {
        theirs: () => model.draw(of, amount),
        ours: async (message) => {
          const answer = await ask(message, amount);
          mirror.taken.push(`draw:${'bonus' in of ? 'bonus' : 'milestone'} accepted`);
          mirror.asked[number] = answer;
          return answer;
        },
        other: (message) => ask(message, (amount ?? 0n) + 1n),
      };
    }),
);

/** After the freelancer's time; one person may give so much (S-11). */
export const drawBySupport = fc.tuple(pick, part).map(
  ([which, thousandths]) =>
    new Act(`drawBySupport(${JSON.stringify(which)}, ${thousandths})`, (model, mirror) => {
      const meant = meantOf(model, { ...which, wild: false }, thousandths);
      // Mostly too early: meant for what the freelancer can no longer give, and now and then for anything.
      const isOld = model.payments.some(
        ({ of, at }) => meant && nameOf(of) === nameOf(meant.of) && model.now >= at + 180 * day,
      );
      if (!meant || (!isOld && !which.wild)) return undefined;
      const { of, amount } = meant;
      const number = model.draws.length;
      return {
        theirs: () => model.drawBySupport(of, amount),
        ours: async (message) => {
          const paid = await idOf(mirror, of);
          const answer = await mirror.draws.bySupport(
            'operator-1',
            paid as { milestoneId: string },
            amount,
            message,
          );
          if (answer.status === 'drawing') mirror.asked[number] = answer;
          return answer;
        },
      };
    }),
);

/** The client asks for paid money (E-18). */
export const ask = fc.tuple(pick, part).map(
  ([which, thousandths]) =>
    new Act(`askPaid(${JSON.stringify(which)}, ${thousandths})`, (model, mirror) => {
      const meant = meantOf(model, which, thousandths);
      if (!meant) return undefined;
      const { of, amount } = meant;
      return {
        theirs: () => model.ask(of, amount),
        ours: async (message) => {
          const paid = await idOf(mirror, of);
          return mirror.draws.request(
            mirror.agreed.clientId,
            paid as { milestoneId: string },
            amount,
            message,
          );
        },
      };
    }),
);

export const decline = pick.map(
  ({ at, wild }) =>
    new Act(`declinePaid(${at}, ${wild})`, (model, mirror) => {
      const number = nthOf(
        model.paidRequests.flatMap(({ status }, index) => (wild || status === 'open' ? [index] : [])),
        at,
      );
      if (number === undefined) return undefined;
      return {
        theirs: () => model.declinePaid(number),
        ours: async (message) => {
          const id = (await mirror.idsIn('paid_refund_requests'))[number]!;
          return mirror.draws.decline(mirror.agreed.freelancerId, id, message);
        },
      };
    }),
);

/** What reached the client by no method is given up, by two persons (E-25). */
export const reverse = fc.tuple(pick).map(
  ([{ at, wild }]) =>
    new Act(`reverse(${at}, ${wild})`, (model, mirror) => {
      const number = nthOf(
        model.refunds.flatMap(({ status, drawn }, index) =>
          status === 'refund_failed' && drawn && model.now >= drawn.at + (wild ? 0 : 30) * day ? [index] : [],
        ),
        at,
      );
      if (number === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => model.reverse(number),
        ours: async () => {
          const refundId = (await mirror.idsIn('refunds'))[number]!;
          for (const by of ['operator-1', 'operator-2']) {
            const command = new ReverseRefund({
              message: http(),
              refundId,
              by,
              reason: 'Nobody is reached.',
            });
            await new ReverseRefundHandler(mirror.escrow.database.unitOfWork).execute(command);
          }
        },
      };
    }),
);
