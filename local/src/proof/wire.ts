/** What services and simulators answer to the proof; amounts are digit strings in minor units. */

export interface Finding {
  /** Of what is wrong, or under way. */
  id: string;
  what: string;
}

export interface ServiceCheck {
  name: string;
  rule: string;
  holds: boolean;
  figures: Readonly<Record<string, string>>;
  findings: readonly Finding[];
  findingsTotal: number;
}

export interface ServiceSummary {
  service: string;
  ledger: string | null;
  publishes: string;
  listensTo: readonly string[];
  handles: Readonly<Record<string, string | readonly string[]>>;
  checks: readonly ServiceCheck[];
  head: { number: string; journalId: string; hash: string } | null;
}

export interface SequenceItem {
  subject: string;
  lastSequence: string;
  key: string;
}

export interface OutboxItem {
  id: string;
  subject: string;
  sequence: string;
  type: string;
  transferId: string | null;
}

export interface MarkItem {
  command: string;
  messageId: string;
  refused: boolean;
}

export interface ParkedItem {
  topic: string;
  partition: number;
  offset: string;
  messageId: string;
  kind: string;
}

export interface TransferItem {
  transferId: string;
  amountMinor: string;
  currency: string;
  journalIds: readonly string[];
}

export interface CashItem {
  journalId: string;
  provider: string;
  causeId: string;
  transferId: string | null;
  amountMinor: string;
  currency: string;
}

export interface MovementItem {
  provider: string;
  kind: string;
  reference: string;
  amountMinor: string;
  currency: string;
  state: 'booked' | 'open';
  causeId: string | null;
  transferId: string | null;
}

export interface SealItem {
  number: string;
  journalId: string;
  hash: string;
}

export interface BookItem {
  provider: string;
  kind: string;
  id: string;
  reference: string | null;
  idempotencyKey: string | null;
  amountMinor: string;
  currency: string;
}
