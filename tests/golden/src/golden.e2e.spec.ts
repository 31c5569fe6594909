import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Marketplace, runningMarketplace } from '@holdfast/journeys';
import { type PortName, portVariable, projectRoot } from '@holdfast/local';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CaseError } from './case-error.ts';
import { filesNamed, readCaseFile } from './case-files.ts';
import { playCase } from './play-case.ts';
import { readCase } from './read-case.ts';
import { readSettings } from './settings.ts';

const limitMs = 90_000;
const files = filesNamed([]);
const textOf = (id: string): string =>
  readFileSync(files.find((file) => file.endsWith(`${id}.yaml`))!, 'utf8');

let market: Marketplace;
const play = (yaml: string): Promise<string | undefined> => playCase(market, readCase(yaml));

beforeAll(() => {
  market = runningMarketplace();
});

describe('the golden cases', () => {
  it.each(files)(
    '%s',
    async (file) => {
      expect(await playCase(market, readCaseFile(file).golden)).toBeUndefined();
    },
    limitMs,
  );
});

describe('a difference', () => {
  it(
    'in a journal is told with step, account, expected and actual',
    async () => {
      const wrong = textOf('G-1').replace('E.fee.client_held: -5000', 'E.fee.client_held: -5001');
      expect(await play(wrong)).toBe(
        'step 1 (accept), ledger E: E.fee.client_held expected -5001, actual -5000',
      );
    },
    limitMs,
  );

  it(
    'in a balance at the end is told, too',
    async () => {
      const wrong = textOf('G-1').replace('E.escrow.milestone: 100000', 'E.escrow.milestone: 0');
      expect(await play(wrong)).toBe('end, balances: E.escrow.milestone expected 0, actual 100000');
    },
    limitMs,
  );

  it(
    'is a step that is refused, or is not',
    async () => {
      const refused = (expect: string) => `
id: X-101
given: { contract: { milestones: [{ id: M1, amount: 10000 }] } }
steps: [{ do: accept }, { do: accept${expect} }]
`;
      expect(await play(refused(''))).toBe(
        'step 2 (accept), refused with offer.not_open, expected to go through',
      );
      expect(await play(refused(', expect: { refused: offer.not_open }'))).toBeUndefined();
    },
    limitMs,
  );
});

describe('a case that nobody has seen before', () => {
  it(
    'goes from a charge that needs the payer, over requested changes, to a release by silence',
    async () => {
      const difference = await play(`
id: X-102
title: A payer who must be there, a second round, silence
given:
  policy: { fee.client_bps: 300, fee.freelancer_bps: 0, fee.initiation: 0, hold.days: 2 }
  contract: { budget: 100001, milestones: [{ id: Half, percent: 50 }, { id: Rest, percent: "50.00" }] }
  freelancer: { available: 777 }
steps:
  - { do: provider, op: charge.confirm, fault: payer-needed }
  - { do: accept, expect: { journals: [] } }
  - { do: submit, milestone: Half, expect: { refused: not_funded, journals: [] } }
  - { do: provider, op: charge.confirm, fault: duplicate-webhook, params: { count: 3 } }
  - do: fund
    milestone: Half
    expect:
      journals:
        - ledger: E
          lines: { E.cash.trust: 51501, "E.escrow.milestone:Half": -50001, E.fee.client_held: -1500 }
  - { do: submit, milestone: Half }
  - { do: request_changes, milestone: Half, expect: { journals: [] } }
  - { do: submit, milestone: Half }
  - { do: advance, by: P13D, expect: { journals: [] } }
  - do: advance
    to: P14DT1H
    expect:
      journals:
        - ledger: E
          lines:
            E.escrow.milestone: 50001
            E.fee.client_held: 1500
            E.revenue.client_fee: -1500
            E.clearing.payouts: -50001
        - { ledger: P, lines: { P.clearing.escrow: 50001, "P.freelancer.pending:F1": -50001 } }
  - { do: request_changes, milestone: Half, expect: { refused: true, journals: [] } }
  - do: advance
    to: Thursday 00:00
    expect:
      journals:
        - { ledger: P, lines: { P.freelancer.pending: 50001, P.freelancer.available: -50001 } }
end: { balances: { P.freelancer.available: 50778, P.clearing.escrow: 50778, E.clearing.payouts: 50778 } }
`);
      expect(difference).toBeUndefined();
    },
    limitMs,
  );

  it(
    'leaves the settings as they were',
    async () => {
      const before = await readSettings(market);
      const unlike = textOf('G-1').replace('fee.client_bps: 500', 'fee.client_bps: 700');
      expect(await play(unlike)).toContain('E.fee.client_held expected -5000, actual -7000');
      expect(await readSettings(market)).toEqual(before);
    },
    limitMs,
  );

  it.each([
    [
      'policy: { fee.klient_bps: 1 }',
      '{ do: accept }',
      'given.policy["fee.klient_bps"]: unknown setting "fee.klient_bps"',
    ],
    [
      'policy: { hold.days: -1 }',
      '{ do: accept }',
      'given.policy["hold.days"]: contracts refuses the value -1',
    ],
    ['policy: {}', '{ do: provider, op: charge.confirm, fault: sloth }', 'steps[0]: unknown fault "sloth"'],
  ])(
    'with %s and %s is refused with the place and the word',
    async (given, step, expected) => {
      const problem = await play(`id: X-103\ngiven: { ${given} }\nsteps: [${step}]`).catch((error) => error);
      expect(problem).toBeInstanceOf(CaseError);
      expect(`${problem.path}: ${problem.message}`).toBe(expected);
    },
    limitMs,
  );
});

describe('the command', () => {
  const program = join(import.meta.dirname, '../dist/main.js');

  function run(...names: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const ports = Object.entries(market.urls).map(([name, url]) => [
      portVariable(name as PortName),
      new URL(url).port,
    ]);
    const env = { ...process.env, ...Object.fromEntries(ports) };
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...names], { cwd: projectRoot, env }, (error, stdout, stderr) =>
        resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  }

  it(
    'plays files against the running system, and names what is wrong with the others',
    async () => {
      const good = 'tests/golden/G-1.yaml';
      expect(await run(good)).toEqual({ status: 0, stdout: 'G-1 ok\n', stderr: '' });
      expect(await run('tests/golden/package.json', good, 'G-0.yaml')).toEqual({
        status: 1,
        stdout: 'G-1 ok\n',
        stderr: 'tests/golden/package.json: id: is missing\nG-0.yaml: there is no such file\n',
      });
    },
    limitMs,
  );
});
