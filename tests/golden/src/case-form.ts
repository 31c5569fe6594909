import { z } from 'zod';
import { durationMs, momentOf } from './moments.ts';

/** The form of a golden case (docs/golden-cases.md). Every integer of the YAML is a bigint here. */

const cents = z.bigint({ error: 'must be a whole number of cents' });
const positiveCents = cents.refine((amount) => amount > 0n, { error: 'must be more than 0' });
const text = z.string().trim().min(1).max(200);
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, { error: 'must be a short name such as M1' });

const Account = z.string().regex(/^[EP](\.[a-z_]+)+(:[A-Za-z0-9_-]+)?$/, {
  error: 'must be an account such as E.escrow.milestone:M1',
});
const Amounts = z.record(Account, cents);
export type Amounts = z.output<typeof Amounts>;

const Ledger = z.enum(['E', 'P']);
export type Ledger = z.output<typeof Ledger>;

const ExpectedJournal = z
  .strictObject({ ledger: Ledger, lines: Amounts })
  .superRefine(({ ledger, lines }, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', path: ['lines'], message });
    for (const account of Object.keys(lines)) {
      if (!account.startsWith(`${ledger}.`)) problem(`"${account}" is no account of ledger ${ledger}`);
    }
    // A line of zero is never posted, so such a journal could not exist.
    if (Object.values(lines).every((amount) => amount === 0n)) problem('moves nothing');
  });
export type ExpectedJournal = z.output<typeof ExpectedJournal>;

const Expectation = z.strictObject({
  refused: z
    .union([z.literal(true), z.string().regex(/^[a-z_]+(\.[a-z_]+)*$/)], {
      error: 'must be true or a stable code such as milestone.released',
    })
    .optional(),
  journals: z.array(ExpectedJournal).optional(),
});
export type Expectation = z.output<typeof Expectation>;

/** Hundredths of a percent, from `33.33`, quoted or not. */
const Percent = z
  .union([z.string(), z.bigint(), z.number()], { error: 'must be a percentage such as 33.33' })
  .transform(String)
  .refine((percent) => /^\d{1,3}(\.\d{1,2})?$/.test(percent), {
    error: 'must be a percentage with at most two decimals',
  })
  .transform((percent) => Math.round(Number(percent) * 100));

const Milestone = z.strictObject({ id: Name, amount: positiveCents.optional(), percent: Percent.optional() });

const Contract = z
  .strictObject({
    type: z.literal('fixed').default('fixed'),
    'funding.mode': text.optional(),
    budget: positiveCents.optional(),
    milestones: z.array(Milestone).min(1),
  })
  .superRefine(({ budget, milestones }, context) => {
    const problem = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', path, message });
    milestones.forEach(({ id, amount, percent }, index) => {
      if ((amount === undefined) === (percent === undefined)) {
        problem('needs either amount or percent', 'milestones', index);
      }
      if (percent !== undefined && budget === undefined) problem('percent needs budget', 'milestones', index);
      const first = milestones.findIndex((other) => other.id === id);
      if (first !== index) problem('is the id of two milestones', 'milestones', index, 'id');
    });
  });
export type Contract = z.output<typeof Contract>;

/** Numbers for the APIs, whose JSON knows no bigint; amounts of settings are far below 2^53. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
const Options = z
  .record(z.string(), z.unknown())
  .transform((options) => plain(options) as Record<string, unknown>);
const Setting = z.union([z.bigint(), z.string().max(60), z.boolean()], {
  error: 'must be a whole number, a text, true or false',
});
const count = z.bigint({ error: 'must be a whole number' }).refine((times) => times > 0n, {
  error: 'must be more than 0',
});

/** `usable`: cooled off before the case starts (W-1). `account` names a number of the simulator's bank. */
const WithdrawalMethod = z.strictObject({
  id: Name,
  type: z.literal('ach'),
  usable: z.boolean().default(true),
  account: z
    .union([z.string(), z.bigint()])
    .transform(String)
    .refine((number) => /^\d{4,17}$/.test(number), { error: 'must be an account number' })
    .optional(),
});
export type WithdrawalMethod = z.output<typeof WithdrawalMethod>;

const Given = z.strictObject({
  policy: z
    .record(z.string(), Setting)
    .transform((settings) => plain(settings) as Record<string, number | string | boolean>)
    .optional(),
  contract: Contract.optional(),
  client: z
    .strictObject({
      method: z.enum(['card', 'paypal', 'bank']).optional(),
      card: z.string().max(100).optional(),
      backup: z.enum(['card', 'bank']).optional(),
    })
    .optional(),
  freelancer: z
    .strictObject({
      available: cents.refine((amount) => amount >= 0n).optional(),
      methods: z.array(WithdrawalMethod).min(1).optional(),
    })
    .optional(),
  treasury: z.strictObject({ surplus: cents }).optional(),
});
export type Given = z.output<typeof Given>;

