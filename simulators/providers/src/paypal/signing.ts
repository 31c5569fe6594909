import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Store, type Tx, table } from '../store.ts';
import type { Signing } from '../webhook-delivery.ts';
import { certificateOf, newIssuerKey, newSigningKey } from './certificate.ts';

/** A key that signs notices, and the certificate that callers fetch; both in PEM. */
type SigningKey = Readonly<{ id: string; privateKey: string; certificate: string }>;

const keys = table<SigningKey>('paypal.signing_keys');
/** The id of the key that signs now, and the key of the issuer. */
const settings = table<string>('paypal.signing');

/** 4 days: older than what a receiver may still accept (section 1.7). */
const oldSeconds = 4 * 86_400;
const issuerName = 'Provider simulator';

/**
 * Signs notices as section 1.7 says, with a certificate that the issuer in `paypal-ca.pem` of the data directory
 * vouches for. Times are wall time.
 */
export class Signer {
  readonly #store: Store;
  readonly #options: Readonly<{ webhookId: string; baseUrl: () => string }>;
  readonly #issuer: KeyObject;

  constructor(
    store: Store,
    directory: string,
    options: Readonly<{ webhookId: string; baseUrl: () => string }>,
  ) {
    this.#store = store;
    this.#options = options;
    this.#issuer = createPrivateKey(store.transact((tx) => tx.get(settings, 'issuer') ?? keepIssuer(tx)));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'paypal-ca.pem'), this.#certify(issuerName, this.#issuer));
  }

  /** @returns undefined for an id that no key ever had */
  certificate(id: string): string | undefined {
    return this.#store.get(keys, id)?.certificate;
  }

  /** Notices are signed with a new key, found under a new address; the old certificates stay. */
  rotate(tx: Tx): SigningKey {
    const privateKey = newSigningKey();
    const id = tx.newId('CERT').replace('_', '-');
    const key = { id, privateKey: pemOf(privateKey), certificate: this.#certify('notices', privateKey) };
    tx.put(keys, id, key);
    tx.put(settings, 'current', id);
    return key;
  }

  headers(body: string, { eventId, atSeconds, forgery }: Signing): Record<string, string> {
    if (forgery === 'missing') return {};
    const { webhookId, baseUrl } = this.#options;
    const key = forgery === 'certificate' ? foreignKey() : this.#current();
    const seconds = forgery === 'timestamp' ? atSeconds - oldSeconds : atSeconds;
    const sentAt = new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const subscription = forgery === 'webhook-id' ? 'WH-ANOTHER' : webhookId;
    const about = forgery === 'signature' ? `${body} ` : body;
    const message = messageOf({ id: eventId, sentAt, webhookId: subscription, body: about });
    const host = forgery === 'certificate' ? 'https://certificates.test' : baseUrl();
    return {
      'paypal-transmission-id': eventId,
      'paypal-transmission-time': sentAt,
      'paypal-transmission-sig': sign('sha256', Buffer.from(message), key.privateKey).toString('base64'),
      'paypal-cert-url': `${host}/v1/notifications/certs/${key.id}`,
      'paypal-auth-algo': 'SHA256withRSA',
    };
  }

  #current(): SigningKey {
    const id = this.#store.get(settings, 'current');
    return (id && this.#store.get(keys, id)) || this.#store.transact((tx) => this.rotate(tx));
  }

  #certify(name: string, key: KeyObject): string {
    const issuer = { name: issuerName, key: this.#issuer };
    return certificateOf({ name, key }, issuer, Date.now());
  }
}

/** What is signed; the sum of the raw body stands in it as an unsigned decimal. */
export function messageOf(
  part: Readonly<{ id: string; sentAt: string; webhookId: string; body: string }>,
): string {
  return `${part.id}|${part.sentAt}|${part.webhookId}|${crc32(part.body)}`;
}

function keepIssuer(tx: Tx): string {
  const pem = pemOf(newIssuerKey());
  tx.put(settings, 'issuer', pem);
  return pem;
}

/** Somebody else's. */
function foreignKey(): Pick<SigningKey, 'id' | 'privateKey'> {
  return { id: 'CERT-foreign', privateKey: pemOf(newSigningKey()) };
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
