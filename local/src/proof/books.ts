import type { Collection } from './collection.ts';
import { type Check, checkOf, count, dollars, Findings } from './findings.ts';
import type { SealItem, ServiceCheck } from './wire.ts';

/** What each service proves alone, one line for all of them. */
const own = [
  { check: 'journals.balance', rule: 'I1', figureOf: figure('journals', 'journal') },
  { check: 'balances.equal', rule: 'I2', figureOf: figure('accounts', 'stored balance') },
  {
    check: 'held.covered',
    rule: 'I3',
    figureOf: ({ heldMinor = '0' }: ServiceCheck['figures']) => `${dollars(BigInt(heldMinor))} held`,
  },
  { check: 'clearing.named', rule: 'M-22', figureOf: figure('postings', 'posting') },
  {
    check: 'milestones.add_up',
    rule: 'M-4',
    figureOf: ({ milestones = '0', bonuses = '0' }: ServiceCheck['figures']) =>
      `${count(BigInt(milestones), 'milestone')}, ${bonusCount(BigInt(bonuses))}`,
  },
  { check: 'events.counted', rule: 'I7', figureOf: figure('events', 'event') },
] as const;

const bonusCount = (number: bigint): string => (number === 1n ? '1 bonus' : `${number} bonuses`);

function figure(name: string, noun: string) {
  return (figures: ServiceCheck['figures']): string => count(BigInt(figures[name] ?? '0'), noun);
}

/** I1, I2, I3 of every ledger, and what else a service proves from its own tables. */
export function booksHold({ summaries }: Collection): Check[] {
  return own.map(({ check: name, rule, figureOf }) => {
    const wrong = new Findings();
    const figures: string[] = [];
    for (const { service, checks } of summaries) {
      const check = checks.find((one) => one.name === name);
      if (!check) continue;
      figures.push(`${service} ${figureOf(check.figures)}`);
      const findings = check.findings.map(({ id, what }) => ({ id, what: `${service}: ${what}` }));
      wrong.addAll(findings, check.findingsTotal);
    }
    return checkOf(name, rule, figures.join(', '), wrong);
  });
}

interface Head {
  id: string;
  position: string;
  journalId: string;
  hash: string;
}

/** As many as one address takes. */
const headsAtOnce = 100;

/**
 * I10: every chain verifies, recomputed by its own service from the rows, and has each head that was ever published: who
 * rewrites a chain, or cuts it, cannot rewrite the topic.
 */
export async function chainsReachTheirHeads({ store, summaries, sources }: Collection): Promise<Check> {
  const wrong = new Findings();
  const figures: string[] = [];
  for (const { service, ledger, checks } of summaries) {
    const chain = checks.find(({ name }) => name === 'chain.verifies');
    if (!ledger || !chain) continue;
    const findings = chain.findings.map(({ id, what }) => ({ id, what: `${service}: journal ${what}` }));
    wrong.addAll(findings, chain.findingsTotal);
    const heads = store.all<Head>(
      `select id, position, journal_id as "journalId", hash from heads where service = ? group by id
        order by cast(position as integer)`,
      service,
    );
    for (let from = 0; from < heads.length; from += headsAtOnce) {
      const some = heads.slice(from, from + headsAtOnce);
      const numbers = some.map(({ position }) => position).filter((position) => /^\d{1,18}$/.test(position));
      const seals = await sources.get(service)!.lookUp<SealItem>('seals', numbers, 'numbers');
      const stored = new Map(seals.map((seal) => [seal.number, seal]));
      for (const head of some) compare(service, head, stored.get(head.position), wrong);
    }
    const seals = count(BigInt(chain.figures.seals ?? '0'), 'seal');
    figures.push(`${service} ${seals}, ${count(heads.length, 'published head')}`);
  }
  return checkOf('chain.verifies', 'I10', figures.join(', '), wrong);
}

function compare(service: string, head: Head, seal: SealItem | undefined, wrong: Findings): void {
  const published = `the published head ${head.position} (event ${head.id})`;
  if (!seal) {
    wrong.add(head.journalId, `${service}: journal missing: the chain ends before ${published}`);
  } else if (seal.hash !== head.hash || seal.journalId !== head.journalId) {
    wrong.add(head.journalId, `${service}: journal, or one before it, is not what ${published} has sealed`);
  }
}
