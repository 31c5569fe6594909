import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type SupportRefund, SupportRefundTable } from '../tables/support-refund.table.ts';

const listedMax = 100;
const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));

/** For operators: what support gives back of pay, those first that wait for a second person (E-18, S-11). */
@Injectable()
export class SupportRefunds {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  async list(): Promise<object> {
    const em = this.orm.em.fork();
    const proposed = await em.find(SupportRefundTable, { transferId: null }, newest);
    const drawn = await em.find(SupportRefundTable, { transferId: { $ne: null } }, newest);
    const rows = [...proposed, ...drawn].slice(0, listedMax);
    const writers = rows.flatMap(({ proposedBy, approvedBy }) => [proposedBy, approvedBy ?? proposedBy]);
    const keys = await em.find(PersonKeyTable, { id: { $in: [...new Set(writers)] } });
    const wordsOf: Words = (writer, place, sealed) => {
      const key = keys.find(({ id }) => id === writer);
      return this.texts.open<{ reason: string }>(key, place, sealed)?.reason ?? null;
    };
    return { supportRefunds: rows.map((row) => shown(row, wordsOf)) };
  }
}

const newest = { orderBy: { id: 'desc' }, limit: listedMax } as const;
type Words = (writer: string, place: string, sealed: Buffer) => string | null;

/** Words are null where their writer was erased (C-9). */
const shown = (row: SupportRefund, wordsOf: Words): object => ({
  supportRefundId: row.id,
  agreementId: row.agreementId,
  ...(row.milestoneId ? { milestoneId: row.milestoneId } : { bonusId: row.bonusId }),
  status: row.transferId ? 'drawn' : 'proposed',
  amount: money(row.amountMinor),
  total: money(row.totalMinor),
  proposedBy: row.proposedBy,
  reason: wordsOf(row.proposedBy, `support_refunds/proposed_reason/${row.id}`, row.proposedReason),
  proposedAt: Instant.encode(row.proposedAt),
  ...(row.approvedBy
    ? {
        approvedBy: row.approvedBy,
        approvedReason: wordsOf(
          row.approvedBy,
          `support_refunds/approved_reason/${row.id}`,
          row.approvedReason!,
        ),
        approvedAt: Instant.encode(row.approvedAt!),
      }
    : {}),
});
