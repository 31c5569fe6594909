import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import {
  type Category,
  type DeadlineName,
  type Facts,
  type Notice,
  nextCallAt,
  type Template,
} from '../domain/notice.ts';

type Reason = Extract<Notice, { reason: unknown }>['reason'];

export const NoticeTable = defineEntity({
  name: 'Notice',
  tableName: 'notices',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    causeId: p.text(),
    template: p.text().$type<Template>(),
    number: p.integer(),
    category: p.text().$type<Category>(),
    facts: p.json<Facts>(),
    deadlineService: p.text().$type<DeadlineName['service']>().nullable(),
    deadlineKind: p.text().nullable(),
    deadlineId: p.text().nullable(),
    deadlineDueAt: p.datetime().nullable(),
    plannedAt: p.datetime(),
    status: p.text().$type<Notice['status']>(),
    reason: p.text().$type<Reason>().nullable(),
    /** The server's last word: that it takes the mail, or that it does not. */
    answeredAt: p.datetime().nullable(),
    shownAt: p.datetime().nullable(),
    provenAt: p.datetime().nullable(),
    /** Where it goes instead of the person's present address, encrypted: the address before. */
    address: p.blob().$type<Buffer>().nullable(),
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});
export type NoticeRow = Omit<InferEntity<typeof NoticeTable>, 'version'>;

/** What a row keeps besides its notice. */
export type NoticeFrame = Pick<NoticeRow, 'address' | 'correlationId' | 'traceparent'>;

export const addressPlace = (noticeId: string): string => `notices/address/${noticeId}`;

export const toRow = (notice: Notice, frame: NoticeFrame): NoticeRow => ({
  id: notice.id,
  accountId: notice.accountId,
  causeId: notice.causeId,
  template: notice.template,
  number: notice.number,
  category: notice.category,
  facts: notice.facts,
  deadlineService: notice.deadline?.service ?? null,
  deadlineKind: notice.deadline?.kind ?? null,
  deadlineId: notice.deadline?.id ?? null,
  deadlineDueAt: notice.deadline?.dueAt ?? null,
  plannedAt: notice.plannedAt,
  status: notice.status,
  reason: 'reason' in notice ? notice.reason : null,
  answeredAt: answeredAt(notice) ?? null,
  shownAt: notice.shownAt ?? null,
  provenAt: notice.provenAt ?? null,
  address: frame.address ?? null,
  nextCallAt: nextCallAt(notice) ?? null,
  correlationId: frame.correlationId,
  traceparent: frame.traceparent ?? null,
});

function answeredAt(notice: Notice): Date | undefined {
  if (notice.status === 'accepted') return notice.acceptedAt;
  return notice.status === 'bounced' ? notice.bouncedAt : undefined;
}

export function fromRow(row: NoticeRow): Notice {
  const { id, accountId, causeId, template, number, category, facts, plannedAt, status } = row;
  const deadline = row.deadlineService
    ? {
        service: row.deadlineService,
        kind: row.deadlineKind!,
        id: row.deadlineId!,
        dueAt: row.deadlineDueAt!,
      }
    : undefined;
  const told = { accountId, template, category, facts, plannedAt, deadline, number };
  const proof = { shownAt: row.shownAt ?? undefined, provenAt: row.provenAt ?? undefined };
  const notice = { ...told, id, causeId, ...proof };
  switch (status) {
    case 'accepted':
      return { ...notice, status, acceptedAt: row.answeredAt! };
    case 'bounced':
      return { ...notice, status, bouncedAt: row.answeredAt! };
    case 'failed':
    case 'cancelled':
      return { ...notice, status, reason: row.reason! } as Notice;
    default:
      return { ...notice, status };
  }
}

export const insertNotice = (tx: Tx, notice: Notice, frame: NoticeFrame): void =>
  tx.insert(NoticeTable, toRow(notice, frame));

/** Keeps what the row has besides its notice. */
export const saveNotice = (tx: Tx, row: NoticeRow, notice: Notice): void =>
  tx.save(NoticeTable, toRow(notice, row));
