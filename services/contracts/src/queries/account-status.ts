import type { EntityManager, InferEntity } from '@mikro-orm/postgresql';
import { type AccountStatus, statusOf } from '../domain/account.ts';
import type { AccountTable } from '../tables/account.table.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import type { HoldRow } from '../tables/hold.table.ts';

/** How it stands with an account (S-12). */
export async function accountStatus(
  em: EntityManager,
  { id, closedAt }: Pick<InferEntity<typeof AccountTable>, 'id' | 'closedAt'>,
  standing: readonly Pick<HoldRow, 'kind'>[],
): Promise<AccountStatus> {
  const account = { holds: standing.map(({ kind }) => kind), closedAt: closedAt ?? undefined };
  const contract =
    (await em.findOne(AgreementTable, { clientId: id })) ??
    (await em.findOne(AgreementTable, { freelancerId: id }));
  return statusOf(account, contract !== null);
}
