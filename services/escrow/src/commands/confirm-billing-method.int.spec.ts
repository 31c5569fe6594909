import { plusHours, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { BillingMethods } from '../queries/billing-methods.ts';
import { CardCashView } from '../tables/settlement.table.ts';
import { http } from '../testing/escrow.ts';
import { useVerifications } from '../testing/small-charges.ts';

const escrow = useVerifications();

const wrong: [bigint, bigint] = [1n, 2n];
/** What whoever tells the client learns of the card (C-8). */
const toConfirm = { type: 'escrow.billing_method.confirmable', kind: 'card', dueAt: expect.any(Date) };
const unconfirmed = (reason: string) => ({
  type: 'escrow.billing_method.unconfirmed',
  kind: 'card',
  reason,
});
const refused = (triesLeft: number) => ({ code: 'billing_method.amounts_wrong', details: { triesLeft } });
const shown = async (accountId: string) => {
  const answer = await new BillingMethods(escrow().database.orm).of(accountId);
  return (answer as { methods: Record<string, unknown>[] }).methods[0];
};
/** What is owed by escrow in all, and how much of the card's cash is promised. */
async function standing() {
  const owed = await escrow().rows(
    `select -coalesce(sum(amount_minor), 0)::bigint as minor from entries where account = 'E.refund.payable'`,
  );
  const cash = await escrow().database.orm.em.fork().findOneOrFail(CardCashView, { id: 'trust_card' });
  return {
    owed: BigInt(String(owed[0]!.minor)),
    promised: BigInt(cash.underWayMinor),
    held: BigInt(cash.heldMinor),
  };
}
const kindsOf = async (methodId: string) => {
  const rows = await escrow().rows(
    `select j.kind from journals j where j.cause_id in
      (select id::text from small_charges where method_id = $1
        union select r.id::text from small_refunds r join small_charges c on c.id = r.small_charge_id
          where c.method_id = $1) order by j.id`,
    [methodId],
  );
  return rows.map(({ kind }) => kind);
};

describe('P-2: two small charges', () => {
  test('one after the other, the second by the method that the first has kept; then the client has the word', async () => {
    const { accountId, methodId } = await escrow().begun();
    expect(await escrow().chargesOf(methodId)).toMatchObject([
      { place: 1, status: 'waiting', step: 'create' },
    ]);
    await escrow().seeSmall(methodId, 1, 'requires_confirmation');
    await escrow().seeSmall(methodId, 1, 'succeeded', { method: 'pm_kept' });
    const [first, second] = await escrow().chargesOf(methodId);
    expect(Object.fromEntries(new URLSearchParams(String(first!.create_body)))).toMatchObject({
      payment_method: 'pm_card_visa',
      customer: 'cus_1',
      setup_future_usage: 'off_session',
      confirm: 'false',
    });
    expect(String(second!.create_body)).toContain('payment_method=pm_kept');
    expect(String(first!.confirm_body)).not.toContain('off_session');
    expect(await escrow().methodOf(methodId)).toMatchObject({ status: 'verifying', mandate_at: null });
    await escrow().seeSmall(methodId, 2, 'succeeded');
    expect(await shown(accountId)).toEqual({
      methodId,
      kind: 'card',
      status: 'confirming',
      triesLeft: 3,
      confirmBy: expect.any(String),
    });
    const { confirm_by: dueAt } = await escrow().methodOf(methodId);
    expect(await escrow().published(accountId)).toEqual([{ ...toConfirm, accountId, methodId, dueAt }]);
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'small_charge']);
  });

  test('what they took is owed and promised until it is back', async () => {
    const before = await standing();
    const { accountId, methodId, amounts } = await escrow().confirming();
    const sum = amounts[0] + amounts[1];
    const charged = { owed: before.owed + sum, promised: before.promised + sum, held: before.held + sum };
    expect(await standing()).toEqual(charged);
    await escrow().confirm(accountId, methodId, amounts);
    expect(await standing()).toEqual(charged);
    await escrow().seeSmallRefunds(methodId, 'succeeded');
    expect(await standing()).toEqual(before);
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'small_charge', 'refund_paid', 'refund_paid']);
  });

  test('the same word twice changes nothing', async () => {
    const { methodId } = await escrow().confirming();
    await escrow().seeSmall(methodId, 1, 'succeeded');
    await escrow().seeSmall(methodId, 2, 'succeeded');
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'small_charge']);
    expect(await escrow().smallRefundsOf(methodId)).toEqual([]);
  });

  test('the payer is called where the bank wants that, and no longer than a funding’s minutes', async () => {
    const { accountId, methodId } = await escrow().begun();
    await escrow().seeSmall(methodId, 1, 'requires_action', { payerUrl: 'https://bank.example/3ds' });
    expect(await shown(accountId)).toMatchObject({
      status: 'verifying',
      payerUrl: 'https://bank.example/3ds',
    });
    await escrow().expireSmall(methodId, 1);
    expect((await escrow().chargesOf(methodId))[0]).toMatchObject({ step: 'cancel', ending: 'expired' });
    await escrow().seeSmall(methodId, 1, 'canceled');
    const ended = await shown(accountId);
    expect(ended).toMatchObject({ status: 'refused', refusal: 'expired' });
    expect(ended).not.toHaveProperty('payerUrl');
  });
});

