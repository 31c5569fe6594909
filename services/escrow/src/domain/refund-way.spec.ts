import { usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { assertAtBank, otherMethod } from './refund-way.ts';

const method = (id: string, more: Partial<Parameters<typeof otherMethod>[0][number]> = {}) => ({
  id,
  kind: 'bank' as const,
  rank: 1,
  providerMethod: `pm_${id}`,
  ...more,
});

test('E-23: the account that is named, else the first in the client’s order', () => {
  const methods = [method('b', { rank: 2 }), method('a', { rank: 1 })];
  expect(otherMethod(methods, {}).id).toBe('a');
  expect(otherMethod(methods, { methodId: 'b' }).id).toBe('b');
});

test('E-23: no card, none that the provider does not know, and never the one that was charged', () => {
  const code = { code: 'refund.no_other_method' };
  const refused = (methods: ReturnType<typeof method>[], asked: Parameters<typeof otherMethod>[1] = {}) =>
    expect(() => otherMethod(methods, asked)).toThrow(expect.objectContaining(code));
  refused([]);
  refused([method('a', { kind: 'card' } as never)]);
  refused([method('a', { providerMethod: null } as never)]);
  refused([method('a')], { chargedId: 'a' });
  refused([method('a'), method('b')], { chargedId: 'a', methodId: 'a' });
  refused([method('a')], { methodId: 'b' });
});

test('G-34.4: the bank must hold it, besides what it is to pay already', () => {
  const cash = { heldMinor: 50_000n, promisedMinor: 8_000n };
  expect(() => assertAtBank(usd(42_000n), cash)).not.toThrow();
  expect(() => assertAtBank(usd(42_001n), cash)).toThrow(
    expect.objectContaining({ code: 'refund.bank_short' }),
  );
});
