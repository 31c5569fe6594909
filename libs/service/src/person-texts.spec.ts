import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { sha256 } from './encryption.ts';
import { PersonTexts } from './person-texts.ts';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const texts = new PersonTexts({ MASTER_KEYS: `first:${key(1)}` });
const secret = { accountNumber: '70913358264', holderName: 'Ada Lopez' };

describe('AD-18: what only a handler may see', () => {
  it('is given to whoever asks for it by name', () => {
    expect(texts.hide(secret).reveal()).toEqual(secret);
  });

  it('is in no copy, print or hash of the command that carries it', () => {
    const hidden = texts.hide(secret);
    expect(Object.entries(hidden)).toEqual([['digest', expect.stringMatching(/^[0-9a-f]{64}$/)]]);
    const seen = [JSON.stringify(hidden), inspect(hidden, { depth: 9, showHidden: true }), String(hidden)];
    for (const text of [...seen, JSON.stringify({ ...hidden }), JSON.stringify(structuredClone(hidden))]) {
      for (const value of Object.values(secret)) expect(text).not.toContain(value);
    }
  });

  it('is told from another one, and is itself in any order of its fields', () => {
    const { digest } = texts.hide(secret);
    const { holderName, accountNumber } = secret;
    expect(texts.hide({ holderName, accountNumber }).digest).toBe(digest);
    expect(texts.hide({ ...secret, accountNumber: '70913358265' }).digest).not.toBe(digest);
    expect(texts.hide({ holderName: accountNumber, accountNumber: holderName }).digest).not.toBe(digest);
  });

  it('cannot be guessed without the key: nothing of it is a plain hash', () => {
    const { digest } = texts.hide(secret);
    const other = new PersonTexts({ MASTER_KEYS: `other:${key(2)}` });
    expect(other.hide(secret).digest).not.toBe(digest);
    for (const guess of [secret, Object.entries(secret), secret.accountNumber]) {
      expect(sha256(JSON.stringify(guess))).not.toBe(digest);
    }
  });

  it('keeps its digest while a master key is rotated', () => {
    const rotating = new PersonTexts({ MASTER_KEYS: `second:${key(2)},first:${key(1)}` });
    expect(rotating.hide(secret).digest).toBe(texts.hide(secret).digest);
  });
});
