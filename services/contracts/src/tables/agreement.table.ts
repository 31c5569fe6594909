import { Money, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Agreement, Left, PartyRole } from '../domain/agreement.ts';

export const AgreementTable = defineEntity({
  name: 'Agreement',
  tableName: 'agreements',
  properties: {
    id: p.uuid().primary(),
    clientId: p.text(),
    freelancerId: p.text(),
    contractType: p.text().$type<Agreement['contractType']>(),
    termsVersion: p.integer(),
    settings: p.json<PinnedSettings>(),
    activatedAt: p.datetime(),
    status: p.text().$type<Agreement['status']>(),
    pausedAt: p.datetime().nullable(),
    closingBy: p.text().$type<PartyRole>().nullable(),
    closingAt: p.datetime().nullable(),
    /** What escrow last said is left while it closes. */
    leftMinor: p.bigint().nullable(),
    leftItems: p.json<Left['openItems']>().nullable(),
    endedAt: p.datetime().nullable(),
    /** Escrow was asked for it and has not answered (M-15). */
    fundingUnanswered: p.boolean(),
    endUnanswered: p.boolean(),
    version: p.integer(),
  },
});
type Row = Omit<InferEntity<typeof AgreementTable>, 'version'>;

export function toRow(agreement: Agreement): Row {
  const { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt, status } = agreement;
  const left = status === 'closing' ? agreement.left : undefined;
  return {
    id,
    clientId,
    freelancerId,
    contractType,
    termsVersion,
    settings,
    activatedAt,
    status,
    pausedAt: status === 'paused' ? agreement.pausedAt : null,
    closingBy: 'closingBy' in agreement ? agreement.closingBy : null,
    closingAt: 'closingAt' in agreement ? agreement.closingAt : null,
    leftMinor: left?.balance.amountMinor ?? null,
    leftItems: left?.openItems ?? null,
    endedAt: status === 'ended' ? agreement.endedAt : null,
    fundingUnanswered: agreement.unanswered?.includes('funding') ?? false,
    endUnanswered: agreement.unanswered?.includes('end') ?? false,
  };
}

export function fromRow(row: Row): Agreement {
  const { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt, status } = row;
  const terms = {
    ...{ id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt },
    ...unansweredOf(row),
  };
  switch (status) {
    case 'active':
      return { ...terms, status };
    case 'paused':
      return { ...terms, status, pausedAt: row.pausedAt! };
    case 'closing': {
      const left = row.leftItems ? { left: { balance: usd(row.leftMinor!), openItems: row.leftItems } } : {};
      return { ...terms, status, closingBy: row.closingBy!, closingAt: row.closingAt!, ...left };
    }
    case 'ended':
      return {
        ...terms,
        status,
        closingBy: row.closingBy!,
        closingAt: row.closingAt!,
        endedAt: row.endedAt!,
      };
  }
}

function unansweredOf({ fundingUnanswered, endUnanswered }: Row): Pick<Agreement, 'unanswered'> {
  const asked = { funding: fundingUnanswered, end: endUnanswered };
  const unanswered = (['funding', 'end'] as const).filter((request) => asked[request]);
  return unanswered.length > 0 ? { unanswered } : {};
}

/** With the caller in the query: a foreign agreement is an unknown one (AD-16). */
export async function loadAgreement(
  tx: Tx,
  where: { id: string; clientId?: string; freelancerId?: string },
): Promise<Agreement | undefined> {
  const row = await tx.one(AgreementTable, where);
  return row && fromRow(row);
}

/** Of which of the two the caller is, where both may act: undefined for anybody else, as for an unknown id (AD-16). */
export async function loadAsParty(
  tx: Tx,
  id: string,
  accountId: string,
): Promise<{ agreement: Agreement; by: PartyRole } | undefined> {
  const asClient = await loadAgreement(tx, { id, clientId: accountId });
  if (asClient) return { agreement: asClient, by: 'client' };
  const asFreelancer = await loadAgreement(tx, { id, freelancerId: accountId });
  return asFreelancer && { agreement: asFreelancer, by: 'freelancer' };
}

/** Those of a party that are active or paused: what a hold stops, or lets go on. */
export async function loadRunning(
  tx: Tx,
  party: { clientId: string } | { freelancerId: string },
): Promise<Agreement[]> {
  const active = await tx.many(AgreementTable, { ...party, status: 'active' });
  const paused = await tx.many(AgreementTable, { ...party, status: 'paused' });
  return [...active, ...paused].map(fromRow);
}

/** Those that have not ended: running ones, and those that wait for escrow to clear them. */
export async function loadLive(
  tx: Tx,
  party: { clientId: string } | { freelancerId: string },
): Promise<Agreement[]> {
  const closing = await tx.many(AgreementTable, { ...party, status: 'closing' });
  return [...(await loadRunning(tx, party)), ...closing.map(fromRow)];
}

/** How it stands with an agreement, for both parties to read. */
export function shownState(row: Row): object {
  const agreement = fromRow(row);
  switch (agreement.status) {
    case 'active':
      return { status: agreement.status };
    case 'paused':
      return { status: agreement.status, pausedAt: agreement.pausedAt.toISOString() };
    default: {
      const { status, closingBy, closingAt } = agreement;
      const closing = { status, closingBy, closingAt: closingAt.toISOString() };
      if (status === 'ended') return { ...closing, endedAt: agreement.endedAt.toISOString() };
      if (!agreement.left) return closing;
      const { balance, openItems } = agreement.left;
      return { ...closing, left: { balance: Money.encode(balance), openItems } };
    }
  }
}

export const insertAgreement = (tx: Tx, agreement: Agreement): void =>
  tx.insert(AgreementTable, toRow(agreement));
export const saveAgreement = (tx: Tx, agreement: Agreement): void =>
  tx.save(AgreementTable, toRow(agreement));
