/** Refusals of this service; docs/errors.md is generated from them. */
export const contractsErrors = {
  'account.agreements_live': {
    status: 409,
    title: 'Contracts of the account have not ended: `agreementIds` (S-12).',
  },
  'account.closed': {
    status: 409,
    title: 'The account is closed and takes part in nothing any more (S-12).',
  },
  'account.money_unsettled': {
    status: 409,
    title: 'A refund, chargeback or bonus of `agreementIds` has not come to its end (S-12).',
  },
  'account.offers_open': { status: 409, title: 'Offers wait for an answer: `offerIds` (S-12).' },
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
  'agreement.closing': { status: 409, title: 'The contract is ending; nothing new begins on it (A-19).' },
  'agreement.ended': { status: 409, title: 'The contract has ended (A-19).' },
  'agreement.escrow_held': {
    status: 409,
    title:
      'Escrow holds money of `milestoneIds`: end the contract in escrow, naming what each of them is paid (E-13).',
  },
  'agreement.paused': { status: 409, title: 'The contract is paused; nothing is funded at present (A-17).' },
  'agreement.unknown': { status: 404, title: 'There is no such agreement, or you are no party to it.' },
  'amendment.expired': { status: 409, title: 'The change of terms was not accepted in time (A-11).' },
  'amendment.not_open': { status: 409, title: 'The change of terms is answered already.' },
  'amendment.not_own': { status: 409, title: 'Only who proposed the change of terms withdraws it (A-11).' },
  'amendment.open': {
    status: 409,
    title: 'Another change of terms waits for its answer; one at a time (A-11).',
  },
  'amendment.own': { status: 409, title: 'The other party answers the change of terms (A-11).' },
  'amendment.unknown': { status: 404, title: 'There is no such change of terms of that agreement.' },
  'appeal.decided': { status: 409, title: 'The appeal is decided, or the hold was lifted otherwise.' },
  'appeal.open': { status: 409, title: 'You have appealed already; nobody has decided yet.' },
  'appeal.own_hold': {
    status: 409,
    title: 'Who placed the hold, or is held by it, does not decide the appeal (S-11).',
  },
  'appeal.too_early': {
    status: 409,
    title: 'An appeal was refused; `againAt` says from when on you may appeal again (S-11).',
  },
  'appeal.unknown': { status: 404, title: 'There is no such appeal.' },
  'billing_method.missing': {
    status: 409,
    title: 'A verified billing method is needed to send an offer (A-7).',
  },
  'hold.lifted': { status: 409, title: 'The hold is lifted already.' },
  'hold.unknown': { status: 404, title: 'There is no such hold on that account.' },
  'milestone.below_minimum': { status: 409, title: 'A milestone is priced below the minimum (A-3).' },
  'milestone.cancelled': { status: 409, title: 'The milestone is cancelled.' },
  'milestone.funded': {
    status: 409,
    title: 'The milestone is charged or was; only an agreed one can change (A-13). `status` names its state.',
  },
  'milestone.released': { status: 409, title: 'The milestone is paid; nothing more can be submitted.' },
  'milestone.settled': {
    status: 409,
    title: 'The money of the milestone has gone another way; `status` names it.',
  },
  'milestone.unknown': { status: 404, title: 'There is no such milestone, or it is not yours.' },
  'milestones.none_left': { status: 409, title: 'A contract keeps at least one milestone; end it instead.' },
  'milestones.order_incomplete': {
    status: 409,
    title: 'The order names each milestone that is not funded once, and no other: `milestoneIds` (A-13).',
  },
  'milestones.over_budget': { status: 409, title: 'The milestones add up to more than the budget (A-9).' },
  'milestones.percent_total': {
    status: 409,
    title: 'The percents of the milestones do not total 100.00 (A-9).',
  },
  'milestones.too_many': { status: 409, title: 'The contract has too many milestones.' },
  'offer.changes_requested': {
    status: 409,
    title: 'You have asked for other terms; a new version of the client will answer (A-6).',
  },
  'offer.expired': { status: 409, title: 'The offer was not accepted in time (A-4).' },
  'offer.not_open': { status: 409, title: 'The offer is accepted, declined or withdrawn.' },
  'offer.party_on_hold': {
    status: 409,
    title: 'The other party cannot enter into contracts at present (S-5).',
  },
  'offer.self': { status: 409, title: 'A party cannot contract with itself (S-1).' },
  'offer.unknown': { status: 404, title: 'There is no such offer, or you are no party to it.' },
  'offer.version_outdated': { status: 409, title: 'The client has sent a newer version of the offer (A-5).' },
  'payment.nothing_open': { status: 409, title: 'Every milestone is paid, refunded or cancelled.' },
  'payment.requested_already': {
    status: 409,
    title: 'You have asked for this payment less than a day ago; `againAt` says when you may again (E-27).',
  },
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
  'waiver.not_under_review': {
    status: 409,
    title: 'No work on the milestone is sent or under review: there is nothing to give up by name (E-17).',
  },
  'waiver.review_over': {
    status: 409,
    title: 'The review of the milestone is over: silence has released it (E-5, E-17).',
  },
  'waiver.not_yours': { status: 409, title: 'Only the freelancer gives up what is under review (E-17).' },
} as const;
