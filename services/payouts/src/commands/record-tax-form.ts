import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { recordTaxForm, type TaxForm } from '../domain/person.ts';
import { insertChange } from '../tables/account-change.table.ts';
import { loadPerson, savePerson } from '../tables/person.table.ts';

export type RecordedTaxForm = { accountId: string } & Pick<TaxForm, 'type' | 'status'>;

export class RecordTaxForm extends Command<RecordedTaxForm> {
  constructor(
    readonly input: { message: MessageRef; by: string; accountId: string; reason: string } & Pick<
      TaxForm,
      'type' | 'status'
    >,
  ) {
    super();
  }
}

/**
 * Which tax form is on file, since when; nothing that stands in it (P-13).
 * @throws Rejection tax_form.wrong_type
 * @throws NotYet account.unknown
 */
@CommandHandler(RecordTaxForm)
export class RecordTaxFormHandler implements ICommandHandler<RecordTaxForm> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RecordTaxForm): Promise<RecordedTaxForm> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, type, status, by, reason } = command.input;
      const person = await loadPerson(tx, accountId);
      savePerson(tx, recordTaxForm(person, { type, status }, tx.now));
      const key = await this.texts.keyOf(tx, accountId);
      insertChange(tx, this.texts, key, { what: 'tax_form', value: `${type} ${status}`, by, reason });
      return { accountId, type, status };
    });
  }
}
