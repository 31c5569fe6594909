import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BankRig } from '../testing/bank-rig.ts';
import { until } from '../testing/rig.ts';

// Fixed days, so that weekends and holidays are where the tests need them; business time only moves forward.
const rig = new BankRig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const status = async (id: string) => (await rig.order(id)).status;

describe('an order', () => {
  it('goes its way by business time, and tells each step', async () => {
    await rig.moveTo('2034-11-20T10:00:00Z'); // A Monday.
    const { id, external_id, effective_date } = await rig.pay();
    expect(effective_date).toBe('2034-11-20');
    await rig.moveTo('2034-11-20T10:59:00Z');
    expect(await status(id)).toBe('approved');
    await rig.moveTo('2034-11-20T11:01:00Z');
    expect(await status(id)).toBe('processing');
    await rig.moveTo('2034-11-20T14:01:00Z');
    const sent = await rig.order(id);
    expect(sent).toMatchObject({
      status: 'sent',
      reference_numbers: [
        {
          reference_number: expect.stringMatching(/^12104288\d{7}$/),
          reference_number_type: 'ach_trace_number',
        },
      ],
      transaction_ids: [],
    });
    await rig.moveTo('2034-11-21T14:59:00Z');
    expect(await status(id)).toBe('sent');
    await rig.moveTo('2034-11-21T15:01:00Z');
    expect(await rig.order(id)).toMatchObject({
      status: 'completed',
      updated_at: '2034-11-21T15:00:00.000Z',
      transaction_ids: [expect.stringMatching(/^txn_/)],
      current_return: null,
    });
    await rig.quiet();
    expect(rig.bank.about(id)).toEqual(['created', 'begin_processing', 'finish_processing', 'completed']);
    const about = rig.bank.received.filter(({ data }) => data.id === id);
    expect(about.map(({ data }) => data.status)).toEqual(['approved', 'processing', 'sent', 'completed']);
    expect(about.at(-1)?.data).toEqual(await rig.order(id));
    expect(new Set(about.map((webhook) => webhook.id)).size).toBe(4);
    expect(await rig.booked(external_id)).toEqual(['payout 1500']);
  });

  it('does not settle on a weekend or on a holiday', async () => {
    await rig.moveTo('2034-11-22T10:00:00Z'); // The next day is Thanksgiving.
    const { id } = await rig.pay();
    const { id: later } = await rig.pay(undefined, { effective_date: '2034-11-24' });
    await rig.moveTo('2034-11-24T14:59:00Z');
    expect([await status(id), await status(later)]).toEqual(['sent', 'sent']);
    await rig.moveTo('2034-11-24T15:01:00Z');
    expect([await status(id), await status(later)]).toEqual(['completed', 'sent']);
    await rig.moveTo('2034-11-27T15:01:00Z');
    expect(await status(later)).toBe('completed');
  });

  it('waits for its settlement in quiet, and says when it is due', async () => {
    await rig.moveTo('2034-12-04T10:00:00Z');
    const { id } = await rig.pay();
    await rig.quiet();
    const { nextDueAt } = await rig.control('GET', '/__sim/next-due');
    expect(nextDueAt).toMatch(/^2034-12-04T11:00:/);
    rig.bank.answer = () => 503;
    await rig.moveTo('2034-12-04T11:01:00Z');
    const { quiet, reasons } = await rig.control('GET', '/__sim/quiet');
    expect([quiet, reasons]).toEqual([false, [expect.stringMatching(/^webhook /)]]);
    rig.bank.answer = () => 200;
    await rig.quiet();
    expect(await status(id)).toBe('processing');
  });
});

describe('a magic account number', () => {
  const ended = async (accountNumber: string) => {
    const order = await rig.pay(accountNumber);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 10 * 86_400 });
    return { ...(await rig.order(order.id)), booked: await rig.booked(order.external_id) };
  };

  it('900…1 fails once, then pays: for each number, whoever holds it', async () => {
    expect(await ended('90000101')).toMatchObject({
      status: 'failed',
      vendor_failure_reason: expect.any(String),
      booked: ['payout 1500', 'payout_failed 1500'],
    });
    expect(await ended('90000101')).toMatchObject({ status: 'completed', booked: ['payout 1500'] });
    expect((await ended('90000111')).status).toBe('failed');
  });

  it.each([
    ['90000102', 'failed', ['begin_processing', 'failed']],
    ['90000103', 'denied', ['denied']],
    ['90000107', 'cancelled', ['cancelled']],
  ])('%s is never paid, but %s', async (accountNumber, end, events) => {
    for (const _time of ['first', 'second']) {
      const order = await ended(accountNumber);
      expect(order).toMatchObject({ status: end, booked: ['payout 1500', 'payout_failed 1500'] });
      await until(() => rig.bank.about(order.id).length > events.length);
      expect(rig.bank.about(order.id).sort()).toEqual(['created', ...events].sort());
    }
  });

  it('90000103 waits for an approval first', async () => {
    expect((await rig.pay('90000103')).status).toBe('needs_approval');
  });

  it('90000104 comes back with R03 instead of being paid', async () => {
    await rig.moveTo('2035-06-04T10:00:00Z'); // A Monday.
    const { id, external_id } = await rig.pay('90000104');
    await rig.moveTo('2035-06-05T15:01:00Z');
    expect(await rig.order(id)).toMatchObject({
      status: 'returned',
      transaction_ids: [],
      current_return: { id: expect.stringMatching(/^ret_/), code: 'R03', amount: 1500, reason: /No Account/ },
    });
    expect(await rig.booked(external_id)).toEqual(['payout 1500', 'payout_returned 1500']);
    await rig.quiet();
    expect(rig.bank.about(id)).not.toContain('completed');
  });

  it('90000105 and 90000106 come back two days after they were paid, with R03 and R23', async () => {
    await rig.moveTo('2035-06-11T10:00:00Z'); // A Monday.
    const orders = [await rig.pay('90000105'), await rig.pay('90000106')];
    const statuses = () => Promise.all(orders.map(({ id }) => status(id)));
    await rig.moveTo('2035-06-12T15:01:00Z');
    expect(await statuses()).toEqual(['completed', 'completed']);
    await rig.moveTo('2035-06-14T14:59:00Z');
    expect(await statuses()).toEqual(['completed', 'completed']);
    await rig.moveTo('2035-06-14T15:01:00Z');
    for (const [index, code] of ['R03', 'R23'].entries()) {
      const { id, external_id } = orders[index];
      expect(await rig.order(id)).toMatchObject({
        status: 'returned',
        transaction_ids: [expect.any(String)],
        current_return: { code, amount: 1500 },
      });
      expect(await rig.booked(external_id)).toEqual(['payout 1500', 'payout_returned 1500']);
    }
  });
});