function step<W extends string, S extends z.ZodRawShape>(word: W, shape: S) {
  return z.strictObject({ do: z.literal(word), ...shape, expect: Expectation.optional() });
}
const milestone = Name;
/** A part of what is held, and a bonus beside it. */
const paid = { amount: positiveCents.optional(), bonus: positiveCents.optional() };
const Duration = z.string().refine((by) => durationMs(by) !== undefined, {
  error: 'must be an ISO 8601 duration such as PT120H or P14D',
});
const anyTime = { start: new Date(0), now: new Date(0) };
const Moment = z.string().refine((to) => momentOf(to, anyTime) !== undefined, {
  error: 'must be a weekday and time (Saturday 00:00), a duration since the start, or an instant (UTC)',
});

/** The step words. A new one is an entry here and a case in `step-words.ts`. */
export const Step = z.discriminatedUnion('do', [
  step('accept', {}),
  step('fund', { milestone: milestone.optional(), all: z.literal(true).optional() }).refine(
    ({ milestone: one, all }) => (one === undefined) !== (all === undefined),
    { error: 'needs either milestone or all' },
  ),
  step('pay', { milestone }),
  step('submit', { milestone }),
  step('request_changes', { milestone }),
  step('approve', { milestone, ...paid }),
  step('release', { milestone, ...paid }),
  step('bonus', { amount: positiveCents }),
  step('give_back', { milestone }),
  step('end', {
    amounts: z
      .record(
        Name,
        cents.refine((amount) => amount >= 0n),
      )
      .default({}),
  }),
  step('approve_refund', {}),
  step('refund', { milestone, amount: positiveCents.optional() }),
  step('reroute_refund', {}),
  step('withdraw', { amount: positiveCents, method: Name }),
  step('settle_card', { amount: positiveCents.optional() }),
  step('chargeback', { charge: Name, amount: positiveCents.optional() }),
  step('chargeback_decided', {
    outcome: z.enum(['won', 'lost', 'reinstated_later']),
    fee_returned: z.boolean().default(false),
  }),
  step('top_up', {}),
  step('sweep', {}),
  step('advance', { by: Duration.optional(), to: Moment.optional() }).refine(
    ({ by, to }) => (by === undefined) !== (to === undefined),
    { error: 'needs either by or to' },
  ),
  step('provider', {
    op: text,
    fault: text,
    params: Options.optional(),
    match: Options.optional(),
    times: count.transform(Number).optional(),
  }),
]);
export type Step = z.output<typeof Step>;
export const stepWords: readonly string[] = Step.options.map(({ shape }) => shape.do.value);

export const GoldenCase = z
  .strictObject({
    id: text,
    title: text.optional(),
    given: Given.default({}),
    steps: z.array(Step).min(1),
    end: z.strictObject({ balances: Amounts }).optional(),
  })
  .superRefine(({ given, steps }, context) => {
    const known = given.contract?.milestones.map(({ id }) => id) ?? [];
    const methods = given.freelancer?.methods?.map(({ id }) => id) ?? [];
    const problem = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', path, message });
    methods.forEach((id, index) => {
      if (methods.indexOf(id) === index) return;
      problem('is the id of two methods', 'given', 'freelancer', 'methods', index, 'id');
    });
    steps.forEach((each, index) => {
      if (each.do === 'fund' && each.all && given.contract?.['funding.mode'] !== 'project_upfront')
        problem('needs funding.mode project_upfront', 'steps', index, 'all');
      if ('milestone' in each && each.milestone !== undefined && !known.includes(each.milestone))
        problem('is no milestone of given.contract', 'steps', index, 'milestone');
      if (each.do === 'chargeback' && ![...known, 'bonus'].includes(each.charge))
        problem('is no milestone of given.contract, nor the bonus', 'steps', index, 'charge');
      for (const name of 'amounts' in each ? Object.keys(each.amounts) : []) {
        if (!known.includes(name))
          problem('is no milestone of given.contract', 'steps', index, 'amounts', name);
      }
      if ('method' in each && !methods.includes(each.method))
        problem('is no method of given.freelancer', 'steps', index, 'method');
    });
  });
export type GoldenCase = z.output<typeof GoldenCase>;
