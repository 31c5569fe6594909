import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import type { Store } from '../store.ts';
import { accessTokens } from './model.ts';

export const CreateAccessToken = z.strictObject({ grant_type: z.literal('client_credentials') });

/** 9 h: it must be kept; a token for each call would be rate limited (section 1.1). */
const lifeSeconds = 32_400;

/** Lives by the wall clock; the fault `token-expired` makes it short. */
export function createAccessToken({ tx, fault }: Step): Answer {
  const seconds = fault?.fault === 'token-expired' ? Number(fault.params.seconds) : lifeSeconds;
  const token = tx.newId('A21AA').replaceAll('_', '');
  tx.put(accessTokens, token, { token, expiresAtMs: Date.now() + seconds * 1000 });
  return {
    status: 200,
    body: {
      scope:
        'https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/vault/payment-tokens/readwrite',
      access_token: token,
      token_type: 'Bearer',
      app_id: 'APP-80W284485P519543T',
      expires_in: seconds,
      nonce: tx.newId('nonce'),
    },
  };
}

export function isLive(store: Store, token: string): boolean {
  return Date.now() < (store.get(accessTokens, token)?.expiresAtMs ?? 0);
}

export function expireAll(store: Store): void {
  store.transact((tx) => {
    for (const { token } of [...tx.all(accessTokens)]) tx.remove(accessTokens, token);
  });
}
