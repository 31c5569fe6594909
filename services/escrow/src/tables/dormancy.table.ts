import { NotYet, usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { type AskedDormancy, type Dormancy, loserOf } from '../domain/dormancy.ts';
import type { Proof } from '../domain/refund-request.ts';
import { NoticeProofTable } from './refund-request.table.ts';

/** How long nothing has happened under an agreement, and who is asked (E-20). The id is the agreement's. */
export const DormancyTable = defineEntity({
  name: 'Dormancy',
  tableName: 'dormancies',
  properties: {
    id: p.uuid().primary(),
    clientId: p.text(),
    freelancerId: p.text(),
    status: p.text().$type<Dormancy['status']>(),
    activityAt: p.datetime(),
    dueDates: p.json<Record<string, string>>(),
    /** When the next turn begins; it moves no money. */
    turnAt: p.datetime().nullable(),
    since: p.datetime().nullable(),
    /** When silence moves the money; null while it waits. */
    dueAt: p.datetime().nullable(),
    waits: p.text().$type<'proof' | 'operator'>().nullable(),
    balanceMinor: p.bigint(),
    milestoneIds: p.json<string[]>(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof DormancyTable>, 'version'>;

export function toRow(dormancy: Dormancy): Row {
  const { id, clientId, freelancerId, status, activityAt, dueDates } = dormancy;
  const asked = 'since' in dormancy ? dormancy : undefined;
  return {
    id,
    clientId,
    freelancerId,
    status,
    activityAt,
    dueDates: { ...dueDates },
    turnAt: 'turnAt' in dormancy ? dormancy.turnAt : null,
    since: asked?.since ?? null,
    dueAt: asked?.dueAt ?? null,
    waits: asked?.waits ?? null,
    balanceMinor: asked?.balance.amountMinor ?? 0n,
    milestoneIds: [...(asked?.milestoneIds ?? [])],
  };
}

export function fromRow(row: Row): Dormancy {
  const { id, clientId, freelancerId, activityAt, dueDates, status } = row;
  const known = { id, clientId, freelancerId, activityAt, dueDates };
  switch (status) {
    case 'idle':
      return { ...known, status };
    case 'watching':
    case 'announced':
    case 'client_asked':
      return { ...known, status, turnAt: row.turnAt! };
    case 'freelancer_asked':
    case 'release_requested': {
      const { milestoneIds } = row;
      const asked = { ...known, status, since: row.since!, balance: usd(row.balanceMinor), milestoneIds };
      return row.dueAt ? { ...asked, dueAt: row.dueAt } : { ...asked, waits: row.waits! };
    }
  }
}

/**
 * A foreign id is an unknown id: the party stands in the statement.
 * @throws NotYet agreement.unknown
 */
export async function loadDormancy(
  tx: Tx,
  id: string,
  owner: { clientId?: string; freelancerId?: string } = {},
): Promise<Dormancy> {
  const row = await tx.one(DormancyTable, { id, ...owner });
  if (!row) throw new NotYet('agreement.unknown');
  return fromRow(row);
}

export const insertDormancy = (tx: Tx, dormancy: Dormancy): void => tx.insert(DormancyTable, toRow(dormancy));
export const saveDormancy = (tx: Tx, dormancy: Dormancy): void => tx.save(DormancyTable, toRow(dormancy));

/** What proves that the one who would lose by silence was told of this agreement's steps. */
export async function dormancyProofs(tx: Tx, dormancy: AskedDormancy): Promise<Proof[]> {
  const rows = await tx.many(NoticeProofTable, {
    deadlineKind: 'dormancy.step',
    deadlineId: dormancy.id,
    accountId: loserOf(dormancy),
  });
  return rows.map(({ id: noticeId, provenAt }) => ({ noticeId, provenAt }));
}
