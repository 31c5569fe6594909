import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { ChargebackTable, fromRow } from '../tables/chargeback.table.ts';

const listedMax = 100;
const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));

/** For operators: what clients' banks took back, and what is to be answered by when (P-11). */
@Injectable()
export class Chargebacks {
  constructor(private readonly orm: MikroORM) {}

  async list(): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(ChargebackTable, {}, { orderBy: { open: 'desc', id: 'desc' }, limit: listedMax });
    return {
      chargebacks: rows.map((row) => ({
        chargebackId: row.id,
        disputeId: row.disputeId,
        agreementId: row.agreementId,
        fundingId: row.fundingId,
        status: row.status,
        amount: money(row.amountMinor),
        fee: money(row.feeMinor),
        parts: fromRow(row).parts.map((part) => ({
          ...(part.milestoneId ? { milestoneId: part.milestoneId } : {}),
          ...(part.bonusId ? { bonusId: part.bonusId } : {}),
          state: part.state,
          protected: part.protected,
          amount: money(part.principalMinor),
          net: money(part.netMinor),
        })),
        receivedAt: Instant.encode(row.receivedAt),
        dueAt: Instant.encode(row.dueAt),
        ...(row.answer ? { answer: row.answer, answeredBy: row.answeredBy, reason: row.answerReason } : {}),
        ...(row.endedAt ? { endedAt: Instant.encode(row.endedAt) } : {}),
      })),
    };
  }
}
