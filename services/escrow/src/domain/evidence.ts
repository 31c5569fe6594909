/** The records that answer a chargeback (P-9): ids, amounts and instants of escrow's own rows; no person's text. */
export type Evidence = Readonly<{
  agreementId: string;
  chargedAt: Date;
  milestones: readonly Readonly<{ id: string; status: string; submissionId?: string }>[];
  releases: readonly Readonly<{ id: string; milestoneId?: string; releasedAt: Date; grossMinor: bigint }>[];
}>;

/** As much as the provider takes. */
const textMax = 20_000;

/** Exact bytes of the answer, stored before the call. */
export function evidenceBodyOf({ agreementId, chargedAt, milestones, releases }: Evidence): string {
  const lines = [
    `Payment of agreement ${agreementId}, charged ${chargedAt.toISOString()} with the payer's stored mandate.`,
    ...milestones.map(
      ({ id, status, submissionId }) =>
        `Milestone ${id}: ${status}${submissionId ? `, work submitted as ${submissionId}` : ''}.`,
    ),
    ...releases.map(
      ({ id, milestoneId, releasedAt, grossMinor }) =>
        `Paid to the freelancer ${releasedAt.toISOString()}: ${grossMinor} cents` +
        `${milestoneId ? ` of milestone ${milestoneId}` : ''}, transfer ${id}.`,
    ),
  ];
  return new URLSearchParams({
    'evidence[uncategorized_text]': lines.join('\n').slice(0, textMax),
    'evidence[service_date]': chargedAt.toISOString().slice(0, 10),
    submit: 'true',
  }).toString();
}
