import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ContentGuard, DigitsIn } from './request.ts';

class Routes {
  @DigitsIn('accountNumber')
  addAccount(): void {}

  anyOther(): void {}
}

/** Valid as a card number, and a bank may well give it to an account. */
const digits = '4242424242424242';

function allows(route: keyof Routes, { body, query = {}, params = {} }: Record<string, unknown>): boolean {
  const context = {
    getType: () => 'http',
    getHandler: () => Routes.prototype[route],
    switchToHttp: () => ({ getRequest: () => ({ body, query, params }) }),
  } as unknown as ExecutionContext;
  return new ContentGuard(new Reflector()).canActivate(context);
}

const refused = expect.objectContaining({ code: 'request.card_number' });

describe('P-15: one typed field of one route may hold digits that pass for a card number', () => {
  it('the account number of a bank account', () => {
    expect(allows('addAccount', { body: { accountNumber: digits } })).toBe(true);
  });

  it.each<[string, keyof Routes, Record<string, unknown>]>([
    ['the same field of another route', 'anyOther', { body: { accountNumber: digits } }],
    ['another field beside it', 'addAccount', { body: { accountNumber: '123456789', holderName: digits } }],
    [
      'another field while it holds such digits',
      'addAccount',
      { body: { accountNumber: digits, note: digits } },
    ],
    ['the name of a field', 'addAccount', { body: { accountNumber: digits, [digits]: 'x' } }],
    ['the field deeper inside', 'addAccount', { body: { details: { accountNumber: digits } } }],
    ['the field of a list', 'addAccount', { body: [{ accountNumber: digits }] }],
    ['the field as a number', 'addAccount', { body: { accountNumber: Number(digits) } }],
    ['the field with groups of digits', 'addAccount', { body: { accountNumber: '4242 4242 4242 4242' } }],
    ['the field with words around it', 'addAccount', { body: { accountNumber: `card ${digits}` } }],
    ['the field as an object', 'addAccount', { body: { accountNumber: { number: digits } } }],
    ['the field as a list', 'addAccount', { body: { accountNumber: [digits] } }],
    ['a query of that name', 'addAccount', { body: {}, query: { accountNumber: digits } }],
    ['a part of the path', 'addAccount', { body: {}, params: { accountNumber: digits } }],
  ])('but not %s', (_, route, request) => {
    expect(() => allows(route, request)).toThrow(refused);
  });

  it('and a sign that is no text is refused there as everywhere', () => {
    expect(() => allows('addAccount', { body: { accountNumber: '1\u0000' } })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});