describe('P-2, P-16: the client says both amounts', () => {
  test('and the card is verified, with its mandate; both go back, once', async () => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    const message = http();
    const answer = { methodId, status: 'verified' };
    const said: [bigint, bigint] = [amounts[1], amounts[0]];
    expect(await escrow().confirm(accountId, methodId, said, message)).toEqual(answer);
    expect(await escrow().confirm(accountId, methodId, said, message)).toEqual(answer);
    expect(await escrow().methodOf(methodId)).toMatchObject({
      status: 'verified',
      provider_method: 'pm_kept',
      mandate_at: expect.any(Date),
      mandate_version: '1',
      mandate_scope: 'agreed_charges',
      confirm_by: null,
    });
    expect(await escrow().published(accountId)).toEqual([
      { ...toConfirm, accountId, methodId },
      { type: 'escrow.billing_method.verified', accountId, methodId, kind: 'card' },
    ]);
    expect(await escrow().smallRefundsOf(methodId)).toMatchObject([
      { place: 1, number: 1, status: 'requested', amount_minor: amounts[0] },
      { place: 2, number: 1, status: 'requested', amount_minor: amounts[1] },
    ]);
    await expect(escrow().confirm(accountId, methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.not_confirming',
    });
  });

  test('a verified card is charged without its holder', async () => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    await escrow().confirm(accountId, methodId, amounts);
    const milestoneId = newId();
    const agreed = {
      agreementId: newId(),
      clientId: accountId,
      freelancerId: newId(),
      milestoneIds: [milestoneId],
    };
    await escrow().activate(agreed, [usd(5_000n)]);
    await escrow().charge(await escrow().fundingOf(milestoneId));
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
  });

  test('wrong: a try is gone although it is refused; a repeat costs none; the third ends it', async () => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    const message = http();
    await expect(escrow().confirm(accountId, methodId, wrong, message)).rejects.toMatchObject(refused(2));
    await expect(escrow().confirm(accountId, methodId, wrong, message)).rejects.toMatchObject(refused(2));
    expect(await shown(accountId)).toMatchObject({ status: 'confirming', triesLeft: 2 });
    await expect(escrow().confirm(accountId, methodId, wrong)).rejects.toMatchObject(refused(1));
    await expect(escrow().confirm(accountId, methodId, wrong)).rejects.toMatchObject(refused(0));
    expect(await shown(accountId)).toMatchObject({ status: 'refused', refusal: 'amounts_wrong' });
    await expect(escrow().confirm(accountId, methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.not_confirming',
    });
    expect(await escrow().published(accountId)).toEqual([
      { ...toConfirm, accountId, methodId },
      { ...unconfirmed('amounts_wrong'), accountId, methodId },
    ]);
    await escrow().seeSmallRefunds(methodId, 'succeeded');
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'small_charge', 'refund_paid', 'refund_paid']);
  });

  test('six answers at once are three tries', async () => {
    const { accountId, methodId } = await escrow().confirming();
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, () => escrow().confirm(accountId, methodId, wrong)),
    );
    const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'verified'));
    expect(codes.filter((code) => code === 'billing_method.amounts_wrong')).toHaveLength(3);
    expect(codes.filter((code) => code === 'billing_method.not_confirming')).toHaveLength(3);
    expect(await escrow().methodOf(methodId)).toMatchObject({ status: 'refused', tries_left: 0 });
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(2);
  });

  test('nobody else does, and not before both were charged', async () => {
    const { methodId, amounts } = await escrow().confirming();
    await expect(escrow().confirm(`client-${newId()}`, methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.unknown',
    });
    const begun = await escrow().begun();
    await expect(escrow().confirm(begun.accountId, begun.methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.not_confirming',
    });
  });
});

