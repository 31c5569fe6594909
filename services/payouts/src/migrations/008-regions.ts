import { Migration } from '@mikro-orm/migrations';

/** Which tax form a person must file depends on where they say to live (P-13). */
export class Migration008Regions extends Migration {
  override up(): void {
    this.addSql(`alter table persons add column region text check (region in ('US', 'other'))`);
  }
}
