import { describe, expect, it } from '@jest/globals';
import {
  createPersonKey,
  decryptFor,
  encryptFor,
  type MasterKeys,
  parseMasterKeys,
  rewrapPersonKey,
} from './encryption.ts';

const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const master = parseMasterKeys(`m1:${keyOf(1)}`);
const place = 'change_requests/reason/1';

describe('encryption per person (AD-18)', () => {
  const key = createPersonKey(master, 'ada');
  const sealed = encryptFor(master, 'ada', key, place, 'The form lacks a date.');

  it('gives the text back at its place', () => {
    expect(decryptFor(master, 'ada', key, place, sealed)).toBe('The form lacks a date.');
    expect(sealed.toString('latin1')).not.toContain('form');
  });

  it('never encrypts alike twice', () => {
    expect(
      encryptFor(master, 'ada', key, place, 'x').equals(encryptFor(master, 'ada', key, place, 'x')),
    ).toBe(false);
  });

  it('does not decrypt at another place: a ciphertext moved to another row', () => {
    expect(() => decryptFor(master, 'ada', key, 'change_requests/reason/2', sealed)).toThrow();
  });

  it('does not decrypt for another person, or with another person’s key row', () => {
    const other = createPersonKey(master, 'ben');
    expect(() => decryptFor(master, 'ben', other, place, sealed)).toThrow();
    expect(() => decryptFor(master, 'ben', key, place, sealed)).toThrow();
  });

  it.each([1, 13, -1])('does not decrypt with one bit changed (byte %d)', (at) => {
    const changed = Buffer.from(sealed);
    const index = at < 0 ? changed.length + at : at;
    changed[index] = changed[index]! ^ 1;
    expect(() => decryptFor(master, 'ada', key, place, changed)).toThrow();
  });

  it('keeps old rows readable while the master key is rotated (F80)', () => {
    const both: MasterKeys = parseMasterKeys(`m2:${keyOf(2)},m1:${keyOf(1)}`);
    expect(decryptFor(both, 'ada', key, place, sealed)).toBe('The form lacks a date.');
    const rewrapped = rewrapPersonKey(both, 'ada', key);
    expect(rewrapped.masterKeyId).toBe('m2');
    expect(decryptFor(parseMasterKeys(`m2:${keyOf(2)}`), 'ada', rewrapped, place, sealed)).toBe(
      'The form lacks a date.',
    );
  });

  it('fails aloud without the master key, never with plaintext (F80)', () => {
    expect(() => decryptFor(parseMasterKeys(`m3:${keyOf(3)}`), 'ada', key, place, sealed)).toThrow(
      'master key m1 is not configured',
    );
  });

  it.each(['m1', 'm1:short', `:${keyOf(1)}`, ''])('refuses the setting %j', (text) => {
    expect(() => parseMasterKeys(text)).toThrow('MASTER_KEYS');
  });
});
