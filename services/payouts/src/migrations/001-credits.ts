import { commonSchema, journalsSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

export class Migration001Credits extends Migration {
  override up(): void {
    for (const statement of [...commonSchema, ...journalsSchema]) this.addSql(statement);
    this.addSql(`create table agreements (
      id uuid primary key,
      client_id text not null,
      freelancer_id text not null,
      settings jsonb not null,
      version integer not null
    )`);
    this.addSql(`create table credits (
      id uuid primary key,
      agreement_id uuid not null references agreements (id),
      client_id text not null,
      account_id text not null,
      net_minor bigint not null check (net_minor > 0),
      status text not null check (status in ('pending', 'available')),
      matures_at timestamptz,
      version integer not null,
      check ((status = 'pending') = (matures_at is not null))
    )`);
    this.addSql('create index credits_due on credits (matures_at) where matures_at is not null');
    this.addSql('create index credits_account on credits (account_id)');
  }
}
