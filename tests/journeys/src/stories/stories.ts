import type { Story } from './acts.ts';
import { outToTheBank } from './out-to-the-bank.ts';
import { anotherCard, approved, partAndRest, releasedBySilence, revisedTwice } from './paid.ts';
import { chargebackLost, endedAndRefunded } from './taken-back.ts';

/** The journeys of `npm start`. */
export const stories: readonly Story[] = [
  approved,
  releasedBySilence,
  revisedTwice,
  anotherCard,
  partAndRest,
  endedAndRefunded,
  chargebackLost,
  outToTheBank,
];
