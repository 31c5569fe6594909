import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BankRig } from '../testing/bank-rig.ts';

const rig = new BankRig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const statement = async (query = '') => rig.api('GET', `/api/transactions${query}`);
const later = (seconds: number) => rig.control('POST', '/__sim/clock/advance', { seconds });

describe('the statement of the account', () => {
  it('has a line for each movement, newest first, and charges of the bank in words of their own', async () => {
    const { id: order } = await rig.pay();
    const before = await rig.balanceMinor();
    const { id } = await rig.control('POST', '/__sim/bank-charges', { amount: '1250' });
    expect(await rig.balanceMinor()).toBe(before - 1_250n);
    expect(await rig.booked(id)).toEqual(['processing_fee 1250']);
    const { status, body } = await statement();
    expect(status).toBe(200);
    expect(body).toMatchObject([
      { id, amount: 1250, direction: 'debit', currency: 'USD', vendor_code: '698', vendor_code_type: 'bai2' },
      { id: `${order}-payout`, amount: 1500, direction: 'debit', vendor_code: '455' },
      { id: 'opening-opening', direction: 'credit', vendor_code: '165' },
    ]);
  });

  it('is read page by page and by date', async () => {
    await later(86_400);
    const { id: last } = await rig.control('POST', '/__sim/bank-charges', { amount: '1' });
    const all = (await statement()).body;
    const first = await statement('?per_page=1');
    expect(first.headers.get('x-after-cursor')).toBe(last);
    const next = await statement(`?per_page=100&after_cursor=${last}`);
    expect([...first.body, ...next.body]).toEqual(all);
    expect(next.headers.get('x-after-cursor')).toBeNull();
    const today = await statement(`?posted=true&as_of_date_start=${all[0].as_of_date}`);
    expect(today.body).toEqual(first.body);
    expect((await statement('?after_cursor=txn_none')).status).toBe(422);
    expect((await statement('?as_of_date_start=today')).status).toBe(422);
  });

  it.each([{}, { amount: '0' }, { amount: 5 }, { amount: '5', more: 1 }])(
    'takes no charge that makes no sense: %o',
    async (charge) => {
      expect((await rig.control('POST', '/__sim/bank-charges', charge)).error).toEqual(expect.any(String));
    },
  );
});
