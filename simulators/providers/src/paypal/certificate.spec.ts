import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { certificateOf, newIssuerKey, newSigningKey } from './certificate.ts';

const now = Date.now();
const issuer = { name: 'issuer', key: newIssuerKey() };
const authority = new X509Certificate(certificateOf(issuer, issuer, now));

describe('a certificate', () => {
  it('names its holder, its issuer and its time, and is signed by that issuer alone', () => {
    const holder = { name: 'holder', key: newSigningKey() };
    const certificate = new X509Certificate(certificateOf(holder, issuer, now));
    expect([certificate.subject, certificate.issuer, certificate.ca]).toEqual([
      'CN=holder',
      'CN=issuer',
      false,
    ]);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(now);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(now);
    expect(certificate.checkPrivateKey(holder.key)).toBe(true);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    const stranger = { name: 'issuer', key: newIssuerKey() };
    const forged = new X509Certificate(certificateOf(holder, stranger, now));
    expect(forged.verify(authority.publicKey)).toBe(false);
  });

  it('of the issuer itself may issue others', () => {
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });
});
