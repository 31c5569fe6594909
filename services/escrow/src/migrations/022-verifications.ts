import { Migration } from '@mikro-orm/migrations';

/** How many cards of an account small charges verify is limited, also where several are added at once (P-2). */
export class Migration022Verifications extends Migration {
  override up(): void {
    this.addSql('alter table billing_methods add column verification_number integer');
    this.addSql(`update billing_methods m set verification_number = numbered.number
      from (select id, row_number() over (partition by account_id order by added_at, id) as number
        from billing_methods where verify_by = 'small_charges') as numbered
      where m.id = numbered.id`);
    this.addSql(`alter table billing_methods
      add constraint billing_methods_verification
        check ((verify_by = 'small_charges') = (verification_number is not null) and verification_number > 0),
      add constraint billing_methods_verification_number unique (account_id, verification_number)`);
  }
}
