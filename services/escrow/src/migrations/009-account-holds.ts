import { Migration } from '@mikro-orm/migrations';

/** Freezes know since when they stand, and the holds of contracts that cause some of them (E-16, E-22). */
export class Migration009AccountHolds extends Migration {
  override up(): void {
    this.addSql('alter table freezes add column since timestamptz not null default now()');
    this.addSql(`create table account_holds (
      id uuid primary key,
      account_id text not null,
      kind text not null check (kind in ('identity', 'financial', 'safety', 'closed')),
      standing boolean not null,
      placed_at timestamptz not null,
      version integer not null
    )`);
    this.addSql('create index account_holds_standing on account_holds (account_id) where standing');
    this.addSql('create index agreements_client on agreements (client_id)');
    this.addSql('create index agreements_freelancer on agreements (freelancer_id)');
  }
}