describe('P-2: in every other ending all goes back whole', () => {
  test('nobody confirms within the time', async () => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    const confirmBy = (await escrow().methodOf(methodId)).confirm_by as Date;
    await escrow().expireConfirmation(methodId, new Date(confirmBy.getTime() - 1));
    expect(await shown(accountId)).toMatchObject({ status: 'confirming' });
    escrow().pass(confirmBy);
    await expect(escrow().confirm(accountId, methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.confirmation_over',
    });
    await escrow().expireConfirmation(methodId, confirmBy);
    expect(await shown(accountId)).toMatchObject({ status: 'refused', refusal: 'not_confirmed' });
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(2);
    expect((await escrow().published(accountId)).at(-1)).toMatchObject(unconfirmed('not_confirmed'));
  });

  test('the card is removed', async () => {
    const { accountId, methodId } = await escrow().confirming();
    await escrow().removeMethod(accountId, methodId);
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(2);
    expect((await escrow().published(accountId)).at(-1)).toMatchObject(unconfirmed('removed'));
  });

  test('after it was verified and removed nothing goes back twice', async () => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    await escrow().confirm(accountId, methodId, amounts);
    await escrow().seeSmallRefunds(methodId, 'succeeded');
    await escrow().removeMethod(accountId, methodId);
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(2);
  });

  test('the second one is declined', async () => {
    const { accountId, methodId } = await escrow().begun();
    await escrow().seeSmall(methodId, 1, 'succeeded', { method: 'pm_kept' });
    await escrow().seeSmall(methodId, 2, 'requires_payment_method', { declineCode: 'generic_decline' });
    await escrow().seeSmall(methodId, 2, 'canceled');
    expect(await shown(accountId)).toMatchObject({ status: 'refused', refusal: 'declined' });
    expect(await escrow().smallRefundsOf(methodId)).toMatchObject([{ place: 1, status: 'requested' }]);
  });

  test('E-26: a success that comes when the card is gone is booked and goes back', async () => {
    const { accountId, methodId } = await escrow().begun();
    await escrow().removeMethod(accountId, methodId);
    await escrow().seeSmall(methodId, 1, 'succeeded');
    expect(await escrow().chargesOf(methodId)).toHaveLength(1);
    await escrow().seeSmallRefunds(methodId, 'succeeded');
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'refund_paid']);
    const late = await escrow().begun();
    await escrow().seeSmall(late.methodId, 1, 'requires_payment_method');
    await escrow().seeSmall(late.methodId, 1, 'canceled');
    await escrow().seeSmall(late.methodId, 1, 'succeeded');
    expect(await escrow().methodOf(late.methodId)).toMatchObject({ status: 'refused' });
    expect(await escrow().smallRefundsOf(late.methodId)).toHaveLength(1);
  });

  test('a removal beside the second success leaves nothing behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { accountId, methodId } = await escrow().begun();
      await escrow().seeSmall(methodId, 1, 'succeeded', { method: 'pm_kept' });
      await Promise.all([
        escrow().removeMethod(accountId, methodId),
        escrow().seeSmall(methodId, 2, 'succeeded'),
      ]);
      expect(await escrow().smallRefundsOf(methodId)).toMatchObject([{ place: 1 }, { place: 2 }]);
    }
  });

  test('F47: another amount than asked is a person’s to compare, and the first goes back', async () => {
    const { accountId, methodId } = await escrow().begun();
    await escrow().seeSmall(methodId, 1, 'succeeded', { method: 'pm_kept' });
    await escrow().seeSmall(methodId, 2, 'succeeded', { receivedMinor: 1n });
    expect(await shown(accountId)).toMatchObject({ status: 'refused', refusal: 'in_review' });
    expect(await kindsOf(methodId)).toEqual(['small_charge']);
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(1);
  });
});

