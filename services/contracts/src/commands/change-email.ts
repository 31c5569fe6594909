import { NotYet } from '@holdfast/domain';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { type Hidden, type PersonKey, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { plan, retry } from '../domain/notice.ts';
import { loadAccount } from '../tables/account.table.ts';
import { type Contact, ContactTable, type Email, emailPlace, loadContact } from '../tables/contact.table.ts';
import { addressPlace, fromRow, insertNotice, NoticeTable, saveNotice } from '../tables/notice.table.ts';
import { frameOfCause } from './plan-notices.ts';

export type ChangedEmail = { accountId: string; changedAt: string };

export class ChangeEmail extends Command<ChangedEmail> {
  constructor(readonly input: { message: MessageRef; accountId: string; email: Hidden<Email> }) {
    super();
  }
}

/**
 * A person's new address, stored encrypted (AD-18). The one before hears of it: whoever took the account over must not
 * be able to silence its owner. What could not be sent for want of an address, and still helps to know, is sent.
 * @throws NotYet account.not_opened
 */
@CommandHandler(ChangeEmail)
export class ChangeEmailHandler implements ICommandHandler<ChangeEmail> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: ChangeEmail): Promise<ChangedEmail> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId } = command.input;
      if (!(await loadAccount(tx, accountId))) throw new NotYet('account.not_opened');
      const email = command.input.email.reveal();
      const before = await loadContact(tx, accountId);
      const key = await this.texts.keyOf(tx, accountId);
      if (before) {
        tellBefore(tx, this.texts, key, { before, email });
        tx.save(ContactTable, { ...before, email: sealed(this.texts, key, email), changedAt: tx.now });
      } else insertEmail(tx, this.texts, key, email);
      for (const row of await tx.many(NoticeTable, { accountId, status: 'failed', reason: 'no_address' })) {
        const notice = retry(fromRow(row), tx.now);
        if (notice.status === 'planned') saveNotice(tx, row, notice);
      }
      return { accountId, changedAt: tx.now.toISOString() };
    });
  }
}

const sealed = (texts: PersonTexts, key: PersonKey, email: Email): Buffer =>
  texts.seal(key, emailPlace(key.id), email);

export function insertEmail(tx: Tx, texts: PersonTexts, key: PersonKey, email: Email): void {
  tx.insert(ContactTable, {
    id: key.id,
    email: sealed(texts, key, email),
    changedAt: tx.now,
    newsRefusedAt: null,
  });
}

/** To the address that was valid until now, where it is another one. */
function tellBefore(
  tx: Tx,
  texts: PersonTexts,
  key: PersonKey,
  { before, email }: { before: Contact; email: Email },
): void {
  const known = texts.open<Email>(key, emailPlace(key.id), before.email);
  if (!known || known.email === email.email) return;
  const id = newId();
  const told = { accountId: key.id, template: 'email_changed', category: 'account', facts: {} } as const;
  const notice = plan({ id, causeId: id }, { ...told, number: 1, plannedAt: tx.now });
  insertNotice(tx, notice, { ...frameOfCause(id), address: texts.seal(key, addressPlace(id), known) });
}
