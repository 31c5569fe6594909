import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import {
  EndCaseFreeze,
  EndCaseFreezeHandler,
  FreezeForCase,
  FreezeForCaseHandler,
} from '../commands/follow-case.ts';
import { type Agreed, type Escrow, event } from './escrow.ts';

/** What disputes would publish. */
export class Cases {
  constructor(private readonly escrow: Escrow) {}

  /** @returns the id of the case */
  async open(
    { agreementId, freelancerId, milestoneIds }: Agreed,
    {
      caseId = newId(),
      milestoneId = milestoneIds[0]!,
      openedBy = freelancerId,
      claimMinor = 30_000n,
      openedAt = this.escrow.now(),
      message = event(),
    } = {},
  ): Promise<string> {
    const claim = usd(claimMinor);
    const input = { message, agreementId, caseId, milestoneId, openedBy, claim, openedAt };
    await new FreezeForCaseHandler(this.escrow.database.unitOfWork).execute(new FreezeForCase(input));
    return caseId;
  }

  withdraw(
    { agreementId, milestoneIds }: Pick<Agreed, 'agreementId' | 'milestoneIds'>,
    caseId: string,
    message = event(),
  ): Promise<void> {
    const command = new EndCaseFreeze({ message, agreementId, milestoneId: milestoneIds[0]!, caseId });
    return new EndCaseFreezeHandler(this.escrow.database.unitOfWork).execute(command);
  }
}
