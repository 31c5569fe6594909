import { sealsSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

/** Journals are sealed into a chain (AD-17); those that stand already are sealed at the next start. */
export class Migration004Seals extends Migration {
  override up(): void {
    for (const statement of sealsSchema) this.addSql(statement);
  }
}
