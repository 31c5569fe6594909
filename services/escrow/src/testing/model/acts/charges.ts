import { plusDays } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import fc from 'fast-check';
import { Act, among, dateOf, nthOf, pick } from './act.ts';

export const fund = fc.tuple(pick, fc.boolean(), fc.nat(9)).map(
  ([which, pays, outdated]) =>
    new Act(`${pays ? 'pay' : 'fund'}(${JSON.stringify(which)}, ${outdated})`, (model, mirror) => {
      const index = among(model, which, ['agreed']);
      if (index === undefined || (model.status !== 'active' && !which.wild)) return undefined;
      const known = model.milestones[index]!.version + (outdated === 0 ? 1 : 0);
      const begin = (message: MessageRef, version: number): Promise<unknown> => {
        const { clientId } = mirror.agreed;
        const milestoneId = mirror.milestoneId(index);
        return pays
          ? mirror.escrow.pay(clientId, milestoneId, { version, message })
          : mirror.escrow.fund(clientId, milestoneId, { version, message });
      };
      return {
        theirs: () => model.fund(index, known, pays),
        ours: (message) => begin(message, known),
        other: (message) => begin(message, known + 1),
      };
    }),
);

/** The provider's word on a charge: most that wait succeed; one that was given up may still succeed late (E-26). */
export const charge = fc.tuple(fc.nat(8), fc.nat(9)).map(
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

export const bonus = fc.oneof(fc.bigInt(90n, 5_000n), fc.constant(1_000_001n)).map(
  (amount) =>
    new Act(`bonus(${amount})`, (model, mirror) => ({
      theirs: () => model.bonus(amount),
      ours: (message) =>
        mirror.escrow.bonus(mirror.agreed.clientId, mirror.agreed.agreementId, amount, message),
      other: (message) =>
        mirror.escrow.bonus(mirror.agreed.clientId, mirror.agreed.agreementId, amount + 1n, message),
    })),
);

export const changeTerms = fc.tuple(pick, fc.bigInt(500n, 40_000n), fc.nat(4)).map(
  ([which, price, chance]) =>
    new Act(`changeTerms(${JSON.stringify(which)}, ${price}, ${chance})`, (model, mirror) => {
      const index = among(model, which, ['agreed']);
      if (index === undefined) return undefined;
      const [version, isDeleted] = [model.milestones[index]!.version + 1, chance === 0];
      let at: Date;
      return {
        theirs: () => model.changeTerms(index, price, isDeleted),
        ours: async (message) => {
          const terms = { version, priceMinor: price, isDeleted, message };
          await mirror.escrow.changeTerms(mirror.milestoneId(index), terms);
          at ??= mirror.escrow.now();
          await mirror.dormancies.act(mirror.agreed.agreementId, at, undefined, message);
        },
      };
    }),
);

export const milestonesMax = 6;
export const addMilestone = fc.tuple(fc.bigInt(500n, 40_000n), fc.nat(60)).map(
  ([price, days]) =>
    new Act(`addMilestone(${price}, ${days})`, (model, mirror) => {
      const order = model.milestones.length + 1;
      if (order > milestonesMax || model.status !== 'active') return undefined;
      const milestoneId = newId();
      let at: Date;
      return {
        theirs: () => model.addMilestone(price, days),
        ours: async (message) => {
          if (order > mirror.agreed.milestoneIds.length) mirror.agreed.milestoneIds.push(milestoneId);
          const terms = { order, priceMinor: price, message };
          const { agreementId } = mirror.agreed;
          await mirror.escrow.addMilestone(agreementId, milestoneId, terms);
          at ??= mirror.escrow.now();
          const due = { milestoneId, date: dateOf(plusDays(at, days)) };
          await mirror.dormancies.act(agreementId, at, due, message);
        },
      };
    }),
);

/** The payer's minutes are over: the provider is asked to cancel, and only its word decides (E-26). */
export const expire = fc.nat(8).map(
  (at) =>
    new Act(`expire(${at})`, (model, mirror) => {
      const index = nthOf(
        model.charges.flatMap(({ status }, each) => (status === 'pending' ? [each] : [])),
        at,
      );
      if (index === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => undefined,
        ours: async () => {
          const id = (await mirror.idsIn('fundings'))[index]!;
          const [row] = await mirror.escrow.rows('select expires_at from fundings where id = $1', [id]);
          await mirror.escrow.expire(id, (row!.expires_at as Date | null) ?? mirror.escrow.now());
        },
      };
    }),
);
