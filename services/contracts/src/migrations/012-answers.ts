import { Migration } from '@mikro-orm/migrations';

/** What escrow was asked for and has not answered (M-15), found by an index that holds nothing else. */
export class Migration012Answers extends Migration {
  override up(): void {
    this.addSql(`alter table agreements
      add column funding_unanswered boolean not null default false,
      add column end_unanswered boolean not null default false`);
    this.addSql(`update agreements a set funding_unanswered = true where status <> 'ended' and not exists
      (select from milestones m where m.agreement_id = a.id and (m.status <> 'agreed' or m.funding_failure is not null))`);
    // Only contracts itself ends one for the freelancer; before, escrow said nothing where nothing was held.
    this.addSql(`alter table agreements
      alter column funding_unanswered drop default,
      alter column end_unanswered drop default,
      add constraint agreements_funding_unanswered check (not funding_unanswered or status <> 'ended'),
      add constraint agreements_end_unanswered check (not end_unanswered or status = 'closing')`);
    this.addSql(
      'create index agreements_funding_unanswered on agreements (activated_at) where funding_unanswered',
    );
    this.addSql('create index agreements_end_unanswered on agreements (closing_at) where end_unanswered');
    this.addSql('alter table amendments add column accepted_at timestamptz');
    this.addSql(`update amendments set accepted_at = proposed_at where status = 'waiting'`);
    this.addSql(`alter table amendments
      add constraint amendments_accepted check ((status = 'waiting') = (accepted_at is not null))`);
    this.addSql('create index amendments_waiting on amendments (accepted_at) where accepted_at is not null');
    this.addSql(`create index submissions_sent on submissions (submitted_at) where status = 'sent'`);
  }
}
