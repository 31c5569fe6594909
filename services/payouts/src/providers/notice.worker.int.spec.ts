import { plusMinutes, usd } from '@holdfast/domain';
import { ReceiveNotice, ReceiveNoticeHandler } from '@holdfast/providers';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { worker } from '../testing/payouts.ts';
import { useSending } from '../testing/sending.ts';
import { Bank, orderBodyOf } from './bank.ts';

const sending = useSending();
const once = ['payout 50000'];

describe('0.2: notices', () => {
  const settled = async (withdrawalId: string) => {
    await sending.passHours(24 * 6);
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('paid');
  };
  const paidOnce = async (accountId: string) => {
    expect(await sending.payouts.typesOf(accountId)).toEqual(['withdrawal.sent', 'withdrawal.paid']);
  };

  test.each<[string, string, object, (answered: number[]) => boolean]>([
    [
      'F50, fault 8: ten times at once',
      'duplicate-webhook',
      { count: 10, concurrent: true },
      (answered) => answered.length >= 40,
    ],
    ['fault 9: under new ids', 'renewed-webhook', {}, (answered) => answered.length > 4],
    ['F51, fault 10: out of order', 'out-of-order-webhook', {}, (answered) => answered.length >= 4],
    ['fault 12: lost', 'lost-webhook', {}, (answered) => answered.length === 0],
    ['fault 13: late', 'late-webhook', { seconds: 86_400 }, (answered) => answered.length >= 3],
    ['F52, fault 27: signed by somebody else', 'bad-signature', {}, (answered) => answered.includes(401)],
    ['F52, fault 27: not signed', 'bad-signature', { kind: 'missing' }, (answered) => answered.includes(401)],
  ])(
    '%s: one effect',
    async (_, fault, params, wasPlayed) => {
      await sending.provider.fault('webhook', fault, params, { provider: 'bank', times: 20 });
      const { accountId, withdrawalId, key } = await sending.due();
      sending.answered.length = 0;
      await settled(withdrawalId);
      await paidOnce(accountId);
      expect(wasPlayed(sending.answered)).toBe(true);
      expect(await sending.moved(key)).toEqual(once);
      expect(await sending.payouts.linesOf(accountId, 'withdrawal_paid')).toHaveLength(1);
      const text = `select event_id from provider_notices group by event_id having count(*) > 1`;
      expect(await sending.payouts.rows(text)).toEqual([]);
    },
    90_000,
  );

  test('F51, fault 11: before the answer to the call', async () => {
    await sending.provider.fault('payout.ach', 'webhook-before-response');
    const { accountId, withdrawalId, key } = await sending.due();
    await sending.becomes(withdrawalId, 'sent');
    await settled(withdrawalId);
    await paidOnce(accountId);
    expect(await sending.sendings(key)).toHaveLength(1);
  }, 60_000);

  test('about an order that is not ours: kept visibly until an operator has looked', async () => {
    const { methodId } = await sending.cleared(1_000n);
    const { provider_account_id } = await sending.payouts.methodRow(methodId);
    const body = orderBodyOf({
      key: 'somebody-elses-key',
      withdrawalId: 'another',
      sent: usd(700n),
      originatingAccountId: 'ia_holdfast',
      receivingAccountId: String(provider_account_id),
      now: sending.payouts.now(),
    });
    await new Bank(sending.provider.bank()).send('somebody-elses-key', body);
    const [order] = await sending.provider.executed('somebody-elses-key');
    const text = 'select outcome, next_call_at from provider_notices where object_id = $1';
    const notices = await eventually(
      () => sending.payouts.rows(text, [order!.id]),
      (rows) => rows.length > 0 && rows.every(({ outcome }) => outcome !== null),
    );
    expect(notices[0]).toEqual({ outcome: 'unmatched', next_call_at: null });
  }, 60_000);

  test('E-23: about a refund of escrow, which asks the bank itself: nobody has to look', async () => {
    const bank = new Bank(sending.provider.bank());
    await bank.send(
      'attempt-of-escrow',
      JSON.stringify({
        type: 'ach',
        amount: 700,
        direction: 'credit',
        currency: 'USD',
        originating_account_id: 'ia_holdfast',
        receiving_account: { plaid_processor_token: 'pm_1' },
        external_id: 'attempt-of-escrow',
        metadata: { refund_id: 'refund-1' },
      }),
    );
    const [order] = await sending.provider.executed('attempt-of-escrow');
    const notices = await eventually(
      () => sending.payouts.rows('select outcome from provider_notices where object_id = $1', [order!.id]),
      (rows) => rows.length > 0 && rows.every(({ outcome }) => outcome !== null),
    );
    expect(notices[0]).toEqual({ outcome: 'matched' });
  }, 60_000);

  const told = async (objectId: string) => {
    const notice = { provider: 'bank', eventType: 'completed', objectId };
    const receive = new ReceiveNotice({ message: worker(`wh_${objectId}`), ...notice });
    await new ReceiveNoticeHandler(sending.payouts.database.unitOfWork).execute(receive);
  };
  const outcomeOf = async (objectId: string) =>
    (await sending.payouts.rows('select outcome from provider_notices where object_id = $1', [objectId]))[0]!
      .outcome;

  test('about an order that the bank does not show: nobody waits for it', async () => {
    await told('po_nowhere');
    await eventually(
      () => outcomeOf('po_nowhere'),
      (outcome) => outcome === 'unmatched',
    );
  });

  test('fault 20: it may be one whose id we do not know yet: then ten minutes are waited', async () => {
    await sending.provider.fault('payout.ach', 'error-before-execution');
    const { withdrawalId } = await sending.due();
    await sending.becomes(withdrawalId, 'unknown');
    await told('po_not_yet');
    const calls = () => sending.provider.requests({ op: 'payout.read' });
    await eventually(calls, (all) => all.some(({ path }) => path.endsWith('/po_not_yet')));
    expect(await outcomeOf('po_not_yet')).toBeNull();
    await sending.reach(plusMinutes(sending.payouts.now(), 10));
    await eventually(
      () => outcomeOf('po_not_yet'),
      (outcome) => outcome === 'unmatched',
    );
  }, 60_000);
});
