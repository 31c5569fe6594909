import { describe, expect, it } from '@jest/globals';
import { CaseError } from './case-error.ts';
import { readCase } from './read-case.ts';

const withSteps = (steps: string): string => `
id: X-101
given: { contract: { milestones: [{ id: M1, amount: 100001 }] } }
steps: ${steps}
`;

function problem(yaml: string): string {
  try {
    readCase(yaml);
  } catch (error) {
    if (error instanceof CaseError) return `${error.path}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a case', () => {
  it('keeps amounts exact and turns percents into hundredths', () => {
    const golden = readCase(`
id: X-101
given:
  policy: { fee.client_bps: 500 }
  contract:
    budget: 9007199254740993
    milestones: [{ id: M1, percent: 33.33 }, { id: M2, percent: "66.67" }]
steps: [{ do: provider, op: charge.confirm, fault: slow-executed, params: { seconds: 2 }, times: 3 }]
end: { balances: { "E.escrow.milestone:M1": 9007199254740993 } }
`);
    expect(golden.given.contract?.budget).toBe(9_007_199_254_740_993n);
    expect(golden.given.contract?.milestones.map(({ percent }) => percent)).toEqual([3333, 6667]);
    expect(golden.given.policy).toEqual({ 'fee.client_bps': 500 });
    expect(golden.steps[0]).toMatchObject({ params: { seconds: 2 }, times: 3 });
    expect(golden.end?.balances['E.escrow.milestone:M1']).toBe(9_007_199_254_740_993n);
  });

  it.each([
    ['[{ do: aprove }]', 'steps[0].do: unknown step word "aprove" (known: accept, fund,'],
    ['[{ milestone: M1 }]', 'steps[0].do: a step word is missing'],
    ['[accept]', 'steps[0]: expected object, not "accept"'],
    ['[{ do: submit }]', 'steps[0].milestone: is missing'],
    ['[{ do: submit, milestone: M9 }]', 'steps[0].milestone: "M9" is no milestone of given.contract'],
    ['[{ do: accept, by: P1D }]', 'steps[0]: unknown key "by"'],
    ['[{ do: fund }]', 'steps[0]: needs either milestone or all'],
    ['[{ do: fund, all: true }]', 'steps[0].all: true needs funding.mode project_upfront'],
    ['[{ do: release, milestone: M1, amount: 0 }]', 'steps[0].amount: 0 must be more than 0'],
    ['[{ do: advance }]', 'steps[0]: needs either by or to'],
    ['[{ do: advance, by: soon }]', 'steps[0].by: "soon" must be an ISO 8601 duration'],
    [
      '[{ do: accept, expect: { refused: false } }]',
      'steps[0].expect.refused: must be true or a stable code',
    ],
    ['[{ do: accept, expect: { journals: [{ ledger: X, lines: {} }] } }]', 'unknown word "X" (known: E, P)'],
    [
      '[{ do: accept, expect: { journals: [{ ledger: E, lines: {} }] } }]',
      'journals[0].lines: moves nothing',
    ],
    [
      '[{ do: accept, expect: { journals: [{ ledger: E, lines: { P.clearing.escrow: 1 } }] } }]',
      'lines: "P.clearing.escrow" is no account of ledger E',
    ],
    [
      '[{ do: accept, expect: { journals: [{ ledger: E, lines: { "E.cash.trust:card": 10.5 } }] } }]',
      'lines["E.cash.trust:card"]: must be a whole number of cents, not 10.5',
    ],
    ['[]', 'steps: '],
  ])('with steps %s is refused with the place and the word', (steps, expected) => {
    expect(problem(withSteps(steps))).toContain(expected);
  });

  it.each([
    ['milestones: [{ id: M1 }]', 'milestones[0]: needs either amount or percent'],
    ['milestones: [{ id: M1, percent: 100 }]', 'milestones[0]: percent needs budget'],
    ['milestones: [{ id: M1, amount: 0 }]', 'milestones[0].amount: 0 must be more than 0'],
    ['milestones: [{ id: M1, amount: 12.5 }]', 'amount: must be a whole number of cents, not 12.5'],
    ['milestones: [{ id: M1, amount: "7" }]', 'amount: must be a whole number of cents, not "7"'],
    [
      'milestones: [{ id: M1, amount: 1 }, { id: M1, amount: 2 }]',
      '[1].id: "M1" is the id of two milestones',
    ],
    ['budget: 5, milestones: [{ id: M1, percent: 33.333 }]', 'percent: 33.333 must be a percentage'],
    ['type: hourly, milestones: []', 'given.contract.type: unknown word "hourly" (known: fixed)'],
  ])('with the contract { %s } is refused with the place and the word', (contract, expected) => {
    expect(problem(`id: X-102\ngiven: { contract: { ${contract} } }\nsteps: [{ do: accept }]`)).toContain(
      expected,
    );
  });

  it.each([
    ['', 'is no golden case'],
    ['- id: X-101', 'is no golden case'],
    ['id: [', 'is no YAML'],
    ['id: X-101\nid: X-102', 'is no YAML: Map keys must be unique'],
    ['title: nameless\nsteps: [{ do: accept }]', 'id: is missing'],
    ['id: X-103\nstep: [{ do: accept }]\nsteps: [{ do: accept }]', 'unknown key "step"'],
  ])('%j is refused', (yaml, expected) => {
    expect(problem(yaml)).toContain(expected);
  });
});
