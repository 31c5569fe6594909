import { Migration } from '@mikro-orm/migrations';

/** Chargebacks, and what of a lot they took (E-24, P-9 to P-11). */
export class Migration010Chargebacks extends Migration {
  override up(): void {
    this.addSql(`alter table lots add column charged_back_minor bigint not null default 0
      check (charged_back_minor >= 0)`);
    this.addSql(`alter table lots add constraint lots_all_parts
      check (principal_left_minor + principal_refunded_minor + charged_back_minor <= principal_minor)`);
    this.addSql(`create table chargebacks (
      id uuid primary key,
      dispute_id text not null unique,
      funding_id uuid not null references fundings (id),
      agreement_id uuid not null references agreements (id),
      client_id text not null,
      freelancer_id text not null,
      status text not null check (status in
        ('inquiry', 'received', 'contested', 'accepted', 'recovering', 'lost', 'won', 'closed')),
      open boolean not null check (open = (status in ('received', 'contested', 'accepted'))),
      amount_minor bigint not null check (amount_minor > 0),
      fee_minor bigint not null check (fee_minor >= 0),
      fee_returned_minor bigint not null check (fee_returned_minor between 0 and fee_minor),
      parts jsonb not null,
      debited boolean not null check (debited = (status not in ('inquiry', 'closed'))),
      reinstated boolean not null check (reinstated = (status = 'won')),
      due_at timestamptz not null,
      evidence_due_at timestamptz check (evidence_due_at is null or status = 'received'),
      answer text check (answer in ('contest', 'accept')),
      answer_body text,
      answered_by text,
      answer_reason text,
      transfer_id uuid,
      restore_transfer_id uuid,
      transferred_at timestamptz,
      restored boolean not null,
      received_at timestamptz not null,
      ended_at timestamptz,
      next_call_at timestamptz,
      correlation_id text not null,
      traceparent text,
      version integer not null,
      check (num_nulls(answer, answer_body, answered_by, answer_reason) in (0, 4)),
      check ((status <> 'recovering' and restore_transfer_id is null) or transferred_at is not null),
      check (status <> 'recovering' or transfer_id is not null),
      check ((status in ('lost', 'won', 'closed')) = (ended_at is not null))
    )`);
    this.addSql('create index chargebacks_funding on chargebacks (funding_id)');
    this.addSql('create index chargebacks_agreement on chargebacks (agreement_id)');
    this.addSql(`create index chargebacks_due on chargebacks (next_call_at) where next_call_at is not null`);
    this.addSql(`create index chargebacks_evidence on chargebacks (evidence_due_at)
      where evidence_due_at is not null`);
  }
}
