import { usd } from '@holdfast/domain';
import type { ProposedTerms } from '../domain/terms.ts';

/** A website in two milestones of 100.00 and 50.00. */
export const someTerms = (more: Partial<ProposedTerms> = {}): ProposedTerms => ({
  type: 'fixed',
  title: 'Website for a bakery',
  scope: 'Five pages with an order form',
  deliverables: 'Source and a running copy',
  startDate: '2026-12-01',
  milestones: [
    { title: 'Design', price: usd(10_000n), dueDate: '2026-12-15' },
    { title: 'Build', price: usd(5_000n), dueDate: '2027-01-15' },
  ],
  ...more,
});
