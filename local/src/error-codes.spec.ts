import { describe, expect, test } from '@jest/globals';
import { commonProject, type ErrorCatalogue, errorsPage } from './error-catalogues.ts';
import { errorCodeProblems, thrownCodes } from './error-codes.ts';

const answer = { status: 409, title: 'No.' };
const common: ErrorCatalogue = { project: commonProject, errors: { 'token.missing': answer } };
const escrow: ErrorCatalogue = { project: 'services/escrow', errors: { 'milestone.frozen': answer } };
const file = (path: string, ...lines: string[]) => ({ path, text: lines.join('\n') });
const throwing = (path: string, code: string) => file(path, `throw new Rejection('${code}');`);
const used = [
  file('libs/service/src/authentication.ts', "throw new Problem('token.missing');"),
  throwing('services/escrow/src/domain/milestone.ts', 'milestone.frozen'),
];

describe('the codes that a text throws', () => {
  test.each<[string, string, string[]]>([
    ['a rejection', "throw new Rejection('a.b');", ['a.b']],
    ['with details', "new Rejection('a.b', { of: 'c.d' })", ['a.b']],
    ['a fact still on its way', 'new NotYet("a.unknown")', ['a.unknown']],
    ['a problem in a line of its own', "new Problem(\n  'a.b',\n  { path: 'c.d' },\n)", ['a.b']],
    ['a choice', "new Rejection(late ? 'a.late' : 'a.early', {})", ['a.late', 'a.early']],
    ['a choice by comparison', "new Rejection(kind === 'card' ? 'a.b' : 'c.d')", ['a.b', 'c.d']],
    ['a variable', 'new Rejection(stored.code, stored.details)', []],
    ['a call', "new Rejection(codeOf('c.d', 'e.f'))", []],
    ['another class', "new Rejections('a.b')", []],
    ['two', "new NotYet('a.b'); new Rejection('c.d')", ['a.b', 'c.d']],
  ])('%s', (_name, text, codes) => {
    expect(thrownCodes(text)).toEqual(codes);
  });
});

describe('catalogues and code', () => {
  test('agree', () => {
    expect(errorCodeProblems(used, [common, escrow])).toEqual([]);
  });

  test.each([
    ['a service', 'services/escrow/src/domain/lot.ts', 'lot.unknown', 'services/escrow'],
    ['a library', 'libs/ledger/src/reports.ts', 'lot.unknown', 'libs/service'],
    ['a library with a code of a service', 'libs/ledger/src/reports.ts', 'milestone.frozen', 'libs/service'],
    [
      'a service with a code of another',
      'services/payouts/src/hold.ts',
      'milestone.frozen',
      'services/payouts',
    ],
  ])('what %s throws must be registered', (_name, path, code, place) => {
    expect(errorCodeProblems([...used, throwing(path, code)], [common, escrow])).toEqual([
      `${path}: ${code} is thrown but not registered in ${place}/src/errors.ts`,
    ]);
  });

  test('what is registered must be used, by its own service', () => {
    const elsewhere = file('services/payouts/src/hold.ts', "const code = 'milestone.frozen';");
    const itself = file('services/escrow/src/errors.ts', "'milestone.frozen': {");
    expect(errorCodeProblems([used[0]!, elsewhere, itself], [common, escrow])).toEqual([
      'services/escrow/src/errors.ts: milestone.frozen is registered but nothing uses it',
    ]);
  });

  test('a use need not be a throw', () => {
    const chosen = file('services/escrow/src/domain/milestone.ts', "return { code: 'milestone.frozen' };");
    expect(errorCodeProblems([used[0]!, chosen], [common, escrow])).toEqual([]);
  });

  test('a service does not register a common code again', () => {
    const again: ErrorCatalogue = {
      project: 'services/escrow',
      errors: { ...common.errors, ...escrow.errors },
    };
    const asked = file('services/escrow/src/main.ts', "'token.missing'");
    expect(errorCodeProblems([...used, asked], [common, again])).toEqual([
      'services/escrow/src/errors.ts: token.missing is one of the common codes already',
    ]);
  });
});

test('the page lists every code under its service', () => {
  const page = errorsPage([
    common,
    { project: 'services/escrow', errors: { 'a.b': { status: 422, title: 'x | y' } } },
  ]);
  expect(page).toContain(
    '## Every service\n\n| Code | Status | Meaning |\n| --- | --- | --- |\n| `token.missing` | 409 |',
  );
  expect(page).toContain(
    '## escrow\n\n| Code | Status | Meaning |\n| --- | --- | --- |\n| `a.b` | 422 | x \\| y |\n',
  );
});
