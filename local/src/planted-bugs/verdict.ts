import { stripVTControlCharacters as plain } from 'node:util';

/** What Jest says in its JSON of one test. */
export interface TestReport {
  fullName: string;
  status: string;
  failureMessages: readonly string[];
}

/** Of one run of Jest. */
export interface JestReport {
  testResults: readonly { name: string; message: string; assertionResults: readonly TestReport[] }[];
}

export type Verdict = { as: 'hoped' } | { as: 'not'; because: string };

const hoped: Verdict = { as: 'hoped' };
const not = (because: string): Verdict => ({ as: 'not', because });

/** Where nothing is planted, the test passes. */
export function passes(report: JestReport | undefined, spec: string, test: string): Verdict {
  const found = find(report, spec, test);
  if ('as' in found) return found;
  return found.status === 'passed' ? hoped : not(`it is ${found.status}: ${firstLineOf(found)}`);
}

/**
 * The test fails, because what it expects is not so: not because it cannot be compiled or started, takes too long, or
 * meets an error that it says nothing of.
 */
export function catches(report: JestReport | undefined, spec: string, test: string): Verdict {
  const found = find(report, spec, test);
  if ('as' in found) return found;
  if (found.status !== 'failed') return not(`it is ${found.status}`);
  const isAssertion = found.failureMessages.some((message) => /\bexpect\(/.test(plain(message)));
  return isAssertion ? hoped : not(`it fails by no assertion: ${firstLineOf(found)}`);
}

function find(report: JestReport | undefined, spec: string, test: string): TestReport | Verdict {
  if (!report) return not('Jest broke off');
  const found = report.testResults
    .filter(({ name }) => name.endsWith(`/${spec}`))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName, status }) => fullName.includes(test) && status !== 'pending');
  const [only, ...others] = found;
  if (others.length > 0) return not(`${found.length} tests have that name`);
  return only ?? not(`it did not run: ${report.testResults.map(({ message }) => message).join('\n')}`);
}

const firstLineOf = ({ failureMessages }: TestReport): string =>
  plain(failureMessages[0] ?? '').split('\n')[0]!;
