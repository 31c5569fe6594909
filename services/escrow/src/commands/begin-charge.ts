import { type Money, Rejection } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import { currentCausality, currentTraceparent, newId, type Tx } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { nextOf } from '../domain/billing-method.ts';
import { type ChargeShare, chargeParts } from '../domain/charge-parts.ts';
import { startFunding } from '../domain/funding.ts';
import { taxBpsOf } from '../domain/tax.ts';
import { bytesOf } from '../providers/pay-in.ts';
import { escrowSettings } from '../settings.ts';
import { isKeptFromPaying } from '../tables/account-hold.table.ts';
import { type Agreement, isInitiationDue } from '../tables/agreement.table.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { type FundingFrame, FundingTable, insertFunding } from '../tables/funding.table.ts';

/** A client who is present, and where the bank sends that person back to. */
export type Payer = Readonly<{ billingMethodId?: string; returnUrl: string }>;

/** A charge that was declined, and the methods with which it was tried. */
export type Instead = Readonly<{ fundingId: string; tried: ReadonlySet<string> }>;

export type BegunCharge = Readonly<
  | { status: 'no_method'; fundingId: string }
  | {
      status: 'begun';
      fundingId: string;
      kind: BillingMethodKind;
      total: Money;
      shares: readonly ChargeShare[];
      expiresAt?: Date;
    }
>;

/**
 * Works out a charge and stores it with its exact bytes; the worker takes it from there (P-3, E-26).
 * @throws Rejection account.on_hold, to a client who is present
 */
export async function beginCharge(
  tx: Tx,
  start: {
    agreement: Agreement;
    payer?: Payer;
    principals: readonly Money[];
    /** Takes the place of one that was declined: the methods tried so far (P-1). */
    instead?: Instead;
    pays: Pick<FundingFrame, 'milestoneId' | 'bonusId' | 'termsVersion' | 'pays' | 'rollFrom' | 'rollMinor'>;
  },
): Promise<BegunCharge> {
  const { agreement, payer, principals, instead, pays } = start;
  const fundingId = newId();
  const isKept = await isKeptFromPaying(tx, agreement.clientId);
  if (isKept && payer) throw new Rejection('account.on_hold', { kind: 'financial' });
  // Where nobody is present it is for the client to act, as without a method (E-3, S-5).
  const method = isKept ? undefined : await methodFor(tx, agreement.clientId, { payer, instead });
  if (!method) return { status: 'no_method', fundingId };
  const { kind } = method;
  const settings = await currentSettings(tx, escrowSettings);
  const fundings = await tx.many(FundingTable, { agreementId: agreement.id });
  const others = fundings.filter(({ id }) => id !== instead?.fundingId);
  const { shares, ...parts } = chargeParts(principals, {
    kind,
    settings: agreement.settings,
    initiationDue: isInitiationDue(agreement, others),
    taxBps: taxBpsOf(settings, agreement.clientRegion),
  });
  const funding = startFunding({
    id: fundingId,
    kind,
    unattended: payer === undefined,
    parts,
    now: tx.now,
    payerMinutes: settings['funding.payer_minutes'],
  });
  insertFunding(tx, funding, {
    agreementId: agreement.id,
    ...pays,
    clientId: agreement.clientId,
    freelancerId: agreement.freelancerId,
    methodId: method.id,
    ...bytesOf({
      fundingId,
      agreementId: agreement.id,
      total: parts.total,
      kind,
      customerId: method.customerId ?? null,
      methodId: method.providerMethod!,
      returnUrl: payer?.returnUrl,
    }),
    correlationId: currentCausality()?.correlationId ?? fundingId,
    traceparent: currentTraceparent() ?? null,
  });
  const expiresAt = 'expiresAt' in funding ? funding.expiresAt : undefined;
  return { status: 'begun', fundingId, kind, total: parts.total, shares, expiresAt };
}

/** The method named, else the first in the client's order that has not been tried (P-1). */
async function methodFor(
  tx: Tx,
  accountId: string,
  { payer, instead }: { payer?: Payer; instead?: Instead },
): Promise<BillingMethod | undefined> {
  const id = payer?.billingMethodId;
  const methods = await tx.many(BillingMethodTable, { accountId, status: 'verified', ...(id ? { id } : {}) });
  return nextOf(methods, instead?.tried ?? new Set());
}

/**
 * The methods with which a charge of these terms was tried.
 * @returns undefined when there is no other that could be
 */
export async function backupsFor(
  tx: Tx,
  fundingId: string,
  { milestoneId, termsVersion, clientId: accountId }: FundingFrame,
): Promise<Instead | undefined> {
  const fundings = await tx.many(FundingTable, { milestoneId, termsVersion });
  const tried = new Set(fundings.flatMap(({ methodId }) => methodId ?? []));
  const methods = await tx.many(BillingMethodTable, { accountId, status: 'verified' });
  return nextOf(methods, tried) && { fundingId, tried };
}
