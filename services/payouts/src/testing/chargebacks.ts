import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { ClawBackFunds, ClawBackFundsHandler } from '../commands/claw-back-funds.ts';
import { HoldFunds, HoldFundsHandler } from '../commands/hold-funds.ts';
import { RestoreFunds, RestoreFundsHandler } from '../commands/restore-funds.ts';
import { event, type Parties, usePayouts } from './payouts.ts';
import { Withdrawals } from './withdrawals.ts';

type Part = HoldFunds['input']['parts'][number];
const part = (net: bigint, more: Partial<Part> = {}): Part => {
  return { state: 'released', net: usd(net), protected: false, ...more };
};

/** What escrow tells of a chargeback, and a freelancer with money to lose. */
export class Chargebacks extends Withdrawals {
  get #uow() {
    return this.database.unitOfWork;
  }

  /** A freelancer with so much available. */
  async freelancer(availableMinor: bigint): Promise<Parties> {
    const { accountId } = await this.cleared(availableMinor);
    return this.agreement(undefined, accountId);
  }

  received(
    { agreementId, freelancerId }: Parties,
    netMinor: bigint,
    { chargebackId = newId(), more = {} as Partial<Part>, message = event() } = {},
  ): Promise<string> {
    const parts = [part(netMinor, more), part(7_777n, { state: 'held' }), part(8_888n, { protected: true })];
    const command = new HoldFunds({ message, agreementId, chargebackId, freelancerId, parts });
    return new HoldFundsHandler(this.#uow).execute(command).then(() => chargebackId);
  }

  lost(
    { agreementId, freelancerId: accountId }: Parties,
    chargebackId: string,
    netMinor: bigint,
    message = event(),
  ) {
    const transferId = netMinor > 0n ? newId() : undefined;
    const net = usd(netMinor);
    const command = new ClawBackFunds({ message, agreementId, chargebackId, accountId, net, transferId });
    return new ClawBackFundsHandler(this.#uow).execute(command).then(() => transferId);
  }

  won(
    { agreementId, freelancerId: accountId }: Parties,
    chargebackId: string,
    netMinor = 0n,
    message = event(),
  ) {
    const transferId = netMinor > 0n ? newId() : undefined;
    const net = usd(netMinor);
    const command = new RestoreFunds({ message, agreementId, chargebackId, accountId, net, transferId });
    return new RestoreFundsHandler(this.#uow).execute(command).then(() => transferId);
  }

  /** In cents: pending, available, held. */
  async cents(accountId: string): Promise<[bigint, bigint, bigint]> {
    const { pending, available, held } = await this.balances(accountId);
    return [pending, available, held].map(({ amountMinor }) => BigInt(amountMinor)) as [
      bigint,
      bigint,
      bigint,
    ];
  }

  /** The facts of the agreement and of the account about chargebacks and debts, in order. */
  async facts({ agreementId, freelancerId }: Parties) {
    const all = [...(await this.published(agreementId)), ...(await this.published(freelancerId))];
    return all.filter(({ type }) => /held|unheld|clawed_back|restored|debt/.test(type));
  }
}

export function useChargebacks(): () => Chargebacks {
  const payouts = usePayouts();
  return () => new Chargebacks(payouts().database);
}
