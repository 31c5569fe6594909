import { Migration } from '@mikro-orm/migrations';

/** Each way to pay in opens the gate of A-7 (P-1); a method that its client removed does so no more. */
export class Migration009BillingMethods extends Migration {
  override up(): void {
    this.addSql('alter table billing_methods drop constraint billing_methods_kind_check');
    this.addSql(`alter table billing_methods add constraint billing_methods_kind_check
      check (kind in ('card', 'paypal', 'bank'))`);
    this.addSql('alter table billing_methods add column removed boolean not null default false');
    this.addSql('alter table billing_methods alter column removed drop default');
  }
}
