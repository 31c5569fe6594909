import { halfUp, type Money, usd } from '@holdfast/domain';
import type { Holding } from './milestone.ts';

type Fees = Pick<Holding, 'held' | 'principal' | 'clientFee' | 'clientFeeHeld'>;

/**
 * What of the client fee a release earns: in proportion to all that has been released by then, less what was earned
 * before (P-5, R-6). The last part takes the rest, and so absorbs the rounding.
 */
export function earnedClientFee({ held, principal, clientFee, clientFeeHeld }: Fees, released: Money): Money {
  const releasedSoFar = principal.amountMinor - held.amountMinor + released.amountMinor;
  const earnedSoFar = halfUp(clientFee.amountMinor, releasedSoFar, principal.amountMinor);
  const earnedBefore = clientFee.amountMinor - clientFeeHeld.amountMinor;
  // After a part has rolled over or gone back, the proportion may be a cent behind what was earned already.
  return usd(earnedSoFar > earnedBefore ? earnedSoFar - earnedBefore : 0n);
}

/** What of the client fee goes along with a part that rolls over or goes back to the client; all of it with all. */
export const leavingClientFee = ({ held, clientFeeHeld }: Fees, leaving: Money): Money =>
  usd(halfUp(clientFeeHeld.amountMinor, leaving.amountMinor, held.amountMinor));
