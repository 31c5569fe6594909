import { staffSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

/** Decisions of the staff that two persons make above a limit (S-11). */
export class Migration021Staff extends Migration {
  override up(): void {
    const kinds = ['top_up', 'sweep', 'settle_card', 'accept_chargeback'];
    for (const statement of staffSchema(kinds)) this.addSql(statement);
  }
}
