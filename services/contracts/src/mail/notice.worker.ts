import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { CONFIG, type Mail, Mailer, PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { BeginNotice, RecordDelivery } from '../commands/send-notice.ts';
import type { ContractsConfig } from '../config.ts';
import { type Delivery, isGivenUp } from '../domain/notice.ts';
import { ContactTable, type Email, emailPlace } from '../tables/contact.table.ts';
import { addressPlace, type NoticeRow, NoticeTable } from '../tables/notice.table.ts';
import { render } from '../texts/render.ts';
import { unsubscribeToken } from './signatures.ts';

type Config = Pick<ContractsConfig, 'MAIL_FROM' | 'LINK_BASE_URL' | 'PUBLIC_URL' | 'UNSUBSCRIBE_SECRET'>;

/** Mails a notice that is due, between two short transactions: the intent before, the server's word after (C-7). */
@Injectable()
export class NoticeWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly mailer: Mailer,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
    @Inject(CONFIG) private readonly config: Config,
    private readonly businessClock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** One try of a notice that is due; called by the sweep. */
  async advance({ id }: Pick<NoticeRow, 'id'>): Promise<void> {
    if (this.#pauses.resting(id)) return;
    // The sweep may have read the row before the last step was recorded.
    const row = await this.orm.em.fork().findOne(NoticeTable, { id, nextCallAt: { $ne: null } });
    if (!row) return;
    await asWorkOf({ ...row, traceparent: row.traceparent ?? null }, async () => {
      if (row.status === 'planned') {
        await this.commands.execute(new BeginNotice({ message: worker(), noticeId: id }));
        const begun = await this.orm.em.fork().findOne(NoticeTable, { id });
        if (begun?.status !== 'sending') return;
      }
      const delivery = await this.#deliver(row);
      if (delivery === 'unanswered' && !isGivenUp(row, this.businessClock.now())) {
        return this.#pauses.rest(id);
      }
      this.#pauses.over(id);
      recorded();
      await this.commands.execute(new RecordDelivery({ message: worker(), noticeId: id, delivery }));
    });
  }

  async #deliver(row: NoticeRow): Promise<Delivery> {
    const to = await this.#addressOf(row);
    // The person was erased between the two transactions (C-9): nobody takes this mail.
    if (to === undefined) return 'refused';
    return (await this.mailer.send(this.#mailOf(row, to))).status;
  }

  async #addressOf({ id, accountId, address }: NoticeRow): Promise<string | undefined> {
    const em = this.orm.em.fork();
    const key = (await em.findOne(PersonKeyTable, { id: accountId })) ?? undefined;
    if (address) return this.texts.open<Email>(key, addressPlace(id), address)?.email;
    const contact = await em.findOne(ContactTable, { id: accountId });
    return contact ? this.texts.open<Email>(key, emailPlace(accountId), contact.email)?.email : undefined;
  }

  #mailOf({ id, template, facts, category }: NoticeRow, to: string): Mail {
    const { LINK_BASE_URL: linkBase, PUBLIC_URL, UNSUBSCRIBE_SECRET, MAIL_FROM } = this.config;
    const messageId = `${id}@${/@([^>]+)/.exec(MAIL_FROM)![1]}`;
    if (category !== 'news') return { to, messageId, ...render({ template, facts, category }, { linkBase }) };
    const token = unsubscribeToken(UNSUBSCRIBE_SECRET, id);
    const unsubscribeUrl = `${PUBLIC_URL.replace(/\/$/, '')}/v1/unsubscribe?token=${token}`;
    const headers = {
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      // One click without a question (RFC 8058).
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    };
    return {
      to,
      messageId,
      headers,
      ...render({ template, facts, category }, { linkBase, unsubscribeUrl }),
    };
  }
}

const worker = (): MessageRef => ({ source: 'worker', id: newId() });
