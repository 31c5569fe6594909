import { isLate, usd } from '@holdfast/domain';
import type { disputesEvents, EventOf, FreezeRefusal, PinnedSettings } from '@holdfast/events';
import { type Dormancy, type DormancySettings, fallSilent, isAsked } from './dormancy.ts';
import type { Milestone } from './milestone.ts';
import type { FreezeRefused } from './milestone-events.ts';
import { isSilentBy, type Proof, type RefundRequest } from './refund-request.ts';

type DisputesEvent = EventOf<typeof disputesEvents>;
export type CaseOpened = Extract<DisputesEvent, { type: 'disputes.case.opened' }>;

/** The request for the milestone's money, and what decides whether silence answers it (E-14, C-8). */
export type AskedBack = Readonly<{
  request: RefundRequest;
  proofs: readonly Proof[];
  settings: Pick<PinnedSettings, 'forfeit.notice_hours'>;
}>;

/** The agreement's dormancy, and what decides whether silence ends its step (E-20, C-8). */
export type Dormant = Readonly<{
  dormancy: Dormancy;
  proofs: readonly Proof[];
  settings: DormancySettings;
}>;

/** What may have been decided by silence before the case was opened. */
export type Silences = Readonly<{ askedBack?: AskedBack; dormant?: Dormant }>;

/**
 * Why a case freezes nothing (D-19). Undefined where there is no reason but that nothing may be held, which is for
 * `freeze` to say.
 */
export function refuseCase(
  milestone: Milestone,
  opened: Omit<CaseOpened, 'type'>,
  silences: Silences = {},
): FreezeRefused | undefined {
  const { agreementId, milestoneId, caseId: causeId } = opened;
  const reason = reasonAgainst(milestone, opened, silences);
  if (!reason) return undefined;
  const isOwn = reason !== 'other_contract' && 'held' in milestone;
  const balance = isOwn ? milestone.held : usd(0n);
  const named = { agreementId, milestoneId, cause: 'case', causeId } as const;
  return { type: 'escrow.milestone.freeze_refused', ...named, balance, reason };
}

function reasonAgainst(
  milestone: Milestone,
  { agreementId, openedBy, claim, openedAt }: Omit<CaseOpened, 'type'>,
  silences: Silences,
): FreezeRefusal | undefined {
  if (milestone.agreementId !== agreementId) return 'other_contract';
  if (milestone.freelancerId !== openedBy) return 'not_the_freelancer';
  if (claim.amountMinor === 0n) return 'nothing_claimed';
  if (!('held' in milestone)) return undefined;
  if (milestone.freezes.some(({ cause }) => cause === 'case')) return 'already_in_dispute';
  return isOver(milestone, openedAt, silences) ? 'too_late' : undefined;
}

/**
 * What is opened at the end of a deadline, or later, does not stop it, also where the timer waits and has not fired yet
 * (M-16): frozen first and then taken by the timer, the case would be over nothing.
 */
function isOver(milestone: Milestone, at: Date, { askedBack, dormant }: Silences): boolean {
  if (milestone.status === 'submitted') {
    return milestone.reviewDueAt !== undefined && isLate(at, milestone.reviewDueAt);
  }
  if (askedBack) return isSilentBy(askedBack.request, askedBack.proofs, askedBack.settings, at);
  return dormant !== undefined && isForfeited(milestone.id, dormant, at);
}

const isForfeited = (milestoneId: string, { dormancy, proofs, settings }: Dormant, at: Date): boolean =>
  isAsked(dormancy) &&
  dormancy.milestoneIds.includes(milestoneId) &&
  fallSilent(dormancy, proofs, settings, at)?.silence !== undefined;
