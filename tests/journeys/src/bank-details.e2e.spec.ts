import { describe, expect, it } from '@jest/globals';
import { openAccount } from './agreement.ts';
import { everyExport } from './collected-spans.ts';
import { type Json, type Person, until } from './marketplace.ts';
import { everyLog, type Inside, query, runningInside, services } from './running-inside.ts';
import { runningMarketplace } from './running-system.ts';

/** Found nowhere else; the account number would pass for a card number (P-15). */
const holderName = 'Wilhelmina Xanthopoulos';
const typed = {
  kind: 'ach',
  holderName,
  routingNumber: '011000015',
  accountNumber: '6703111122223334',
  accountType: 'savings',
};
const secrets = [...holderName.split(' '), typed.accountNumber, typed.routingNumber];

/** Every row of every service, as text. */
async function everyRowAsText(inside: Inside): Promise<string> {
  const texts: string[] = [];
  for (const service of services) {
    const tables = await query<{ name: string }>(
      inside,
      service,
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    for (const { name } of tables) {
      const rows = await query<{ row: string }>(inside, service, `select t::text as row from ${name} t`);
      texts.push(...rows.map(({ row }) => `${service}.${name}: ${row}`));
    }
  }
  return texts.join('\n');
}

describe('a freelancer’s bank details (AD-18, P-15, W-3)', () => {
  it('are taken once, and seen by nobody again but for four digits', async () => {
    const [market, inside] = [runningMarketplace(), runningInside()];
    const freelancer = market.newPerson('payee', ['freelancer']);
    await openAccount(freelancer);
    const identity = (status: string, more: object = {}): Promise<Json> =>
      market.operator.put('payouts', `/v1/accounts/${freelancer.id}/identity`, {
        status,
        reason: 'A video call.',
        ...more,
      });
    const add = (changed: object = {}): ReturnType<Person['request']> =>
      freelancer.request('payouts', 'POST', '/v1/withdrawal-methods', { body: { ...typed, ...changed } });
    const answers: Json[] = [];
    answers.push(await identity('requested'), await identity('in_review'));
    answers.push(await identity('verified', { verifiedName: holderName }));
    const added = await add();
    expect(added).toMatchObject({ status: 202, body: { status: 'added', lastFour: '3334' } });
    const refused = await Promise.all([
      add({ routingNumber: '011000016' }),
      add({ holderName: 'Wilhelmina Nobody' }),
      add({ holderName: typed.accountNumber }),
      add({ accountNumber: '6703 1111 2222 3334' }),
      add({ accountType: holderName }),
    ]);
    expect(refused.map(({ body }) => body.code)).toEqual([
      'method.routing_number_invalid',
      'method.name_mismatch',
      'request.card_number',
      'request.card_number',
      'request.invalid',
    ]);
    const listed = await until(
      'the account is screened',
      () => freelancer.get('payouts', '/v1/withdrawal-methods'),
      ({ methods }) => methods[0].underReview === false,
    );
    await market.settle();
    answers.push(added.body, listed, ...refused.map(({ body }) => body));
    answers.push(await freelancer.get('payouts', '/v1/accounts/me'));
    const [row] = await query<{ provider_account_id: string }>(
      inside,
      'payouts',
      'select provider_account_id from withdrawal_methods where account_id = $1',
      [freelancer.id],
    );
    expect(row?.provider_account_id).toMatch(/^ea_/);
    const traces = await everyExport(inside);
    const seen = { answers: JSON.stringify(answers), rows: await everyRowAsText(inside), traces };
    expect(seen.rows).toContain(freelancer.id);
    expect(seen.answers).toContain('3334');
    for (const secret of secrets) {
      expect(Object.entries(seen).filter(([, text]) => text.includes(secret))).toEqual([]);
      expect(everyLog(inside).includes(secret)).toBe(false);
    }
  }, 60_000);
});
