import { usd } from './agreement.ts';
import type { Json, Marketplace } from './marketplace.ts';

/** The operator tops the customers' cash up by what is short, and has the bank move it (M-23). */
export const topUp = (market: Marketplace): Promise<Json> => move(market, 'top-up');

/** The operator takes what is over, and has the bank move it (M-23). */
export const sweep = (market: Marketplace): Promise<Json> => move(market, 'sweep');

/** Asks the card provider for its balance, or a part of it, to be paid out to the bank (M-23). */
export const settleCard = (market: Marketplace, amountMinor?: bigint): Promise<Json> =>
  decide(market, 'settle-card', {
    ...(amountMinor === undefined ? {} : { amount: usd(amountMinor) }),
    reason: 'Cash for withdrawals.',
  });

async function move(market: Marketplace, what: 'top-up' | 'sweep'): Promise<Json> {
  const moved = await decide(market, what, { reason: 'The evening.' });
  const { movementId: reference, amount } = moved;
  const direction = what === 'top-up' ? 'in' : 'out';
  await market.bankTransfer({ reference, direction, amount: amount.amountMinor });
  return moved;
}

/** Where it needs two persons, another operator says the same (S-11). */
async function decide(
  market: Marketplace,
  what: 'top-up' | 'sweep' | 'settle-card',
  body: Json,
): Promise<Json> {
  const path = `/v1/treasury/${what}`;
  const said = await market.operator.post('escrow', path, body);
  if (said.status !== 'proposed') return said;
  const second = market.newPerson('second-operator', ['operator']);
  return second.post('escrow', path, { ...body, amount: said.amount });
}
