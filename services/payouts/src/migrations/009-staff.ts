import { staffSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

/** Decisions of the staff that two persons make above a limit (S-11). */
export class Migration009Staff extends Migration {
  override up(): void {
    for (const statement of staffSchema(['resolve_attempt'])) this.addSql(statement);
  }
}
