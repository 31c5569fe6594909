import type { Step } from '../step.ts';

/** The provider's ids are 17 capital letters and digits, with no word for what they name. */
export function newId({ tx }: Step, kind: string): string {
  const drawn = tx.newId(`paypal_${kind}`).toUpperCase();
  return drawn.slice(drawn.lastIndexOf('_') + 1).slice(0, 17);
}
