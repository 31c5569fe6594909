import { Instant } from '@holdfast/events';
import { BusinessClock } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type NoticeRow, NoticeTable } from '../tables/notice.table.ts';
import { textOf } from '../texts/render.ts';

/** What a person has been told so far (C-7): what is planned for later, or has become pointless, is not among it. */
@Injectable()
export class MyNotices {
  constructor(
    private readonly orm: MikroORM,
    private readonly clock: BusinessClock,
  ) {}

  async of(accountId: string, { after, limit }: { after?: string; limit: number }): Promise<object> {
    const em = this.orm.em.fork();
    const last = after === undefined ? null : await em.findOne(NoticeTable, { id: after, accountId });
    const behind = last && {
      $or: [{ plannedAt: { $lt: last.plannedAt } }, { plannedAt: last.plannedAt, id: { $lt: last.id } }],
    };
    const readable = { $or: [{ reason: null }, { reason: { $ne: 'deadline_gone' as const } }] };
    const rows = await em.find(
      NoticeTable,
      { accountId, plannedAt: { $lte: this.clock.now() }, $and: [readable, behind ?? {}] },
      { orderBy: { plannedAt: 'desc', id: 'desc' }, limit },
    );
    return { notices: rows.map(shown), next: rows.length < limit ? null : rows.at(-1)!.id };
  }
}

function shown(row: NoticeRow): object {
  const { id, template, category, facts, plannedAt, status, reason, shownAt, provenAt } = row;
  const { subject, paragraphs, action } = textOf(template, facts);
  const deadline = row.deadlineDueAt && {
    service: row.deadlineService,
    kind: row.deadlineKind,
    id: row.deadlineId,
    dueAt: Instant.encode(row.deadlineDueAt),
  };
  return {
    noticeId: id,
    template,
    category,
    facts,
    subject,
    paragraphs,
    ...(action ? { action } : {}),
    ...(deadline ? { deadline } : {}),
    at: Instant.encode(plannedAt),
    mail: status,
    ...(reason ? { reason } : {}),
    ...(shownAt ? { shownAt: Instant.encode(shownAt) } : {}),
    ...(provenAt ? { provenAt: Instant.encode(provenAt) } : {}),
  };
}
