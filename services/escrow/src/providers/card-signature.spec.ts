import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSigned } from './card-signature.ts';

/** The vector of section 4.1 of the provider protocols. */
const secret = 'whsec_test_secret';
const seconds = 1_700_000_000;
const body = '{"id":"evt_1","type":"payment_intent.succeeded"}';
const mac = '22d8dc182f5c588077683bd378368e29765bfe5df2560112b4f28fef120f0e31';
const header = `t=${seconds},v1=${mac}`;

const at = (secondsLater: number) => new Date((seconds + secondsLater) * 1_000);
const signed = (given: string | undefined, { raw = body, secrets = [secret], now = at(0) } = {}) =>
  isSigned(given, Buffer.from(raw), secrets, now);
const macOf = (key: string, text = body) =>
  createHmac('sha256', key).update(`${seconds}.${text}`).digest('hex');

test('the vector of the protocol', () => {
  expect(signed(header)).toBe(true);
});

describe('what is signed are the raw bytes', () => {
  test('another byte, another order of fields or another encoding does not pass', () => {
    expect(signed(header, { raw: `${body} ` })).toBe(false);
    expect(signed(header, { raw: '{"type":"payment_intent.succeeded","id":"evt_1"}' })).toBe(false);
    expect(signed(header, { raw: '' })).toBe(false);
  });

  test('the time is part of it', () => {
    expect(signed(`t=${seconds + 1},v1=${mac}`)).toBe(false);
  });
});

describe('F28: while a secret is rolled two are active', () => {
  const other = macOf('whsec_next_secret');

  test('on their side: any of the signatures suffices', () => {
    expect(signed(`t=${seconds},v1=${other},v1=${mac}`)).toBe(true);
    expect(signed(`t=${seconds},v1=${mac},v1=${other}`)).toBe(true);
    expect(signed(`t=${seconds}, v0=${other}, v1=${mac}`)).toBe(true);
  });

  test('on ours: any of the secrets suffices', () => {
    expect(signed(header, { secrets: ['whsec_next_secret', secret] })).toBe(true);
    expect(signed(`t=${seconds},v1=${other}`, { secrets: ['whsec_next_secret', secret] })).toBe(true);
  });

  test('the secret of somebody else does not', () => {
    expect(signed(`t=${seconds},v1=${macOf('whsec_foreign_one')}`)).toBe(false);
    expect(signed(header, { secrets: ['whsec_next_secret'] })).toBe(false);
    expect(signed(header, { secrets: [] })).toBe(false);
  });
});

test.each([
  ['too short', mac.slice(0, 62)],
  ['too long', `${mac}00`],
  ['followed by something', `${mac}z`],
  ['of an odd length', `${mac}0`],
  ['not hexadecimal', 'z'.repeat(64)],
  ['empty', ''],
])('F52: a signature that is %s', (_, given) => {
  expect(signed(`t=${seconds},v1=${given}`)).toBe(false);
});

test.each([
  ['no header', undefined],
  ['an empty one', ''],
  ['no time', `v1=${mac}`],
  ['an empty time', `t=,v1=${mac}`],
  ['a time that is none', `t=now,v1=${mac}`],
  ['a time below zero', `t=-${seconds},v1=${mac}`],
  ['no signature', `t=${seconds}`],
  ['only another scheme', `t=${seconds},v0=${mac}`],
  ['no names', `${seconds},${mac}`],
])('F52: %s', (_, given) => {
  expect(signed(given)).toBe(false);
});

test.each([
  [300, true],
  [301, false],
  [-300, true],
  [-301, false],
  [86_400, false],
])('F53: signed %s seconds ago, by the wall clock', (age, expected) => {
  expect(signed(header, { now: at(age) })).toBe(expected);
});
