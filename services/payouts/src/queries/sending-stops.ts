import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { SendingStopTable } from '../tables/sending-stop.table.ts';

/** Enough to look at; the newest come first. */
const listedMax = 200;

/** Who stopped sending, why, and whether it still stands (W-18, AD-21). */
@Injectable()
export class SendingStops {
  constructor(private readonly orm: MikroORM) {}

  async list(): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(SendingStopTable, {}, { orderBy: { stoppedAt: 'desc' }, limit: listedMax });
    return {
      stops: rows.map((row) => ({
        stopId: row.id,
        provider: row.provider,
        standing: row.standing,
        reason: row.reason,
        stoppedBy: row.stoppedBy,
        stoppedAt: Instant.encode(row.stoppedAt),
        ...(row.resumedAt
          ? {
              resumedBy: row.resumedBy,
              resumedAt: Instant.encode(row.resumedAt),
              resumeReason: row.resumeReason,
            }
          : {}),
      })),
    };
  }
}
