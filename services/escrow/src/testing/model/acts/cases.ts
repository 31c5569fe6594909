import { plusDays } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { day } from '../state.ts';
import { Act, among, held, nthOf, pick } from './act.ts';

const opened = fc.tuple(pick, fc.integer({ min: 1, max: 1_500 }), fc.nat(9), fc.constantFrom(0, 0, 1, 4));

/** The freelancer claims money in a case; some are heard of late, and some are not the freelancer's, or of nothing (D-1). */
export const openCase = opened.map(
  ([which, thousandths, chance, late]) =>
    new Act(`openCase(${JSON.stringify(which)}, ${thousandths}, ${chance}, ${late})`, (model, mirror) => {
      const index = among(model, which, held);
      if (index === undefined) return undefined;
      const [number, isOwn] = [model.cases.length, chance !== 0];
      const claim = chance === 1 ? 0n : (model.milestones[index]!.price * BigInt(thousandths)) / 1_000n;
      const caseId = newId();
      let openedAt: Date;
      let answer: string;
      const open = async (message: MessageRef, claimMinor: bigint): Promise<void> => {
        const { clientId, freelancerId, agreementId } = mirror.agreed;
        const milestoneId = mirror.milestoneId(index);
        mirror.disputed[number] = { milestoneId, caseId };
        openedAt ??= plusDays(mirror.escrow.now(), -late);
        const openedBy = isOwn ? freelancerId : clientId;
        const more = { caseId, milestoneId, openedBy, claimMinor, openedAt, message };
        await mirror.cases.open(mirror.agreed, more);
        const told = (await mirror.escrow.published(agreementId)).findLast(
          (each) => 'causeId' in each && each.causeId === caseId,
        );
        expect(wordOf(told)).toBe(answer);
        mirror.taken.push(`case:${/^\d+$/.test(answer) ? 'frozen' : answer} accepted`);
      };
      return {
        theirs: () => {
          answer = model.openCase(index, claim, isOwn, model.now - late * day);
        },
        ours: (message) => open(message, claim),
        other: (message) => open(message, claim + 1n),
      };
    }),
);

/** With what is frozen, or why nothing is (D-19). */
const wordOf = (told: unknown): string => {
  const { amount, reason } = told as { amount?: { amountMinor: bigint }; reason?: string };
  return reason ?? String(amount!.amountMinor);
};

/** Its opener gives it up, whatever came of it: now and then one that is over (D-15). */
export const withdrawCase = pick.map(
  ({ at, wild }) =>
    new Act(`withdrawCase(${at}, ${wild})`, (model, mirror) => {
      const number = nthOf(
        model.cases.flatMap((isOpen, index) => (wild || isOpen ? [index] : [])),
        at,
      );
      if (number === undefined) return undefined;
      return {
        theirs: () => model.withdrawCase(number),
        ours: (message) => {
          const { milestoneId, caseId } = mirror.disputed[number]!;
          const { agreementId } = mirror.agreed;
          return mirror.cases.withdraw({ agreementId, milestoneIds: [milestoneId] }, caseId, message);
        },
      };
    }),
);
