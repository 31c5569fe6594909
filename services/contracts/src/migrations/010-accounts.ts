import { Migration } from '@mikro-orm/migrations';

/** When an account was closed, and what of its contracts is not settled (S-12). */
export class Migration010Accounts extends Migration {
  override up(): void {
    this.addSql('alter table accounts add column closed_at timestamptz');
    this.addSql('alter table account_holds drop constraint account_holds_reason_check');
    this.addSql(`alter table account_holds add constraint account_holds_reason_check check (reason in
      ('identity_failed', 'screening_blocked', 'failed_charge', 'chargeback', 'scam_signals', 'account_closed',
       'other'))`);
    this.addSql(`create view unsettled_agreements as select a.id, a.client_id, a.freelancer_id from agreements a
      where exists (select from agreement_matters m where m.agreement_id = a.id and m.status in
        ('drawing', 'refunding', 'refund_failed', 'warned', 'received', 'contested', 'accepted', 'charged'))`);
  }
}
