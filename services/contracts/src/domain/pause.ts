import type { contractsEvents, EventOf, HoldKind } from '@holdfast/events';
import type { Account } from './account.ts';
import type { Agreement, PartyRole } from './agreement.ts';
import { termsOf } from './agreement-end.ts';

type ContractsEvent = EventOf<typeof contractsEvents>;
export type ContractPaused = Extract<ContractsEvent, { type: 'contracts.contract.paused' }>;
export type ContractResumed = Extract<ContractsEvent, { type: 'contracts.contract.resumed' }>;

/** Whose holds stop a contract: of a safety hold either party's, of money that is owed the client's (A-17, S-5, P-9). */
const stopping: Partial<Record<HoldKind, { reason: ContractPaused['reason']; of: readonly PartyRole[] }>> = {
  safety: { reason: 'safety_hold', of: ['client', 'freelancer'] },
  financial: { reason: 'financial_hold', of: ['client'] },
};

/** In which of its two roles a hold stops the contracts of its account. */
export const stoppedAs = (kind: HoldKind): readonly PartyRole[] => stopping[kind]?.of ?? [];

/** The platform stops a running contract (rule A-17). Undefined where it stands still already, or closes. */
export function pause(
  agreement: Agreement,
  { holdId, kind, now }: Readonly<{ holdId: string; kind: HoldKind; now: Date }>,
): ContractPaused | undefined {
  const stop = stopping[kind];
  if (!stop || agreement.status !== 'active') return undefined;
  const { reason } = stop;
  return { type: 'contracts.contract.paused', agreementId: agreement.id, reason, holdId, pausedAt: now };
}

/** The last cause is gone (rule A-17). Undefined where another hold of either party still stops it, or it closes. */
export function resume(
  agreement: Agreement,
  parties: Readonly<{ client: Account; freelancer: Account }>,
  now: Date,
): ContractResumed | undefined {
  const isStopped = (['client', 'freelancer'] as const).some((role) =>
    parties[role].holds.some((kind) => stoppedAs(kind).includes(role)),
  );
  if (agreement.status !== 'paused' || isStopped) return undefined;
  return { type: 'contracts.contract.resumed', agreementId: agreement.id, resumedAt: now };
}

/** The state after an event. */
export function evolve(agreement: Agreement, event: ContractPaused | ContractResumed): Agreement {
  const terms = termsOf(agreement);
  return event.type === 'contracts.contract.paused'
    ? { ...terms, status: 'paused', pausedAt: event.pausedAt }
    : { ...terms, status: 'active' };
}
