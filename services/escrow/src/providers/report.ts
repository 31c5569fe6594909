import type { ReportLine } from '../domain/processing-cost.ts';
import type { NotSent } from './pay-in.ts';

/** Where a report is read: lines since then, behind where the last page ended. */
export type ReportPlace = Readonly<{ since: Date; after: string | null }>;

/** `next` is where the page ended; null where nothing is behind it. */
export type ReportPage = Readonly<{ kind: 'page'; lines: readonly ReportLine[]; next: string | null }>;

/** What a provider says that it took for its work, page by page (protocols, 4.6). */
export interface CostSource {
  read(place: ReportPlace): Promise<ReportPage | NotSent>;
}
