import { contractsEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import type { Agreement, PartyRole } from '../domain/agreement.ts';
import type { HoldLifted, HoldPlaced } from '../domain/hold.ts';
import {
  type ContractPaused,
  type ContractResumed,
  evolve,
  pause,
  resume,
  stoppedAs,
} from '../domain/pause.ts';
import { loadParties } from '../tables/account.table.ts';
import { loadRunning, saveAgreement } from '../tables/agreement.table.ts';
import { tell } from './plan-notices.ts';

/**
 * A hold stops the contracts of its account in the same transaction, so that none runs on under it (A-17, S-5, P-9).
 * Those that stand still already are read as well: one that goes on at the same moment is found again.
 */
export async function pauseContracts(tx: Tx, { accountId, holdId, kind }: HoldPlaced): Promise<void> {
  for (const agreement of await loadConcerned(tx, accountId, stoppedAs(kind))) {
    const paused = pause(agreement, { holdId, kind, now: tx.now });
    if (paused) await keep(tx, agreement, paused, holdId);
  }
}

/**
 * They go on once no hold of either party stops them any more. The holds are read with their accounts, after the
 * one that is lifted here has been left out.
 */
export async function resumeContracts(
  tx: Tx,
  { accountId, holdId, kind }: Pick<HoldLifted, 'accountId' | 'holdId' | 'kind'>,
): Promise<void> {
  for (const agreement of await loadConcerned(tx, accountId, stoppedAs(kind))) {
    const resumed = resume(agreement, await loadParties(tx, agreement, holdId), tx.now);
    if (resumed) await keep(tx, agreement, resumed, holdId);
  }
}

async function loadConcerned(tx: Tx, accountId: string, roles: readonly PartyRole[]): Promise<Agreement[]> {
  const found: Agreement[] = [];
  if (roles.includes('client')) found.push(...(await loadRunning(tx, { clientId: accountId })));
  if (roles.includes('freelancer')) found.push(...(await loadRunning(tx, { freelancerId: accountId })));
  return found;
}

async function keep(
  tx: Tx,
  agreement: Agreement,
  fact: ContractPaused | ContractResumed,
  holdId: string,
): Promise<void> {
  saveAgreement(tx, evolve(agreement, fact));
  tx.publish(contractsEvents, [fact]);
  await tell(tx, fact, { causeId: `${holdId}/${agreement.id}`, parties: agreement });
}
