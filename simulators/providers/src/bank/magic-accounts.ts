/** How an account behaves towards every order to it, or towards its first one. */
export type Behaviour =
  | 'pays'
  | 'fails_once'
  | 'fails'
  | 'denies'
  | 'cancels'
  | 'returns_before_paid'
  | 'returns_after_paid'
  | 'refuses_after_paid';

/** By the last digit; the digits between let each test have an account of its own. */
const behaviours: Readonly<Record<string, Behaviour>> = {
  1: 'fails_once',
  2: 'fails',
  3: 'denies',
  4: 'returns_before_paid',
  5: 'returns_after_paid',
  6: 'refuses_after_paid',
  7: 'cancels',
};

/** Numbers that begin with 9000 are magic; all others, and an unlisted last digit, pay. */
export function behaviourOf(accountNumber: string): Behaviour {
  if (!accountNumber.startsWith('9000')) return 'pays';
  return behaviours[accountNumber.slice(-1)] ?? 'pays';
}
