import { describe, expect, test } from '@jest/globals';
import { catches, type JestReport, passes } from './verdict.ts';

const spec = 'libs/domain/src/rounding.spec.ts';
const name = 'R-2: half up';

const run = (...tests: { status: string; fullName?: string; says?: string }[]): JestReport => ({
  testResults: [
    {
      name: `/copy/${spec}`,
      message: 'what Jest says of the file',
      assertionResults: tests.map(({ status, fullName = `rounding ${name}`, says }) => {
        return { status, fullName, failureMessages: says === undefined ? [] : [says] };
      }),
    },
  ],
});
const assertion = 'Error: \u001b[2mexpect(\u001b[22m\u001b[31mreceived\u001b[39m\u001b[2m).\u001b[22mtoBe';
const because = (text: string) => ({ as: 'not', because: expect.stringContaining(text) });

test('a bug is caught by the test that expects otherwise', () => {
  expect(catches(run({ status: 'failed', says: assertion }), spec, name)).toEqual({ as: 'hoped' });
  const others = run(
    { status: 'pending', fullName: `another ${name}` },
    { status: 'failed', says: assertion },
  );
  expect(catches(others, spec, name)).toEqual({ as: 'hoped' });
});

test('without a bug the test passes', () => {
  expect(passes(run({ status: 'passed' }), spec, name)).toEqual({ as: 'hoped' });
  expect(passes(run({ status: 'failed', says: assertion }), spec, name)).toEqual(because('it is failed'));
});

describe('is not caught', () => {
  test.each([
    ['by a test that passes', run({ status: 'passed' }), 'it is passed'],
    [
      'by a test that an error stops',
      run({ status: 'failed', says: 'TypeError: undefined is not a function\n    at expect (file.ts)' }),
      'by no assertion: TypeError',
    ],
    [
      'by one that takes too long',
      run({ status: 'failed', says: 'Error: Exceeded timeout of 120000 ms for a test.' }),
      'by no assertion',
    ],
    ['by a file that cannot be run', run(), 'it did not run: what Jest says of the file'],
    [
      'by another test',
      run({ status: 'failed', fullName: 'another', says: assertion }, { status: 'pending' }),
      'it did not run',
    ],
    [
      'where the name is that of two',
      run({ status: 'failed', says: assertion }, { status: 'failed', says: assertion }),
      '2 tests have that name',
    ],
    ['where Jest breaks off', undefined, 'Jest broke off'],
  ])('%s', (_name, report, text) => {
    expect(catches(report, spec, name)).toEqual(because(text));
  });

  test('by a test of that name in another file', () => {
    const report = run({ status: 'failed', says: assertion });
    expect(catches(report, 'libs/domain/src/money.spec.ts', name)).toEqual(because('it did not run'));
  });
});
