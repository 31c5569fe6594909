import { Migration } from '@mikro-orm/migrations';

/** Notices about nothing we know are kept until an operator has looked at them (@holdfast/providers). */
export class Migration002Notices extends Migration {
  override up(): void {
    this.addSql(`alter table provider_notices
      add column outcome text check (outcome in ('matched', 'unmatched', 'acknowledged')),
      add column acknowledged_by text,
      add column acknowledgement text`);
    this.addSql(`update provider_notices set outcome = 'matched' where next_call_at is null`);
    this.addSql(`alter table provider_notices
      add check ((next_call_at is null) = (outcome is not null)),
      add check ((outcome is not distinct from 'acknowledged') = (acknowledged_by is not null))`);
    this.addSql(`create index provider_notices_unmatched on provider_notices (received_at)
      where outcome = 'unmatched'`);
  }
}
