import { describe, expect, it } from '@jest/globals';
import { isRoutingNumber } from './routing-numbers.ts';

describe('a routing number (section 3.5)', () => {
  it.each(['021000021', '011000015', '121042882'])('%s is one', (text) => {
    expect(isRoutingNumber(text)).toBe(true);
  });

  it.each([
    ['a wrong check digit', '021000020'],
    ['two digits exchanged', '012000021'],
    ['a district that does not exist, although its check digit is right', '130000006'],
    ['too short', '02100002'],
    ['no digits', '02100002x'],
    ['all zeros but one too many', '0000000000'],
  ])('%s: refused', (_why, text) => {
    expect(isRoutingNumber(text)).toBe(false);
  });
});
