/** Refusals of this service; docs/errors.md is generated from them. */
export const escrowErrors = {
  'agreement.unknown': { status: 404, title: 'There is no such agreement, or you are no party to it.' },
  'milestone.unknown': { status: 404, title: 'There is no such milestone, or you are no party to it.' },
  'transfer.unknown': { status: 404, title: 'There is no such transfer.' },
  'milestone.already_funded': { status: 409, title: 'The milestone is funded or settled already.' },
  'milestone.funding_pending': { status: 409, title: 'A charge for the milestone is under way.' },
  'milestone.not_funded': { status: 409, title: 'Nothing is held for the milestone.' },
  'milestone.settled': { status: 409, title: 'Nothing is held for the milestone any more.' },
  'milestone.released': { status: 409, title: 'The milestone has been released.' },
  'milestone.frozen': { status: 409, title: 'The money is frozen by a case, a chargeback or a safety hold.' },
  'milestone.refund_pending': { status: 409, title: 'The client has asked for the money back.' },
  'terms.version_outdated': {
    status: 409,
    title: 'The terms have changed; look at the current version first.',
  },
  'funding.one_at_a_time': {
    status: 409,
    title: 'Another milestone of the agreement is funded and not settled.',
  },
  'billing_method.unknown': { status: 404, title: 'You have no such billing method.' },
  'billing_method.not_verified': { status: 409, title: 'That billing method is not verified.' },
  'billing_method.missing': { status: 409, title: 'A verified billing method is needed first.' },
  'submission.outdated': { status: 409, title: 'That submission is not the one under review.' },
  'review.over': { status: 409, title: 'The review has ended.' },
  'refund.unknown': { status: 404, title: 'There is no such refund, or you are no party to it.' },
  'refund.not_failed': { status: 409, title: 'The refund has not failed.' },
  'treasury.nothing_to_settle': {
    status: 409,
    title: 'The card provider holds nothing that is not on its way to the bank already.',
  },
  'treasury.insufficient': {
    status: 409,
    title: 'The card provider holds less than that, besides what is on its way to the bank already.',
  },
  'settlement.unknown': { status: 404, title: 'There is no such settlement.' },
} as const;
