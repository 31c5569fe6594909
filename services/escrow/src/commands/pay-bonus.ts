import { type Money, NotYet, Rejection } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { EscrowConfig } from '../config.ts';
import { assertBonus, type BonusCharged, type BonusFailed, releaseBonus } from '../domain/bonus.ts';
import type { Funding } from '../domain/funding.ts';
import { bonusJournal } from '../domain/journals.ts';
import { withRisk } from '../domain/release.ts';
import { type Agreement, AgreementTable, initiationFeeHeld } from '../tables/agreement.table.ts';
import { BonusTable } from '../tables/bonus.table.ts';
import type { FundingFrame } from '../tables/funding.table.ts';
import { insertLot, riskOf } from '../tables/lot.table.ts';
import { beginCharge, type Payer } from './begin-charge.ts';
import { afterCharge, lotOfCharge } from './book-funding.ts';
import { bookTransfer, decisionOf } from './book-release.ts';

export type BonusAnswer = { bonusId: string; fundingId: string; status: 'charging' };

export class PayBonus extends Command<BonusAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      clientId: string;
      agreementId: string;
      amount: Money;
      billingMethodId?: string;
    },
  ) {
    super();
  }
}

/** The client, present, pays more than was agreed: a charge of its own (E-10). */
@CommandHandler(PayBonus)
export class PayBonusHandler implements ICommandHandler<PayBonus> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  execute(command: PayBonus): Promise<BonusAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, clientId, amount, billingMethodId } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId, clientId });
      if (!agreement) throw new NotYet('agreement.unknown');
      const payer = { billingMethodId, returnUrl: this.config.PAYER_RETURN_URL };
      return beginBonus(tx, { agreement, amount, payer });
    });
  }
}

/**
 * @throws Rejection bonus.too_small | bonus.too_large | bonus.too_late | agreement.not_active |
 *   billing_method.missing | billing_method.unknown
 */
export async function beginBonus(
  tx: Tx,
  { agreement, amount, payer }: { agreement: Agreement; amount: Money; payer: Payer },
): Promise<BonusAnswer> {
  assertBonus(amount, agreement, tx.now);
  const bonusId = newId();
  const charge = await beginCharge(tx, {
    agreement,
    payer,
    principals: [amount],
    pays: { milestoneId: null, bonusId, termsVersion: 1, pays: false, rollFrom: null, rollMinor: 0n },
  });
  const { fundingId } = charge;
  if (charge.status === 'no_method') {
    throw new Rejection(payer.billingMethodId ? 'billing_method.unknown' : 'billing_method.missing');
  }
  tx.insert(BonusTable, {
    id: bonusId,
    agreementId: agreement.id,
    clientId: agreement.clientId,
    freelancerId: agreement.freelancerId,
    fundingId,
    amountMinor: amount.amountMinor,
    status: 'charging',
    transferId: null,
  });
  return { bonusId, fundingId, status: 'charging' };
}

/**
 * The charge succeeded: charged and released in one transaction (G-6.1, G-6.4).
 * @returns the agreement after it
 */
export async function bookBonus(
  tx: Tx,
  { agreement, funding, frame }: { agreement: Agreement; funding: Funding; frame: FundingFrame },
): Promise<Agreement> {
  const bonus = (await tx.one(BonusTable, { id: frame.bonusId! }))!;
  const { principal: amount, clientFee } = funding.parts;
  const ids = { agreementId: frame.agreementId, bonusId: bonus.id, fundingId: funding.id };
  const charged: BonusCharged = { type: 'escrow.bonus.charged', ...ids, amount, clientFee };
  const decision = { ...decisionOf(tx, agreement), freelancerId: bonus.freelancerId };
  const released = releaseBonus(charged, decision);
  tx.save(BonusTable, { ...bonus, status: 'released', transferId: released.transferId });
  tx.post(bonusJournal(ids, funding.parts, funding.kind));
  tx.publish(escrowEvents, [charged]);
  const lot = await lotOfCharge(tx, { funding, frame });
  insertLot(tx, { ...lot, principalLeftMinor: 0n, clientFeeLeftMinor: 0n });
  const held = afterCharge(agreement, funding);
  bookTransfer(tx, withRisk(released, riskOf([lot])), initiationFeeHeld(held));
  // The first release earns the initiation fee, whatever it pays (P-6).
  if (held.initiationFee !== 'held') return held;
  const earned: Agreement = { ...held, initiationFee: 'earned' };
  tx.save(AgreementTable, earned);
  return earned;
}

/** Nothing was charged; no release depends on it (E-10). */
export async function failBonus(
  tx: Tx,
  funding: Funding & { status: 'failed' },
  { agreementId, bonusId }: FundingFrame,
): Promise<void> {
  const bonus = (await tx.one(BonusTable, { id: bonusId! }))!;
  tx.save(BonusTable, { ...bonus, status: 'failed' });
  const failed: BonusFailed = {
    type: 'escrow.bonus.charge_failed',
    agreementId,
    bonusId: bonus.id,
    fundingId: funding.id,
    reason: funding.ending,
  };
  tx.publish(escrowEvents, [failed]);
}
