import { plusHours } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DisputeSearchTable } from '../tables/dispute-search.table.ts';

/** 6 h: little of the time to answer is lost, which is a week at least (P-11). */
const searchHours = 6;

export class FinishDisputeSearch extends Command<void> {
  constructor(readonly input: { message: MessageRef; searchId: string; begunAt: Date }) {
    super();
  }
}

/** All disputes that the provider has listed are booked: the next search goes back to here. */
@CommandHandler(FinishDisputeSearch)
export class FinishDisputeSearchHandler implements ICommandHandler<FinishDisputeSearch> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FinishDisputeSearch): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { searchId, begunAt: searchedTo } = command.input;
      const search = (await tx.one(DisputeSearchTable, { id: searchId }))!;
      tx.save(DisputeSearchTable, { ...search, searchedTo, nextCallAt: plusHours(tx.now, searchHours) });
    });
  }
}
