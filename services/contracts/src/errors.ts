/** Refusals of this service; docs/errors.md is generated from them. */
export const contractsErrors = {
  'account.exists': { status: 409, title: 'You have an account already; one person has one (S-1).' },
  'account.not_opened': {
    status: 409,
    title: 'Open your own account, with the role that this needs, first.',
  },
  'account.on_hold': {
    status: 409,
    title: 'A hold on your account forbids this; `kind` names it (S-5).',
  },
  'account.unknown': {
    status: 404,
    title: 'There is no such account, or it does not have the role that this needs.',
  },
  'agreement.unknown': { status: 404, title: 'There is no such agreement, or you are no party to it.' },
  'billing_method.missing': {
    status: 409,
    title: 'A verified billing method is needed to send an offer (A-7).',
  },
  'hold.lifted': { status: 409, title: 'The hold is lifted already.' },
  'hold.unknown': { status: 404, title: 'There is no such hold on that account.' },
  'milestone.below_minimum': { status: 409, title: 'A milestone is priced below the minimum (A-3).' },
  'milestone.released': { status: 409, title: 'The milestone is paid; nothing more can be submitted.' },
  'milestone.unknown': { status: 404, title: 'There is no such milestone, or it is not yours.' },
  'milestones.over_budget': { status: 409, title: 'The milestones add up to more than the budget (A-9).' },
  'milestones.percent_total': {
    status: 409,
    title: 'The percents of the milestones do not total 100.00 (A-9).',
  },
  'offer.expired': { status: 409, title: 'The offer was not accepted in time (A-4).' },
  'offer.not_open': { status: 409, title: 'The offer is accepted or withdrawn.' },
  'offer.party_on_hold': {
    status: 409,
    title: 'The other party cannot enter into contracts at present (S-5).',
  },
  'offer.self': { status: 409, title: 'A party cannot contract with itself (S-1).' },
  'offer.unknown': { status: 404, title: 'There is no such offer, or you are no party to it.' },
  'offer.version_outdated': { status: 409, title: 'The client has sent a newer version of the offer (A-5).' },
  'unsubscribe.token_invalid': { status: 400, title: 'The link is not one of ours, or is not whole.' },
  'submission.pending': {
    status: 409,
    title: 'Another submission of the milestone waits for its answer or review.',
  },
  'submission.too_many_files': {
    status: 409,
    title: 'The submission has more files than are allowed (E-4).',
  },
  'submission.unknown': { status: 404, title: 'There is no such submission.' },
} as const;
