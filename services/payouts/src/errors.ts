/** Refusals of this service; docs/errors.md is generated from them. */
export const payoutsErrors = {
  'agreement.unknown': { status: 404, title: 'There is no such agreement, or you are no party to it.' },
  'credit.unknown': { status: 404, title: 'There is no such payment.' },
} as const;
