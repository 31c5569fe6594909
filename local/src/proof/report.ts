import type { ProofResult } from './prove.ts';
import type { Finding } from './wire.ts';

/** What each check says in words. */
const titles: Readonly<Record<string, string>> = {
  'journals.balance': 'Journals balance',
  'balances.equal': 'Stored balances equal their entries',
  'held.covered': 'Nothing held is below zero',
  'clearing.named': 'Clearing names its transfers',
  'milestones.add_up': 'Each milestone and bonus adds up, with its lots',
  'events.counted': 'Outboxes hold only what was counted',
  'chain.verifies': 'Chains verify and reach their published heads',
  'events.published': 'Every event stands on its topic',
  'events.applied': 'Every event is applied once by whoever handles it',
  'clearing.mirrors': 'Clearing mirrors, transfer by transfer',
};

const shownMax = 20;
const nameWidth = 62;

/** One line for each check with its figure; below, by id, what is wrong and what is under way. */
export function linesOf({ holds, checks, underWay, underWayTotal }: ProofResult): string[] {
  const lines = checks.map(({ name, rule, holds: good, figure }) => {
    const title = titles[name] ?? `The ${name.replace(/^provider\./, '')} provider's book is ours`;
    return `  ${good ? 'yes' : 'NO '}  ${`${title} (${rule})`.padEnd(nameWidth)}${figure}`;
  });
  for (const { name, findings, findingsTotal } of checks) {
    lines.push(...listed(`${name}: ${findingsTotal} wrong`, findings, findingsTotal));
  }
  lines.push(...listed(`Under way: ${underWayTotal}, each explained`, underWay, underWayTotal));
  const verdict = holds
    ? 'The proof holds: every cent and every fact is where it should be.'
    : 'The proof FAILS.';
  return [...lines, '', `  ${verdict}`];
}

function listed(title: string, findings: readonly Finding[], total: number): string[] {
  if (total === 0) return [];
  const shown = findings.slice(0, shownMax).map(({ id, what }) => `    ${id}  ${what}`);
  const more = total > shown.length ? [`    and ${total - shown.length} more; --json lists up to 1,000`] : [];
  return ['', `  ${title}`, ...shown, ...more];
}
