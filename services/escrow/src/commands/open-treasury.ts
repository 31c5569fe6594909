import { usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { newId, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { openingJournals } from '../domain/journals.ts';
import { escrowSettings } from '../settings.ts';

class OpenTreasury {
  readonly input = { message: { source: 'worker', id: 'opening' } } as const;
}

/**
 * Once in the life of a database: the platform's capital, and the float of the bank account (section 11,
 * M-23).
 */
@Injectable()
export class OpenTreasuryAtStart implements OnApplicationBootstrap {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.unitOfWork.once(new OpenTreasury(), async (tx) => {
      const settings = await currentSettings(tx, escrowSettings);
      const ids = { capital: newId(), float: newId() };
      const capital = usd(BigInt(settings['treasury.opening_capital']));
      const float = usd(BigInt(settings['treasury.bank_float']));
      const journals = openingJournals({ capital, float }, ids);
      tx.post(journals.capital);
      tx.post(journals.float);
      const moved = { type: 'escrow.treasury.moved', movedAt: tx.now } as const;
      tx.publish(escrowEvents, [
        { ...moved, movementId: ids.capital, kind: 'opening', to: 'operating', amount: capital },
        {
          ...moved,
          movementId: ids.float,
          kind: 'top_up',
          from: 'operating',
          to: 'trust_bank',
          amount: float,
        },
      ]);
    });
  }
}
