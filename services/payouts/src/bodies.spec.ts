import { describe, expect, test } from '@jest/globals';
import { IdentityBody, MethodBody, TaxFormBody } from './bodies.ts';
import { bankDetails } from './testing/payouts.ts';

const method = { kind: 'ach', ...bankDetails };
const takes = (changed: object): boolean => MethodBody.safeParse({ ...method, ...changed }).success;

describe('W-1: the form of a bank account', () => {
  test.each([
    {},
    { accountNumber: '1234' },
    { accountNumber: '12345678901234567' },
    { accountType: 'savings' },
    { holderName: '  李 小龙 ' },
  ])('%o', (changed) => {
    expect(takes(changed)).toBe(true);
  });

  test.each([
    { accountNumber: '123' },
    { accountNumber: '123456789012345678' },
    { accountNumber: '1234 5678' },
    { accountNumber: '１２３４' },
    { accountNumber: 12_345 },
    { routingNumber: '02100002' },
    { routingNumber: '021-000-021' },
    { holderName: '' },
    { holderName: '…' },
    { holderName: 'Ada\nLopez' },
    { holderName: 'A'.repeat(101) },
    { accountType: 'current' },
    { kind: 'wire' },
    { iban: 'GB82WEST12345698765432' },
  ])('not %o', (changed) => {
    expect(takes(changed)).toBe(false);
  });
});

describe('S-3: the form of an identity check', () => {
  const issuesOf = (body: object): unknown[] =>
    IdentityBody.safeParse({ reason: 'A video call', ...body }).error?.issues.map(({ path }) =>
      path.join('.'),
    ) ?? [];

  test('a name stands with verified, and only there', () => {
    expect(issuesOf({ status: 'verified', verifiedName: 'Ada Lopez' })).toEqual([]);
    expect(issuesOf({ status: 'verified' })).toEqual(['verifiedName']);
    for (const status of ['requested', 'in_review', 'failed']) {
      expect(issuesOf({ status })).toEqual([]);
      expect(issuesOf({ status, verifiedName: 'Ada Lopez' })).toEqual(['verifiedName']);
    }
  });

  test('a reason is never left out, and nobody is set back to unverified', () => {
    expect(issuesOf({ status: 'requested', reason: '  ' })).toEqual(['reason']);
    expect(issuesOf({ status: 'unverified' })).toEqual(['status']);
  });
});

test('P-13: a tax form is of one of two types; nothing of its contents is taken', () => {
  const form = { type: 'W-9', status: 'on_file', reason: 'By post' };
  expect(TaxFormBody.safeParse(form).success).toBe(true);
  expect(TaxFormBody.safeParse({ ...form, taxId: '123-45-6789' }).success).toBe(false);
  expect(TaxFormBody.safeParse({ ...form, type: 'W-4' }).success).toBe(false);
});
