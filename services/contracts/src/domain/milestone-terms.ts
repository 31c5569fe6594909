import { Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf } from '@holdfast/events';
import type { Agreement } from './agreement.ts';
import { assertRunning } from './agreement-end.ts';
import type { Change } from './amendment.ts';
import type { Milestone } from './milestone.ts';

type ContractsEvent = EventOf<typeof contractsEvents>;
export type TermsProposed = Extract<ContractsEvent, { type: 'contracts.milestone.terms_proposed' }>;
export type MilestoneAgreed = Extract<ContractsEvent, { type: 'contracts.milestone.agreed' }>;
export type MilestoneChanged = Extract<ContractsEvent, { type: 'contracts.milestone.changed' }>;
export type MilestoneCancelled = Extract<ContractsEvent, { type: 'contracts.milestone.cancelled' }>;

/** Asks escrow to let the change hold, which answers `terms_applied` or `terms_refused` (rule A-13, M-15). */
export const proposeTerms = (
  { agreementId, order }: Milestone,
  { kind, milestoneId, version, price, dueDate }: Change,
  amendmentId: string,
): TermsProposed => ({
  type: 'contracts.milestone.terms_proposed',
  ...{ agreementId, milestoneId, version, price, dueDate, order, amendmentId },
  delete: kind === 'delete',
});

/** Escrow has applied the change: from here on these are the terms, or the milestone is gone (rule A-13). */
export const applied = (
  { agreementId, order }: Milestone,
  { kind, milestoneId, version, price, dueDate }: Change,
): MilestoneChanged | MilestoneCancelled =>
  kind === 'delete'
    ? { type: 'contracts.milestone.cancelled', agreementId, milestoneId, version }
    : {
        type: 'contracts.milestone.changed',
        ...{ agreementId, milestoneId, version, price, dueDate, order },
      };

/** A milestone that was agreed later than the offer comes behind all others (rule A-9). */
export const agreeLater = (
  { id: agreementId }: Agreement,
  { milestoneId, version, price, dueDate }: Change,
  order: number,
): MilestoneAgreed => ({
  type: 'contracts.milestone.agreed',
  ...{ agreementId, milestoneId, version, price, dueDate, order },
});

/**
 * The client alone puts the milestones that are not funded into another order; they keep the places they have together
 * (rule A-13).
 * @throws Rejection agreement.closing | agreement.ended | milestones.order_incomplete
 */
export function reorder(
  agreement: Agreement,
  milestones: readonly Milestone[],
  wanted: readonly string[],
): MilestoneChanged[] {
  assertRunning(agreement);
  const agreed = milestones.filter(({ status }) => status === 'agreed');
  const places = agreed.map(({ order }) => order).sort((one, other) => one - other);
  const isWhole = wanted.length === agreed.length && new Set(wanted).size === agreed.length;
  if (!isWhole || agreed.some(({ id }) => !wanted.includes(id)))
    throw new Rejection('milestones.order_incomplete', { milestoneIds: agreed.map(({ id }) => id) });
  return wanted.flatMap((id, index) => {
    const {
      agreementId,
      termsVersion: version,
      price,
      dueDate,
      order,
    } = agreed.find((one) => one.id === id)!;
    const place = places[index]!;
    if (order === place) return [];
    const terms = { agreementId, milestoneId: id, version, price, dueDate, order: place };
    return [{ type: 'contracts.milestone.changed' as const, ...terms }];
  });
}

/** The state with other terms: they change only while nothing is charged or held for it. */
export function evolveTerms(milestone: Milestone, event: MilestoneChanged | MilestoneCancelled): Milestone {
  if (event.type === 'contracts.milestone.changed') {
    const { version: termsVersion, price, dueDate, order } = event;
    return { ...milestone, termsVersion, price, dueDate, order };
  }
  const { id, agreementId, clientId, freelancerId, order, price, dueDate } = milestone;
  const sent = 'sent' in milestone ? milestone.sent : undefined;
  const terms = {
    id,
    agreementId,
    clientId,
    freelancerId,
    order,
    termsVersion: event.version,
    price,
    dueDate,
  };
  return { ...terms, status: 'cancelled', sent };
}

/** A milestone begins with `contracts.milestone.agreed`, where the offer did not bring it. */
export const agreedMilestone = (
  { clientId, freelancerId }: Agreement,
  { milestoneId: id, agreementId, version: termsVersion, order, price, dueDate }: MilestoneAgreed,
): Milestone => ({
  ...{ id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate },
  status: 'agreed',
});
