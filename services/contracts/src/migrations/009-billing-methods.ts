import { Migration } from '@mikro-orm/migrations';

/** A billing method that its client removed opens no gate any more. */
export class Migration009BillingMethods extends Migration {
  override up(): void {
    this.addSql('alter table billing_methods add column removed boolean not null default false');
    this.addSql('alter table billing_methods alter column removed drop default');
  }
}
