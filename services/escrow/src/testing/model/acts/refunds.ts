import fc from 'fast-check';
import { Disputes } from '../../chargebacks.ts';
import { Act, nthOf } from './act.ts';

export const refund = fc.tuple(fc.nat(8), fc.nat(9)).map(
  ([at, chance]) =>
    new Act(`refund(${at}, ${chance})`, (model, mirror) => {
      // What is kept back was proven not to be with the provider.
      const open = model.refunds.flatMap(({ status, call }, index) =>
        status === 'refunding' && call !== 'kept' ? [index] : [],
      );
      const index = nthOf(open, at);
      if (index === undefined) return undefined;
      const word = chance > 3 ? 'succeeded' : chance > 1 ? 'failed' : 'pending';
      return {
        isKeyless: true,
        theirs: () => (word === 'pending' ? model.sent(index) : model.refunded(index, word === 'succeeded')),
        ours: async () => {
          const id = (await mirror.idsIn('refunds'))[index]!;
          await mirror.escrow.seeRefund(id, word);
        },
      };
    }),
);

/** What had arrived comes back from the client's bank (E-23). */
export const comeBack = fc.nat(8).map(
  (at) =>
    new Act(`comeBack(${at})`, (model, mirror) => {
      const index = nthOf(
        model.refunds.flatMap(({ status }, each) => (status === 'refunded' ? [each] : [])),
        at,
      );
      if (index === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => model.comeBack(index),
        ours: async () => {
          const id = (await mirror.idsIn('refunds'))[index]!;
          await mirror.escrow.seeRefund(id, 'failed');
        },
      };
    }),
);

/** What failed is proposed by one person to be sent again, and decided by another (E-23, S-11). */
export const sendAgain = fc.tuple(fc.nat(8), fc.nat(9)).map(
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

/** Payouts' word on it, once; a second one is refused. */
export const answerDraw = fc.tuple(fc.nat(8), fc.nat(9)).map(
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

/** Three queries in ten minutes find nothing of a call that was in doubt (F7). */
export const findNothing = fc.nat(8).map(
  (at) =>
    new Act(`findNothing(${at})`, (model, mirror) => {
      const meant = model.refunds.flatMap(({ status, call }, index) =>
        status === 'refunding' && call === 'doubt' ? [index] : [],
      );
      const index = nthOf(meant, at);
      if (index === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => model.findNothing(index),
        ours: async () => {
          const id = (await mirror.idsIn('refunds'))[index]!;
          await new Disputes(mirror.escrow.database).findsNothing(id);
        },
      };
    }),
);