describe('P-2: stolen cards are not tested here', () => {
  const tooMany = { code: 'billing_method.too_many_verifications' };
  const later = (hours: number) => escrow().pass(plusHours(escrow().now(), hours));

  test('three at a time, also where more are added at once; of another account three more', async () => {
    const accountId = `client-${newId()}`;
    const added = await Promise.allSettled(Array.from({ length: 6 }, () => escrow().addSmall(accountId)));
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const one of added) if (one.status === 'rejected') expect(one.reason).toMatchObject(tooMany);
    later(25);
    await expect(escrow().addSmall(accountId)).rejects.toMatchObject(tooMany);
    await escrow().addSmall();
    expect(await escrow().addMethod(accountId)).toMatchObject({ status: 'verifying' });
  });

  test('three within 24 hours, whatever became of them', async () => {
    const accountId = `client-${newId()}`;
    for (let count = 0; count < 3; count += 1) {
      const { methodId } = await escrow().addSmall(accountId);
      await escrow().removeMethod(accountId, methodId);
    }
    await expect(escrow().addSmall(accountId)).rejects.toMatchObject(tooMany);
    later(24);
    await escrow().addSmall(accountId);
  });
});

describe('S-5: under a financial hold nothing is charged', () => {
  test('such a card is not even taken; one by the provider’s set-up is', async () => {
    const accountId = `client-${newId()}`;
    await escrow().hold(accountId, { kind: 'financial' });
    await expect(escrow().addSmall(accountId)).rejects.toMatchObject({ code: 'account.on_hold' });
    expect(await escrow().addMethod(accountId)).toMatchObject({ status: 'verifying' });
  });

  test('one that is placed meanwhile ends it, before the first charge or the second', async () => {
    const added = await escrow().addSmall();
    await escrow().hold(added.accountId, { kind: 'financial' });
    await escrow().recordSetup(added.methodId, { customerId: 'cus_1' });
    expect(await escrow().chargesOf(added.methodId)).toEqual([]);
    const { accountId, methodId } = await escrow().begun();
    await escrow().hold(accountId, { kind: 'financial' });
    await escrow().seeSmall(methodId, 1, 'succeeded', { method: 'pm_kept' });
    expect(await escrow().chargesOf(methodId)).toHaveLength(1);
    expect(await escrow().smallRefundsOf(methodId)).toHaveLength(1);
    for (const id of [added.methodId, methodId]) {
      expect(await escrow().methodOf(id)).toMatchObject({ status: 'refused', refusal: 'account_on_hold' });
    }
  });
});

describe('E-23, S-11: the way back fails', () => {
  const failed = async (how: 'failed' | 'returned') => {
    const { accountId, methodId, amounts } = await escrow().confirming();
    await escrow().confirm(accountId, methodId, amounts);
    if (how === 'returned') await escrow().seeSmallRefunds(methodId, 'succeeded');
    await escrow().seeSmallRefunds(methodId, 'failed');
    const [charge] = await escrow().chargesOf(methodId);
    return { methodId, smallChargeId: String(charge!.id) };
  };

  test('one person proposes, another decides, and the next sending pays it', async () => {
    const { methodId, smallChargeId } = await failed('failed');
    expect(await kindsOf(methodId)).toEqual(['small_charge', 'small_charge']);
    const proposed = { smallChargeId, status: 'proposed', attempt: 1 };
    expect(await escrow().retrySmall(smallChargeId, 'operator-1')).toEqual(proposed);
    await expect(escrow().retrySmall(smallChargeId, 'operator-1')).rejects.toMatchObject({
      code: 'refund.second_person_needed',
    });
    const decided = { smallChargeId, status: 'refunding', attempt: 2 };
    expect(await escrow().retrySmall(smallChargeId, 'operator-2')).toEqual(decided);
    await expect(escrow().retrySmall(smallChargeId, 'operator-1')).rejects.toMatchObject({
      code: 'refund.not_failed',
    });
    await escrow().seeSmallRefunds(methodId, 'succeeded');
    const [first, again, other] = await escrow().smallRefundsOf(methodId);
    expect(first).toMatchObject({ number: 1, status: 'contradicted' });
    expect(again).toMatchObject({ number: 2, status: 'paid' });
    expect(other).toMatchObject({ place: 2, number: 1 });
  });

  test('what came back after it had arrived is owed again', async () => {
    const { methodId } = await failed('returned');
    expect(await kindsOf(methodId)).toEqual([
      'small_charge',
      'small_charge',
      'refund_paid',
      'refund_paid',
      'refund_returned',
      'refund_returned',
    ]);
  });
});
