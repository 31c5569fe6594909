import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { expire } from '../domain/funding.ts';
import { loadFunding, saveFunding } from '../tables/funding.table.ts';

export class ExpireFunding extends Command<void> {
  constructor(readonly input: { message: MessageRef; fundingId: string }) {
    super();
  }
}

/**
 * The payer's minutes are over: cancelled at the provider first, since the payer may just have confirmed
 * (E-26).
 */
@CommandHandler(ExpireFunding)
export class ExpireFundingHandler implements ICommandHandler<ExpireFunding> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireFunding): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const known = await loadFunding(tx, command.input.fundingId);
      if (!known) throw new NotYet('milestone.unknown');
      const expired = expire(known.funding, tx.now);
      if (expired) saveFunding(tx, expired, known.frame);
    });
  }
}
