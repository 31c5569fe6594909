import { adjustmentsSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

/** Corrections of the books by hand (M-24). */
export class Migration015Adjustments extends Migration {
  override up(): void {
    for (const statement of adjustmentsSchema) this.addSql(statement);
  }
}
