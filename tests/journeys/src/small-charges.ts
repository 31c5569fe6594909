import { untilMethod, usd } from './agreement.ts';
import type { Json, Marketplace, Person } from './marketplace.ts';

/** Adds a card that two small charges are to verify, and waits for the client's turn (P-2). */
export async function addCardBySmallCharges(client: Person, token = 'pm_card_visa'): Promise<string> {
  const body = { kind: 'card', token, verifyBy: 'small_charges' };
  const { methodId } = await client.post('escrow', '/v1/billing-methods', body);
  await untilMethod(client, methodId, 'confirming');
  return methodId;
}

/** What the statement of the card shows of them: in the sandbox, the card provider's book. */
export async function readStatement(market: Marketplace, methodId: string): Promise<bigint[]> {
  const { charges } = await market.providerBook(methodId);
  return charges.map(({ amountMinor }: Json) => BigInt(amountMinor));
}

export const confirmPathOf = (methodId: string): string => `/v1/billing-methods/${methodId}/confirm`;

/** The client says what the statement shows. */
export const confirmCard = (client: Person, methodId: string, amounts: readonly bigint[]): Promise<Json> =>
  client.post('escrow', confirmPathOf(methodId), { amounts: amounts.map(usd) });
