import { plusDays } from '@holdfast/domain';
import { createPool, newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, jest, test } from '@jest/globals';
import { noticeOfToken } from '../mail/signatures.ts';
import { MyAccount } from '../queries/my-account.ts';
import { newAccountId, personTexts, useContracts } from '../testing/contracts.ts';
import { mailSettings, useMailServer, useMails } from '../testing/mails.ts';
import { RecordBounce, RecordBounceHandler } from './record-bounce.ts';
import { RefuseNews, RefuseNewsHandler } from './refuse-news.ts';

// A server that does not answer is waited for, and a mail tried again after a pause.
jest.setTimeout(60_000);

const contracts = useContracts();
const server = useMailServer();
const mails = useMails(contracts, server);

/** Somebody with an address of their own. */
async function person(): Promise<{ id: string; address: string }> {
  const id = newAccountId('person');
  const address = `${id}-${newId()}@people.example`;
  await contracts().openAccount(id, ['client', 'freelancer'], undefined, address);
  return { id, address };
}

/** Tells somebody something about their account. */
const hold = (id: string) => contracts().placeHold(id, 'identity');
const typesOf = async (key: string) => (await contracts().published(key)).map(({ type }) => type);
const worker = () => ({ source: 'worker', id: newId() }) as const;
const bounced = (noticeId: string, message = worker()) =>
  new RecordBounceHandler(contracts().database.unitOfWork).execute(new RecordBounce({ message, noticeId }));

describe('C-7: a notice is mailed, and the receiving server’s word is its proof', () => {
  test('accepted: one mail, one fact with the instant', async () => {
    const { id, address } = await person();
    await hold(id);
    await mails().quiet();
    const [notice, ...others] = await contracts().told(id);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ template: 'hold_placed', status: 'accepted', next_call_at: null });
    expect(notice!.proven_at).toEqual(notice!.answered_at);
    const [mail, ...more] = await server.to(address);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      subject: 'A hold was placed on your account',
      messageId: `<${notice!.id}@holdfast.example>`,
      from: 'notices@holdfast.example',
    });
    expect(mail!.text).toContain('https://marketplace.example/account/appeals');
    expect((await contracts().published(id)).at(-1)).toEqual({
      type: 'contracts.notice.sent',
      accountId: id,
      noticeId: notice!.id,
      template: 'hold_placed',
      deadline: undefined,
      provenAt: notice!.proven_at,
    });
  });

  test.each(['refuse-recipient', 'refuse-message'] as const)(
    '%s: bounced, at once and for good',
    async (fault) => {
      const { id, address } = await person();
      await server.fault(fault, address, 9);
      await hold(id);
      await mails().quiet();
      expect(await contracts().told(id)).toMatchObject([{ status: 'bounced', proven_at: null }]);
      expect(await server.to(address)).toEqual([]);
      expect((await typesOf(id)).slice(-1)).toEqual(['contracts.notice.bounced']);
    },
  );

  test.each(['temporary-failure', 'no-answer'] as const)(
    '%s: the same mail again, then proven',
    async (fault) => {
      const { id, address } = await person();
      await server.fault(fault, address, 2);
      await hold(id);
      await mails().quiet();
      expect(await contracts().told(id)).toMatchObject([{ status: 'accepted' }]);
      expect(await server.to(address)).toHaveLength(1);
      expect((await typesOf(id)).filter((type) => type === 'contracts.notice.sent')).toHaveLength(1);
    },
  );

  test('an answer that is lost: the mail comes twice under one Message-ID, and is proven once', async () => {
    const { id, address } = await person();
    await server.fault('drop-after-data', address);
    await hold(id);
    await mails().quiet();
    const received = await server.to(address);
    expect(received).toHaveLength(2);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(1);
    expect((await typesOf(id)).filter((type) => type === 'contracts.notice.sent')).toHaveLength(1);
  });

  test('a crash between the sending and its record: what was intended is done, never forgotten', async () => {
    const { id, address } = await person();
    mails().beforeRecord = () => {
      throw new Error('the process is gone');
    };
    await hold(id);
    await eventually(
      () => server.to(address),
      ({ length }) => length > 0,
    );
    await mails().deadlines.stop();
    expect(await contracts().told(id)).toMatchObject([{ status: 'sending', proven_at: null }]);
    mails().beforeRecord = undefined;
    mails().start();
    await mails().quiet();
    expect(await contracts().told(id)).toMatchObject([{ status: 'accepted' }]);
    const received = await server.to(address);
    expect(received.length).toBeGreaterThan(1);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(1);
    expect((await typesOf(id)).filter((type) => type === 'contracts.notice.sent')).toHaveLength(1);
  });

  test('nobody answers for four days: it has failed, and says so by no event', async () => {
    const { id, address } = await person();
    await server.fault('temporary-failure', address, 1_000);
    await hold(id);
    const { clock } = contracts().database;
    await eventually(
      () => contracts().told(id),
      ([notice]) => notice?.status === 'sending',
    );
    clock.moveTo(clock.offsetMs + plusDays(new Date(0), 4).getTime());
    await mails().quiet();
    expect(await contracts().told(id)).toMatchObject([{ status: 'failed', reason: 'unanswered' }]);
    expect(await typesOf(id)).toEqual(['contracts.account.opened', 'contracts.account.hold_placed']);
  });
});

