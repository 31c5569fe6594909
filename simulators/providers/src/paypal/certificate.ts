import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Object identifiers as DER writes them. */
const oid = {
  commonName: '550403',
  basicConstraints: '551d13',
  ecdsaWithSha256: '2a8648ce3d040302',
};
const tag = { sequence: 0x30, set: 0x31, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c };
const utcTime = 0x17;
const yes = Buffer.from('0101ff', 'hex');

export type Issuer = Readonly<{ name: string; key: KeyObject }>;

/** A key of the issuer of certificates: who trusts it trusts what it signs. */
export function newIssuerKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** A key that signs notices (`SHA256withRSA`). */
export function newSigningKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/**
 * An X.509 certificate in PEM, from a day ago for ten years. A certificate of the issuer itself is one for
 * `subject.key === issuer.key`.
 */
export function certificateOf(subject: Issuer, issuer: Issuer, nowMs: number): string {
  const algorithm = der(tag.sequence, der(tag.oid, Buffer.from(oid.ecdsaWithSha256, 'hex')));
  const isAuthority = subject.key === issuer.key;
  const body = der(
    tag.sequence,
    der(0xa0, der(tag.integer, Buffer.of(2))),
    der(tag.integer, Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    nameOf(issuer.name),
    der(tag.sequence, timeOf(nowMs - 86_400_000), timeOf(nowMs + 3650 * 86_400_000)),
    nameOf(subject.name),
    createPublicKey(subject.key).export({ type: 'spki', format: 'der' }),
    der(0xa3, der(tag.sequence, constraintsOf(isAuthority))),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', body, issuer.key)]);
  const whole = der(tag.sequence, body, algorithm, der(tag.bits, signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function constraintsOf(isAuthority: boolean): Buffer {
  const id = der(tag.oid, Buffer.from(oid.basicConstraints, 'hex'));
  const value = der(tag.octets, isAuthority ? der(tag.sequence, yes) : der(tag.sequence));
  return der(tag.sequence, id, yes, value);
}

function nameOf(name: string): Buffer {
  const id = der(tag.oid, Buffer.from(oid.commonName, 'hex'));
  return der(tag.sequence, der(tag.set, der(tag.sequence, id, der(tag.utf8, Buffer.from(name)))));
}

function timeOf(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(utcTime, Buffer.from(`${digits}Z`));
}

/** Tag, length, contents: all that DER is. */
function der(tagByte: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 128) return Buffer.concat([Buffer.of(tagByte, content.length), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tagByte, 0x80 | length.length), length, content]);
}
