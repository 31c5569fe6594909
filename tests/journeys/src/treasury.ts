import type { Json, Marketplace } from './marketplace.ts';

/** The operator tops the customers' cash up by what is short, and has the bank move it (M-23). */
export const topUp = (market: Marketplace): Promise<Json> => move(market, 'top-up');

/** The operator takes what is over, and has the bank move it (M-23). */
export const sweep = (market: Marketplace): Promise<Json> => move(market, 'sweep');

async function move(market: Marketplace, what: 'top-up' | 'sweep'): Promise<Json> {
  const moved = await market.operator.post('escrow', `/v1/treasury/${what}`, { reason: 'The evening.' });
  const { movementId: reference, amount } = moved;
  const direction = what === 'top-up' ? 'in' : 'out';
  await market.bankTransfer({ reference, direction, amount: amount.amountMinor });
  return moved;
}