describe('C-7: a report that the mail came back later', () => {
  test('is a fact, once, however often it is reported', async () => {
    const { id } = await person();
    await hold(id);
    await mails().quiet();
    const [notice] = await contracts().told(id);
    await bounced(String(notice!.id));
    await bounced(String(notice!.id));
    expect(await contracts().told(id)).toMatchObject([{ status: 'bounced', proven_at: null }]);
    expect((await typesOf(id)).slice(-2)).toEqual(['contracts.notice.sent', 'contracts.notice.bounced']);
  });

  test('of what was shown proves nothing against the person having been told', async () => {
    const { id } = await person();
    await hold(id);
    await mails().quiet();
    const [notice] = await contracts().told(id);
    await contracts().showNotice(id, String(notice!.id));
    await bounced(String(notice!.id));
    const [after] = await contracts().told(id);
    expect(after).toMatchObject({ status: 'bounced', proven_at: after!.shown_at });
    expect((await typesOf(id)).at(-1)).toBe('contracts.notice.sent');
  });

  test('of no notice of ours has no effect', async () => {
    await expect(bounced(newId())).resolves.toBeUndefined();
  });
});

describe('C-7: shown to the logged-in person', () => {
  test('proves a mail that has bounced after all, and a second showing nothing more', async () => {
    const { id, address } = await person();
    await server.fault('refuse-recipient', address);
    await hold(id);
    await mails().quiet();
    const [notice] = await contracts().told(id);
    const shown = await contracts().showNotice(id, String(notice!.id));
    expect(await contracts().showNotice(id, String(notice!.id))).toEqual(shown);
    expect((await typesOf(id)).slice(-2)).toEqual(['contracts.notice.bounced', 'contracts.notice.sent']);
  });

  test('AD-16: somebody else’s notice is an unknown one', async () => {
    const [{ id }, stranger] = [await person(), await person()];
    await hold(id);
    const [notice] = await contracts().told(id);
    const unknown = { code: 'notice.unknown' };
    await expect(contracts().showNotice(stranger.id, String(notice!.id))).rejects.toMatchObject(unknown);
    await expect(contracts().showNotice(id, newId())).rejects.toMatchObject(unknown);
  });
});

