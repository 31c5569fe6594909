import { createVerify, X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import { crc32 } from 'node:zlib';
import type { WallClock } from '@holdfast/messaging';
import { request } from 'undici';
import { z } from 'zod';

/** PayPal sends a notice again for 3 days; an hour more for slow clocks. Measured by the wall clock (0.2). */
const oldestMs = (3 * 24 + 1) * 3_600_000;
const futureMs = 3_600_000;
const certificateBytesMax = 64 * 1024;
const certificatesMax = 20;
const chainMax = 5;

const Headers = z.object({
  'paypal-transmission-id': z.string().min(1).max(200),
  'paypal-transmission-time': z.iso.datetime({ offset: true }),
  'paypal-transmission-sig': z.string().min(1).max(2_000),
  'paypal-cert-url': z.url().max(500),
  'paypal-auth-algo': z.literal('SHA256withRSA'),
});

export interface SignatureOptions {
  /** The id of our subscription: it is signed, and never taken from the request. */
  webhookId: string;
  /** Hosts whose certificates count: `*.paypal.com`, or a host with its port; only such a one may do without TLS. */
  hosts: readonly string[];
  /** In PEM, who may issue them; absent: who may issue those of web sites. */
  authority?: string;
  wallClock: WallClock;
}

/** Whether a notice is PayPal's: signed over its raw bytes with a key that a certificate vouches for (1.7). */
export class PaypalSignature {
  readonly #options: SignatureOptions;
  readonly #authorities: readonly X509Certificate[];
  /** By address: a new key comes with a new address. */
  readonly #certificates = new Map<string, X509Certificate[]>();

  constructor(options: SignatureOptions) {
    this.#options = options;
    const trusted = options.authority === undefined ? rootCertificates : [options.authority];
    this.#authorities = trusted.map((pem) => new X509Certificate(pem));
  }

  async holds(headers: IncomingHttpHeaders, rawBody: Buffer): Promise<boolean> {
    const read = Headers.safeParse(headers);
    if (!read.success) return false;
    const id = read.data['paypal-transmission-id'];
    const time = read.data['paypal-transmission-time'];
    const url = new URL(read.data['paypal-cert-url']);
    const ageMs = this.#options.wallClock.now().getTime() - Date.parse(time);
    if (ageMs > oldestMs || ageMs < -futureMs || !this.#isAllowed(url)) return false;
    const [certificate, ...others] = await this.#fetched(url);
    if (!certificate || !this.#isVouchedFor(certificate, others)) return false;
    const message = [id, time, this.#options.webhookId, crc32(rawBody)].join('|');
    const verifier = createVerify('RSA-SHA256').update(message);
    return verifier.verify(certificate.publicKey, read.data['paypal-transmission-sig'], 'base64');
  }

  #isAllowed({ protocol, host, username, password }: URL): boolean {
    const { hosts } = this.#options;
    if (username || password) return false;
    if (hosts.includes(host)) return protocol === 'https:' || protocol === 'http:';
    const isBelow = hosts.some((pattern) => pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));
    return isBelow && protocol === 'https:';
  }

  /** The leaf first. Nothing is kept of what cannot be read: it may be asked for again. */
  async #fetched(url: URL): Promise<X509Certificate[]> {
    const known = this.#certificates.get(url.href);
    if (known) return known;
    try {
      const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(5_000) });
      const pem = statusCode === 200 ? await textOf(body) : '';
      if (statusCode !== 200) await body.dump();
      const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      const certificates = blocks.slice(0, chainMax).map((block) => new X509Certificate(block));
      if (certificates.length === 0) return [];
      if (this.#certificates.size >= certificatesMax) this.#certificates.clear();
      this.#certificates.set(url.href, certificates);
      return certificates;
    } catch {
      return [];
    }
  }

  /** From the leaf up to one that is trusted, each valid now and signed by the next. */
  #isVouchedFor(leaf: X509Certificate, others: readonly X509Certificate[]): boolean {
    let current: X509Certificate | undefined = leaf;
    for (let depth = 0; current && depth < chainMax; depth += 1) {
      const certificate: X509Certificate = current;
      if (!this.#isValidNow(certificate)) return false;
      const issuedBy = (issuer: X509Certificate): boolean =>
        issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
      if (this.#authorities.some((authority) => issuedBy(authority) && this.#isValidNow(authority)))
        return true;
      current = others.find((other) => other !== certificate && issuedBy(other));
    }
    return false;
  }

  #isValidNow({ validFrom, validTo }: X509Certificate): boolean {
    const now = this.#options.wallClock.now().getTime();
    return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > certificateBytesMax) throw new Error('too large for a certificate');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
