import { describe, expect, test } from '@jest/globals';
import { AcceptOfferBody, OpenAccountBody, SendOfferBody, SubmitWorkBody } from './bodies.ts';

const offer = {
  freelancerId: 'freelancer-1',
  title: 'Website',
  scope: 'Five pages',
  deliverables: 'Source',
  startDate: '2026-12-01',
  type: 'fixed',
  milestones: [{ title: 'All', price: { amountMinor: '10000', currency: 'USD' }, dueDate: '2026-12-15' }],
};
const byPercent = [{ title: 'All', percentHundredths: 10_000, dueDate: '2026-12-15' }];
const accepted = (body: object): boolean => SendOfferBody.safeParse(body).success;

describe('A-1: every field of an offer is required', () => {
  test('a complete one is taken', () => expect(accepted(offer)).toBe(true));

  test.each(Object.keys(offer))('not without %s', (field) => {
    expect(accepted({ ...offer, [field]: undefined })).toBe(false);
  });

  test.each(['title', 'price', 'dueDate'])('no milestone without %s', (field) => {
    expect(accepted({ ...offer, milestones: [{ ...offer.milestones[0], [field]: undefined }] })).toBe(false);
  });

  test('blank texts are no texts', () => expect(accepted({ ...offer, scope: ' \n' })).toBe(false));
});

test('A-2: amounts are in USD, as digits, above zero', () => {
  const priced = (price: unknown) => ({
    ...offer,
    milestones: [{ title: 'All', price, dueDate: '2026-12-15' }],
  });
  expect(accepted(priced({ amountMinor: '10000', currency: 'EUR' }))).toBe(false);
  expect(accepted(priced({ amountMinor: 10_000, currency: 'USD' }))).toBe(false);
  expect(accepted(priced({ amountMinor: '0', currency: 'USD' }))).toBe(false);
});

describe('A-9: a milestone has either a price or a percent of the budget', () => {
  const budget = { amountMinor: '10000', currency: 'USD' };

  test('a percent needs the budget', () => {
    expect(accepted({ ...offer, milestones: byPercent })).toBe(false);
    expect(accepted({ ...offer, budget, milestones: byPercent })).toBe(true);
  });

  test('both at once is neither', () => {
    const both = [{ ...byPercent[0], price: budget }];
    expect(accepted({ ...offer, budget, milestones: both })).toBe(false);
  });

  test('1 to 50 milestones', () => {
    const many = (count: number) => Array.from({ length: count }, () => offer.milestones[0]);
    expect([0, 1, 50, 51].map((count) => accepted({ ...offer, milestones: many(count) }))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

test('E-4: the message of a submission is required, files are optional', () => {
  const file = { name: 'page.pdf', sha256: 'a'.repeat(64) };
  expect(SubmitWorkBody.safeParse({ files: [file] }).success).toBe(false);
  expect(SubmitWorkBody.safeParse({ message: 'x'.repeat(5_001) }).success).toBe(false);
  expect(SubmitWorkBody.parse({ message: ' Done ' })).toEqual({ message: 'Done', files: [] });
  expect(SubmitWorkBody.parse({ message: 'Done', files: [file] }).files).toEqual([file]);
});

test('S-1: an account names each of its roles once', () => {
  expect(OpenAccountBody.safeParse({ roles: ['client', 'freelancer'], region: 'US' }).success).toBe(true);
  expect(OpenAccountBody.safeParse({ roles: ['client', 'client'], region: 'US' }).success).toBe(false);
  expect(OpenAccountBody.safeParse({ roles: [], region: 'US' }).success).toBe(false);
  expect(OpenAccountBody.safeParse({ roles: ['operator'], region: 'US' }).success).toBe(false);
});

test('A-6: accepting names the version that was shown', () => {
  expect(AcceptOfferBody.safeParse({}).success).toBe(false);
  expect(AcceptOfferBody.safeParse({ version: 1 }).success).toBe(true);
});
