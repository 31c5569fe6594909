import type { Deadline } from '@holdfast/messaging';
import { type ProviderNotice, ProviderNoticeTable } from './provider-notice.table.ts';

/** Notices are worked off as soon as they are stored, by the service's own dialect (0.2 of the protocols). */
export const noticeDeadline = (workers: {
  work(notice: ProviderNotice): Promise<void>;
}): Deadline<typeof ProviderNoticeTable> => ({
  kind: 'provider_notice.read',
  does: 'work',
  entity: ProviderNoticeTable,
  dueAt: 'nextCallAt',
  keys: ['id'],
  parties: [],
  stoppedBy: [],
  fire: (notice) => workers.work(notice),
});
