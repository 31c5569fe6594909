import { type AnyDeadline, type Deadline, nextCall } from '@holdfast/messaging';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ExpireAmendment } from './commands/answer-amendment.ts';
import { ExpireOffer } from './commands/expire-offer.ts';
import { NoticeWorker } from './mail/notice.worker.ts';
import { AmendmentTable } from './tables/amendment.table.ts';
import { NoticeTable } from './tables/notice.table.ts';
import { OfferTable } from './tables/offer.table.ts';

/** What falls due in contracts, and whose facts can stop it (docs/deadlines.md). */
export function contractsDeadlines(app: INestApplicationContext): AnyDeadline[] {
  const commands = app.get(CommandBus);
  const expiry: Deadline<typeof OfferTable> = {
    kind: 'offer.expiry',
    does: 'timer',
    entity: OfferTable,
    dueAt: 'dueAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: ['clientId', 'freelancerId'],
    // Accepting, revising and withdrawing are facts of contracts itself.
    stoppedBy: [],
    announced: { by: 'notice', hoursBefore: 24 },
    fire: (offer, message) => commands.execute(new ExpireOffer({ message, offerId: offer.id })),
  };
  const mails = app.get(NoticeWorker);
  const mailing = nextCall('notice.send', NoticeTable, 'accountId', (notice) => mails.advance(notice));
  const amendments: Deadline<typeof AmendmentTable> = {
    kind: 'amendment.expiry',
    does: 'timer',
    entity: AmendmentTable,
    dueAt: 'dueAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: ['clientId', 'freelancerId'],
    // Accepting, declining and withdrawing are facts of contracts itself.
    stoppedBy: [],
    announced: { by: 'notice', hoursBefore: 24 },
    fire: (amendment, message) =>
      commands.execute(new ExpireAmendment({ message, amendmentId: amendment.id })),
  };
  return [expiry, amendments, mailing];
}
