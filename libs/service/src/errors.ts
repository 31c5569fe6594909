/** One stable error code of the API: its HTTP status and what it tells the caller. */
export interface ErrorDefinition {
  status: number;
  title: string;
}

export type ErrorCatalogue = Readonly<Record<string, ErrorDefinition>>;

/** Codes that any service may answer. Each service adds its own in `src/errors.ts`; docs/errors.md is generated. */
export const commonErrors = {
  'request.invalid': {
    status: 400,
    title: 'The request does not have the documented form; `issues` says where.',
  },
  'request.malformed': { status: 400, title: 'The body is not JSON.' },
  'request.card_number': {
    status: 400,
    title: 'A field holds a card number; only provider tokens are accepted.',
  },
  'request.too_large': { status: 413, title: 'The body is larger than this route accepts.' },
  'request.headers_too_large': { status: 431, title: 'The headers are larger than any route accepts.' },
  'request.media_type': { status: 415, title: 'The body must be application/json.' },
  'request.rate_limited': { status: 429, title: 'Too many requests; see Retry-After.' },
  'idempotency.key_missing': {
    status: 400,
    title: 'Every call that changes something needs an Idempotency-Key.',
  },
  'idempotency.key_reused': { status: 422, title: 'The same Idempotency-Key came with another body.' },
  'token.missing': { status: 401, title: 'A bearer token is required.' },
  'token.invalid': { status: 401, title: 'The token is expired, forged or not for this audience.' },
  'role.missing': { status: 403, title: 'The token does not carry the role that this route needs.' },
  'route.unknown': { status: 404, title: 'There is no such route.' },
  'money.insufficient': { status: 409, title: 'There is not enough money on the account for this.' },
  'money.currency_mismatch': { status: 409, title: 'The amounts are in different currencies.' },
  'policy.setting_unknown': { status: 400, title: 'This service does not own a setting of that name.' },
  'policy.value_refused': { status: 400, title: 'A setting does not take that value; `settings` names it.' },
  'journal.unknown': { status: 404, title: 'There is no such journal.' },
  'adjustment.unknown': { status: 404, title: 'There is no such adjustment.' },
  'adjustment.decided': { status: 409, title: 'The adjustment is posted, rejected or withdrawn.' },
  'adjustment.second_person_needed': {
    status: 409,
    title: 'Another person than the one who proposed the adjustment decides it (S-11).',
  },
  'adjustment.not_own': { status: 409, title: 'Only who proposed the adjustment withdraws it.' },
  'adjustment.unbalanced': { status: 409, title: 'Debits and credits of the adjustment differ (M-1).' },
  'adjustment.account_twice': { status: 409, title: 'The adjustment names an account twice.' },
  'adjustment.account_unknown': {
    status: 409,
    title: 'The chart has no such `account`, or the corrected journal is not that person’s.',
  },
  'adjustment.account_kept': {
    status: 409,
    title: 'What stands on `account` is told by more than its journals; it has commands of its own (M-24).',
  },
  'adjustment.reference_misplaced': {
    status: 409,
    title: 'A line on cash names what the provider’s book calls the movement, and no other line does (M-3).',
  },
  'decision.second_person_needed': {
    status: 409,
    title: 'Another person than the one who proposed it decides (S-11).',
  },
  'parked.unknown': { status: 404, title: 'Nothing is parked under that topic and key.' },
  'webhook.signature_invalid': {
    status: 401,
    title: 'The signature of the notice is missing, wrong or too old.',
  },
  'webhook.malformed': { status: 400, title: 'The notice does not have the documented form.' },
  'notice.unknown': { status: 404, title: 'There is no such notice that you could act on.' },
  'service.unavailable': { status: 503, title: 'The database or the broker cannot be reached; try again.' },
  internal: { status: 500, title: 'A defect on our side; the correlation id finds it.' },
} as const satisfies ErrorCatalogue;
