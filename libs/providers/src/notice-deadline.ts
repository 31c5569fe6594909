import { type Deadline, nextCall } from '@holdfast/messaging';
import { type ProviderNotice, ProviderNoticeTable } from './provider-notice.table.ts';

/** Notices are worked off as soon as they are stored, by the service's own dialect (0.2 of the protocols). */
export const noticeDeadline = (workers: {
  work(notice: ProviderNotice): Promise<void>;
}): Deadline<typeof ProviderNoticeTable> =>
  nextCall('provider_notice.read', ProviderNoticeTable, 'id', (notice) => workers.work(notice));
