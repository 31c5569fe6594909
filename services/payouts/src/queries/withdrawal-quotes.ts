import { Money, type Rejection, subtract, usd } from '@holdfast/domain';
import { Instant, MethodKind } from '@holdfast/events';
import { BusinessClock, type Rows, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Injectable } from '@nestjs/common';
import type { Person } from '../domain/person.ts';
import {
  holdCauses,
  refusalOf,
  requestWithdrawal,
  startWithdrawal,
  type WithdrawalSettings,
  withdrawalTerms,
} from '../domain/withdrawal.ts';
import type { WithdrawalMethod } from '../domain/withdrawal-method.ts';
import { payoutsSettings } from '../settings.ts';
import { AvailableView } from '../tables/fund-hold.table.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadStoppedProviders } from '../tables/sending-stop.table.ts';
import { fromRow, WithdrawalMethodTable } from '../tables/withdrawal-method.table.ts';
import { publicCauses } from './my-withdrawals.ts';

/**
 * What a withdrawal would cost now and when it would arrive, by each kind of method (P-17): by the functions that decide a
 * request. Of the freelancer's own methods each says why a request by it would be refused, or held, if it would be.
 */
@Injectable()
export class WithdrawalQuotes {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: BusinessClock,
  ) {}

  /** @throws NotYet account.unknown: it may just have been opened in contracts */
  of(accountId: string, amountMinor: bigint): Promise<object> {
    const now = this.clock.now();
    return this.unitOfWork.read(async (rows) => {
      const settings = await currentSettings(rows, payoutsSettings);
      const { fee, minimum, cutOffAt, arrivesBy } = withdrawalTerms(now, settings);
      const amount = usd(amountMinor);
      const methods = await methodsOf(rows, accountId, { amount, now, settings });
      return {
        amount: Money.encode(amount),
        quotes: MethodKind.options.map((kind) => ({
          kind,
          fee: Money.encode(fee),
          minimum: Money.encode(minimum),
          ...(amountMinor > fee.amountMinor ? { sent: Money.encode(subtract(amount, fee)) } : {}),
          cutOffAt: Instant.encode(cutOffAt),
          arrivesBy: Instant.encode(arrivesBy),
          methods: methods.filter((method) => method.kind === kind).map(({ shown }) => shown),
        })),
      };
    });
  }
}

type Asking = Readonly<{ amount: Money; now: Date; settings: WithdrawalSettings }>;

/** Those that are usable or will be: removed and disabled ones are none to choose from. */
async function methodsOf(rows: Rows, accountId: string, asking: Asking) {
  const person = await loadPerson(rows, accountId);
  const stoppedProviders = await loadStoppedProviders(rows);
  const available = await rows.peek(AvailableView, { id: accountId });
  const active = await rows.many(WithdrawalMethodTable, { accountId, status: 'active' });
  const added = await rows.many(WithdrawalMethodTable, { accountId, status: 'added' });
  return [...active, ...added].map(fromRow).map((method) => {
    const refusal = refusalFor(person, method, asking, available?.amountMinor ?? 0n);
    const causes = refusal ? [] : wouldBeHeld(person, method, asking, stoppedProviders);
    return {
      kind: method.kind,
      shown: {
        methodId: method.id,
        lastFour: method.lastFour,
        ...(refusal ? { refusal: { code: refusal.code, ...refusal.details } } : {}),
        ...(causes.length > 0 ? { heldBecause: causes.map((cause) => publicCauses[cause]) } : {}),
      },
    };
  });
}

const refusalFor = (
  person: Person,
  method: WithdrawalMethod,
  { settings, ...asked }: Asking,
  availableMinor: bigint,
): Rejection | undefined =>
  refusalOf({ withdrawalId: '', person, method, ...asked }, settings, availableMinor);

/** It would be asked for, and wait (W-17, W-18). */
function wouldBeHeld(
  person: Person,
  method: WithdrawalMethod,
  { settings, ...asked }: Asking,
  stoppedProviders: Awaited<ReturnType<typeof loadStoppedProviders>>,
) {
  const started = startWithdrawal(
    requestWithdrawal({ withdrawalId: '', person, method, ...asked }, settings),
  );
  return holdCauses(started, { person, method, stoppedProviders });
}
