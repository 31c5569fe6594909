import { describe, expect, test } from '@jest/globals';
import { dollars, moment } from './format.ts';
import { escaped, render } from './render.ts';

const linkBase = 'https://marketplace.example/';
const released = {
  template: 'milestone_released',
  category: 'money',
  facts: { agreementId: 'a1', amountMinor: '100005', feeMinor: '10001', netMinor: '90004' },
} as const;

test.each([
  ['0', 'USD 0.00'],
  ['5', 'USD 0.05'],
  ['50', 'USD 0.50'],
  ['500', 'USD 5.00'],
  ['99999', 'USD 999.99'],
  ['100000', 'USD 1,000.00'],
  ['123456789', 'USD 1,234,567.89'],
  ['999999999999999999', 'USD 9,999,999,999,999,999.99'],
])('R-11: %s cents are shown as %s', (minor, shown) => {
  expect(dollars(minor)).toBe(shown);
});

test('an instant is shown in UTC and says so', () => {
  expect(moment('2027-01-04T09:05:30.000Z')).toBe('4 January 2027, 09:05 UTC');
});

describe('a mail', () => {
  test('has subject, text and link; no unsubscribing from money (C-4)', () => {
    const { subject, text, html } = render(released, { linkBase });
    expect(subject).toBe('You have been paid USD 900.04');
    expect(text).toBe(
      'USD 1,000.05 of a milestone were released to you.\n\n' +
        'Less our fee of USD 100.01, USD 900.04 are on your balance.\n\n' +
        'See the contract: https://marketplace.example/agreements/a1\n\n' +
        '--\nYou get this mail because it is about your money.\n',
    );
    expect(html).toContain('<p>USD 1,000.05 of a milestone were released to you.</p>');
    expect(html).toContain('<a href="https://marketplace.example/agreements/a1">See the contract</a>');
    expect(text + html).not.toContain('No more');
  });

  test('C-4: of news has the link by which they are refused', () => {
    const unsubscribeUrl = 'https://contracts.example/v1/unsubscribe?token=n.x&y';
    const news = { template: 'changes_requested', category: 'news', facts: { agreementId: 'a1' } } as const;
    const { text, html } = render(news, { linkBase, unsubscribeUrl });
    expect(text).toContain(`No more news by mail: ${unsubscribeUrl}`);
    expect(html).toContain('<a href="https://contracts.example/v1/unsubscribe?token=n.x&amp;y">');
  });

  test('what is inserted is escaped, whatever it is', () => {
    const agreementId = '"><script>alert(1)</script>';
    const { html } = render({ ...released, facts: { ...released.facts, agreementId } }, { linkBase });
    expect(html).not.toContain('<script>');
    expect(html).toContain('&quot;&gt;&lt;script&gt;');
    expect(escaped(`&<>"'`)).toBe('&amp;&lt;&gt;&quot;&#39;');
  });

  test('a fact that is missing is a defect, not a mail with a hole', () => {
    const { agreementId: _, ...facts } = released.facts;
    expect(() => render({ ...released, facts }, { linkBase })).toThrow(RangeError);
  });
});
