import { describe, expect, it } from '@jest/globals';
import { behaviourOf } from './magic-accounts.ts';

describe('an account number', () => {
  it.each([
    ['90001', 'fails_once'],
    ['90001234567890121', 'fails_once'],
    ['90000002', 'fails'],
    ['90000003', 'denies'],
    ['90000004', 'returns_before_paid'],
    ['90000005', 'returns_after_paid'],
    ['90000006', 'refuses_after_paid'],
    ['90000007', 'cancels'],
    ['90000008', 'pays'],
    ['190000002', 'pays'],
    ['123456782', 'pays'],
  ])('%s: %s', (accountNumber, behaviour) => {
    expect(behaviourOf(accountNumber)).toBe(behaviour);
  });
});
