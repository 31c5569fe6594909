import { newId } from '@holdfast/messaging';
import fc from 'fast-check';
import type { DisputeView } from '../../../domain/chargeback.ts';
import { Disputes } from '../../chargebacks.ts';
import type { Mirror } from '../mirror.ts';
import type { Word } from '../reference/chargebacks.ts';
import { isOpenChargeback } from '../state.ts';
import { Act, nthOf, partOf, pick } from './act.ts';

/** What the bank takes besides (G-24.1). */
const fee = 1_500n;

/** A client's bank disputes a charge, whole or in part; what is first heard of it may be how it ended. */
export const dispute = fc.tuple(fc.nat(8), fc.option(fc.integer({ min: 1, max: 999 })), fc.nat(9)).map(
  ([at, thousandths, chance]) =>
    new Act(`dispute(${at}, ${thousandths}, ${chance})`, (model, mirror) => {
      const meant = model.charges.flatMap(({ status }, index) =>
        status === 'succeeded' || status === 'orphaned' ? [index] : [],
      );
      const chargeId = nthOf(meant, at);
      if (chargeId === undefined) return undefined;
      const amount = partOf(model.disputable(chargeId), thousandths ?? 1_000)!;
      if (amount === 0n) return undefined;
      const number = model.chargebacks.length;
      const word = ({ 0: 'warned', 1: 'warned', 2: 'lost', 3: 'back' } as const)[chance] ?? 'taken';
      return {
        isKeyless: true,
        theirs: () => model.tell(number, { chargeId, amount, fee }, word),
        ours: async () => {
          const fundingId = (await mirror.idsIn('fundings'))[chargeId]!;
          const taken = { amountMinor: amount, debited: { feeMinor: fee } };
          const view = await disputesOf(mirror).dispute(fundingId, taken);
          mirror.disputes[number] = { fundingId, view };
          await tell(mirror, number, word, 0n);
        },
      };
    }),
);

/** The provider's next word on a dispute, or an older one once more. */
const words = fc.constantFrom<Word>('warned', 'closed', 'taken', 'reviewed', 'lost', 'lost', 'back', 'back');
export const provider = fc.tuple(pick, words, fc.boolean()).map(
  ([{ at, wild }, word, isFeeBack]) =>
    new Act(`provider(${at}, ${wild}, ${word}, ${isFeeBack})`, (model, mirror) => {
      const over = ['won', 'closed'];
      const meant = model.chargebacks.flatMap(({ status }, index) =>
        wild || !over.includes(status) ? [index] : [],
      );
      const number = nthOf(meant, at);
      if (number === undefined) return undefined;
      const feeBack = isFeeBack ? fee : 0n;
      return {
        isKeyless: true,
        theirs: () => model.tell(number, model.chargebacks[number]!, word, feeBack),
        ours: () => tell(mirror, number, word, feeBack),
      };
    }),
);

/** The platform's answer: contested, or accepted (P-9). */
export const answerChargeback = fc.tuple(pick, fc.boolean()).map(
  ([{ at, wild }, isContested]) =>
    new Act(`answerChargeback(${at}, ${wild}, ${isContested})`, (model, mirror) => {
      const meant = model.chargebacks.flatMap((each, index) =>
        wild || (isOpenChargeback(each) && !each.isAnswered) ? [index] : [],
      );
      const number = nthOf(meant, at);
      if (number === undefined) return undefined;
      const answer = isContested ? 'contest' : 'accept';
      return {
        theirs: () => model.answer(number, answer),
        ours: async (message) => disputesOf(mirror).answer(await idOf(mirror, number), answer, message),
      };
    }),
);

/** Payouts has taken some of the net and made a debt of the rest; now and then it answers with another amount. */
export const answerClawBack = fc.tuple(pick, fc.integer({ min: 0, max: 1_000 }), fc.nat(9)).map(
  ([{ at, wild }, thousandths, chance]) =>
    new Act(`answerClawBack(${at}, ${wild}, ${thousandths}, ${chance})`, (model, mirror) => {
      const meant = model.chargebacks.flatMap(({ status }, index) =>
        wild || status === 'recovering' ? [index] : [],
      );
      const number = nthOf(meant, at);
      if (number === undefined) return undefined;
      const net = model.netOf(number);
      const taken = partOf(net, thousandths)!;
      const debt = net - taken + (chance === 0 ? 1n : 0n);
      const unknownId = newId();
      return {
        theirs: () => model.clawBack(number, chance > 0),
        ours: async (message) => {
          const { id, transfer_id } = await rowOf(mirror, number);
          const transferId = String(transfer_id ?? unknownId);
          await disputesOf(mirror).clawedBack(String(id), transferId, taken, debt, message);
        },
      };
    }),
);

/** Payouts has given back what a chargeback won later brought: nothing moves here by that. */
export const restored = fc.nat(8).map(
  (at) =>
    new Act(`restored(${at})`, (model, mirror) => {
      const meant = model.chargebacks.flatMap(({ status }, index) =>
        status === 'won' && model.netOf(index) > 0n ? [index] : [],
      );
      const number = nthOf(meant, at);
      if (number === undefined) return undefined;
      return {
        theirs: () => undefined,
        ours: async (message) => {
          const { id, restore_transfer_id } = await rowOf(mirror, number);
          await disputesOf(mirror).restored(String(id), String(restore_transfer_id), message);
        },
      };
    }),
);

const disputesOf = ({ escrow }: Mirror): Disputes => new Disputes(escrow.database);

async function rowOf(mirror: Mirror, number: number): Promise<Record<string, unknown>> {
  const text = 'select * from chargebacks where dispute_id = $1';
  return (await mirror.escrow.rows(text, [mirror.disputes[number]!.view.id]))[0]!;
}
const idOf = async (mirror: Mirror, number: number): Promise<string> =>
  String((await rowOf(mirror, number)).id);

async function tell(mirror: Mirror, number: number, word: Word, feeBack: bigint): Promise<void> {
  const { fundingId, view } = mirror.disputes[number]!;
  await disputesOf(mirror).look(fundingId, viewOf(view, word, feeBack));
}

function viewOf(view: DisputeView, word: Word, feeMinor: bigint): DisputeView {
  switch (word) {
    case 'warned':
      return { ...view, status: 'warning_needs_response', debited: undefined };
    case 'closed':
      return { ...view, status: 'warning_closed', debited: undefined };
    case 'taken':
      return { ...view, status: 'needs_response' };
    case 'reviewed':
      return { ...view, status: 'under_review' };
    case 'lost':
      return { ...view, status: 'lost' };
    case 'back':
      return { ...view, status: 'won', reinstated: { feeMinor } };
  }
}