describe('a person’s address', () => {
  test('a person without one is told in the feed; what still helps is mailed once there is one', async () => {
    const ids = await contracts().parties();
    await contracts().sendOffer(ids);
    await mails().quiet();
    const [sent, expiring] = await contracts().told(ids.freelancerId);
    expect(sent).toMatchObject({ template: 'offer_sent', status: 'failed', reason: 'no_address' });
    expect(expiring).toMatchObject({ template: 'offer_expiring', status: 'planned' });
    const address = `${newId()}@people.example`;
    await contracts().changeEmail(ids.freelancerId, address);
    await mails().quiet();
    expect((await server.to(address)).map(({ subject }) => subject)).toEqual(['You have an offer']);
  });

  test('the address before hears of the change, the new one of everything else', async () => {
    const { id, address } = await person();
    const after = `${newId()}@people.example`;
    await contracts().changeEmail(id, after);
    await contracts().changeEmail(id, after);
    await hold(id);
    await mails().quiet();
    expect((await server.to(address)).map(({ subject }) => subject)).toEqual([
      'Your e-mail address was changed',
    ]);
    expect((await server.to(after)).map(({ subject }) => subject)).toEqual([
      'A hold was placed on your account',
    ]);
    expect(await new MyAccount(contracts().database.orm, personTexts).of(id)).toMatchObject({ email: after });
  });

  test('AD-18: it stands in no row, no fact and no inbox but sealed', async () => {
    const { id, address } = await person();
    await contracts().changeEmail(id, `2-${address}`);
    await hold(id);
    await mails().quiet();
    const tables = await contracts().rows(`select tablename from pg_tables where schemaname = 'public'`);
    const rows = await Promise.all(
      tables.map(({ tablename }) => contracts().rows(`select t::text as row from ${tablename} t`)),
    );
    const written = rows.flat().map(({ row }) => String(row));
    for (const text of [address, Buffer.from(address).toString('hex')]) {
      expect(written.filter((row) => row.includes(text))).toEqual([]);
    }
  });

  test('C-9: where the key is gone nobody is written to', async () => {
    const { id, address } = await person();
    await hold(id);
    await mails().quiet();
    const owner = createPool(contracts().database.ownerUrl);
    await owner.query('delete from person_keys where id = $1', [id]);
    await owner.end();
    await contracts().holdFact({ type: 'payouts.identity.failed', accountId: id, reason: 'refused' });
    await mails().quiet();
    expect(await server.to(address)).toHaveLength(1);
    expect((await contracts().told(id)).map(({ status }) => status)).toEqual(['accepted', 'bounced']);
  });
});

describe('C-4: news may be refused, and nothing else', () => {
  const tokenIn = (mail: { headers: Record<string, string> }): string =>
    /token=([^>]+)>/.exec(mail.headers['list-unsubscribe']!)![1]!;

  test('one click in the mail, and the next news only stand in the feed', async () => {
    const { id: clientId, address } = await person();
    const freelancerId = (await contracts().parties()).freelancerId;
    await contracts().verifyMethod(clientId);
    const accepted = async () => {
      const { offerId } = await contracts().sendOffer({ clientId, freelancerId });
      await contracts().acceptOffer(freelancerId, offerId);
      await mails().quiet();
    };
    await accepted();
    const [mail] = await server.to(address);
    expect(mail!.subject).toBe('Your offer was accepted');
    expect(mail!.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
    expect(mail!.text).toContain('/v1/unsubscribe?token=');
    const noticeId = noticeOfToken(mailSettings.UNSUBSCRIBE_SECRET, tokenIn(mail!))!;
    const message = { source: 'worker', id: noticeId } as const;
    const { unitOfWork } = contracts().database;
    await new RefuseNewsHandler(unitOfWork).execute(new RefuseNews({ message, noticeId }));
    await accepted();
    await hold(clientId);
    await mails().quiet();
    expect((await server.to(address)).map(({ subject }) => subject)).toEqual([
      'Your offer was accepted',
      'A hold was placed on your account',
    ]);
    expect((await contracts().told(clientId)).map(({ status, reason }) => reason ?? status)).toEqual([
      'accepted',
      'unsubscribed',
      'accepted',
    ]);
  });

  test('a mail about the account offers no such link', async () => {
    const { id, address } = await person();
    await hold(id);
    await mails().quiet();
    const [mail] = await server.to(address);
    expect(Object.keys(mail!.headers).filter((name) => name.startsWith('list-'))).toEqual([]);
    expect(mail!.raw).not.toContain('unsubscribe');
  });
});

describe('AD-20: the wire to the mail server', () => {
  const mail = { subject: 's', text: 't', html: 'h', messageId: `${newId()}@holdfast.example` };

  test('a server without TLS gets neither credentials nor a mail', async () => {
    const to = `${newId()}@people.example`;
    const outcome = await server.mailer({ MAIL_TLS: 'starttls' }).send({ ...mail, to });
    expect(outcome).toEqual({ status: 'unanswered' });
    expect(await server.to(to)).toEqual([]);
  });

  test('wrong credentials are about us, not about the recipient', async () => {
    const to = `${newId()}@people.example`;
    const outcome = await server.mailer({ MAIL_PASSWORD: 'another-password' }).send({ ...mail, to });
    expect(outcome).toEqual({ status: 'unanswered' });
  });

  test('nobody there', async () => {
    const to = `${newId()}@people.example`;
    expect(await server.mailer({ MAIL_PORT: 1 }).send({ ...mail, to })).toEqual({ status: 'unanswered' });
  });
});
