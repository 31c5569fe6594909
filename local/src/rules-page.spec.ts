import { expect, test } from '@jest/globals';
import { rulesIn, rulesPage, untestedRules } from './rules-page.ts';

const text = `
- **E-5** (built) The review lasts 14 days (A-3).
- **E-9** (partly built, untested by name) A rest.
- **H-1 to H-3** (not built) Hourly work.
- **Words.** No rule.
`;
const rules = rulesIn(text);
const code = [
  { path: 'services/escrow/src/http.controller.ts', text: '/** E-5 */' },
  { path: 'services/escrow/src/domain/review.ts', text: '/** E-5, E-9 */' },
];
const spec = { path: 'services/escrow/src/domain/review.spec.ts', text: `test('E-5: silence', () => {})` };

test('rules are read with their states, a span as each of its numbers', () => {
  expect(rules.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'E-5 built',
    'E-9 partly built',
    'H-1 not built',
    'H-2 not built',
    'H-3 not built',
  ]);
});

test('what is built and named by no test is told; what is not built is not', () => {
  expect(untestedRules(rules, [spec])).toEqual(['E-9 is partly built, and no test names it']);
});

test('the page links what decides before what only translates', () => {
  const page = rulesPage(rules, code, [spec]);
  expect(page).toContain(
    '| E-5 | built | [review.ts](../services/escrow/src/domain/review.ts), ' +
      '[http.controller.ts](../services/escrow/src/http.controller.ts) | ' +
      '[review.spec.ts](../services/escrow/src/domain/review.spec.ts) |',
  );
  expect(page).toContain('| H-2 | not built |  |  |');
  expect(page).toContain('1 rules are built, 1 in part, 3 not yet.');
});

test('of many files some are shown and the others counted', () => {
  const many = Array.from({ length: 6 }, (_, index) => ({ path: `libs/a/src/${index}.ts`, text: 'E-5' }));
  expect(rulesPage(rules, many, [])).toContain('[3.ts](../libs/a/src/3.ts), 2 more');
});
