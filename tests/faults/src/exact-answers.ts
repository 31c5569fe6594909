import type { Service } from '@holdfast/journeys';
import { serviceNames } from '@holdfast/local';
import type { Violations } from './exact-money.ts';
import type { Answered } from './patient-people.ts';
import type { Rig } from './rig.ts';

interface Mark {
  command: string;
  message_id: string;
  answer: unknown;
  refusal: { code: string } | null;
}

const nameOf = ({ accountId, path, key }: Answered): string => `${accountId} ${path} ${key}`;
const same = (left: unknown, right: unknown): boolean => canonical(left) === canonical(right);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    item && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** I9: one key of one caller has one command and one recorded answer, which every repeat is given. */
export async function answersAreOne(rig: Rig): Violations {
  const found: string[] = [];
  for (const service of serviceNames) {
    const own = rig.market.answers.entries.filter(
      (entry) => entry.service === service && !isOperators(entry),
    );
    const marks = await marksOf(rig, service, own);
    for (const entries of Map.groupBy(own, nameOf).values()) found.push(...judge(entries, marks));
  }
  return found;
}

/** An operator's redrive needs no key: the inbox makes its repeat harmless. */
const isOperators = ({ path }: Answered): boolean => path.startsWith('/v1/parked-messages/');

async function marksOf(
  rig: Rig,
  service: Service,
  entries: readonly Answered[],
): Promise<Map<string, Mark[]>> {
  const marks = await rig.sql<Mark & Record<string, unknown>>(
    service,
    'select command, message_id, answer, refusal from inbox where message_id = any($1)',
    [entries.map(({ accountId, key }) => `${accountId}/${key}`)],
  );
  return Map.groupBy(marks, ({ message_id }) => message_id);
}

function judge(entries: readonly Answered[], marks: Map<string, Mark[]>): string[] {
  const [first] = entries as [Answered];
  const own = marks.get(`${first.accountId}/${first.key}`) ?? [];
  const name = nameOf(first);
  if (own.length > 1) return [`I9: ${name} stands ${own.length} times in the inbox`];
  const mark = own[0];
  return entries.flatMap(({ answer: { status, body } }) => {
    if (status < 300) {
      if (!mark) return [`I11: ${name} was acknowledged and is not there`];
      if (!same(body, mark.answer))
        return [`I9: ${name} was answered ${canonical(body)}, recorded ${canonical(mark)}`];
      return [];
    }
    // 422: the key belongs to another content, whose answer stands there.
    if (!mark || body?.code === 'idempotency.key_reused') return [];
    return mark.refusal?.code === body?.code
      ? []
      : [`I9: ${name} was refused ${body?.code}: ${canonical(mark)}`];
  });
}

interface Trace {
  path: RegExp;
  service: Service;
  text: string;
  /** The field of the answer that names what must be there; else the account. */
  field?: string;
}

/** Where the effect of each command stands. */
const traces: readonly Trace[] = [
  { path: /^\/v1\/accounts$/, service: 'contracts', text: 'select id from accounts' },
  { path: /^\/v1\/offers$/, service: 'contracts', text: 'select id::text from offers', field: 'offerId' },
  {
    path: /^\/v1\/offers\/[^/]+\/accept$/,
    service: 'contracts',
    text: 'select id::text from agreements',
    field: 'agreementId',
  },
  {
    path: /\/submissions$/,
    service: 'contracts',
    text: 'select id::text from submissions',
    field: 'submissionId',
  },
  {
    path: /^\/v1\/billing-methods$/,
    service: 'escrow',
    text: 'select id::text from billing_methods',
    field: 'methodId',
  },
  {
    path: /\/(fund|pay|bonus)$/,
    service: 'escrow',
    text: 'select id::text from fundings',
    field: 'fundingId',
  },
  {
    path: /\/release$/,
    service: 'escrow',
    text: `select t.id::text from transfers t
      join milestones m on m.id = t.milestone_id and (coalesce(m.held_minor, 0) = 0 or m.held_minor < m.principal_minor)
      join journals j on j.transfer_id = t.id and j.kind = 'release'`,
    field: 'transferId',
  },
];

/** I11: every acknowledged success is found in the state. */
export async function acknowledgedIsThere(rig: Rig): Violations {
  const found: string[] = [];
  for (const { path, service, text, field } of traces) {
    const acknowledged = rig.market.answers.successes.filter((entry) => path.test(entry.path));
    if (acknowledged.length === 0) continue;
    const rows = await rig.sql<{ id: string }>(service, text);
    const there = new Set(rows.map(({ id }) => id));
    for (const entry of acknowledged) {
      const id = field ? entry.answer.body[field] : entry.accountId;
      if (!there.has(id)) found.push(`I11: ${nameOf(entry)}: ${id} is not in ${service}`);
    }
  }
  return found;
}
