import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, type Hidden, type PersonKey, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  changeIdentity,
  failedIdentity,
  type Identity,
  type IdentityChange,
  identityFact,
  identityUnanswered,
} from '../domain/person.ts';
import { payoutsSettings } from '../settings.ts';
import { insertChange } from '../tables/account-change.table.ts';
import { loadPerson, namePlace, savePerson, type VerifiedName } from '../tables/person.table.ts';
import { settleMethods } from './settle-methods.ts';

export type RecordedIdentity = { accountId: string; identity: Identity };

export class ChangeIdentity extends Command<RecordedIdentity> {
  constructor(
    readonly input: {
      message: MessageRef;
      by: string;
      accountId: string;
      status: IdentityChange['status'];
      /** With `verified`, and only then. */
      verifiedName?: Hidden<VerifiedName>;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * An operator records how a person's identity check stands (S-3, S-4). The verified name stays here,
 * encrypted; methods that waited for it are compared with it (W-2).
 */
@CommandHandler(ChangeIdentity)
export class ChangeIdentityHandler implements ICommandHandler<ChangeIdentity> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: ChangeIdentity): Promise<RecordedIdentity> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, status, by, reason } = command.input;
      const before = await loadPerson(tx, accountId);
      const key = await this.texts.keyOf(tx, accountId);
      const person = changeIdentity(before, await this.#changeOf(tx, key, command.input), tx.now);
      savePerson(tx, person);
      insertChange(tx, this.texts, key, { what: 'identity', value: status, by, reason });
      const fact = identityFact(person);
      if (fact) tx.publish(payoutsEvents, [fact]);
      await settleMethods(tx, this.texts, person);
      return { accountId, identity: person.identity };
    });
  }

  async #changeOf(
    tx: Tx,
    key: PersonKey,
    { accountId, status, verifiedName }: ChangeIdentity['input'],
  ): Promise<IdentityChange> {
    switch (status) {
      case 'requested':
        return { status, answerDays: (await currentSettings(tx, payoutsSettings))['identity.days'] };
      case 'verified':
        return { status, nameSealed: this.texts.seal(key, namePlace(accountId), verifiedName!.reveal()) };
      default:
        return { status };
    }
  }
}

export class FailIdentity extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string }) {
    super();
  }
}

/** The timer of S-3: a request that nobody answered has failed, dated at its due instant (M-21). */
@CommandHandler(FailIdentity)
export class FailIdentityHandler implements ICommandHandler<FailIdentity> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FailIdentity): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const person = await loadPerson(tx, command.input.accountId);
      const failed = identityUnanswered(person, tx.now);
      if (!failed) return;
      savePerson(tx, failedIdentity(person));
      tx.publish(payoutsEvents, [failed]);
    });
  }
}
