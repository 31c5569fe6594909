import { BusinessClock, type Client, run } from '@holdfast/messaging';
import { POOL } from '@holdfast/service';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { Pool } from 'pg';

/**
 * Sendings whose outcome is not known, and the age of the oldest (AD-22). Read when a reader asks; a figure
 * that cannot be read keeps the value it had.
 */
@Injectable()
export class UnknownPayouts implements OnApplicationBootstrap {
  constructor(
    @Inject(POOL) private readonly pool: Pool,
    private readonly clock: BusinessClock,
  ) {}

  onApplicationBootstrap(): void {
    const meter = metrics.getMeter('holdfast');
    const count = meter.createObservableGauge('holdfast.payouts.unknown', {
      unit: '{attempt}',
      description: 'Sendings whose outcome is not known',
    });
    const age = meter.createObservableGauge('holdfast.payouts.unknown_oldest_age', {
      unit: 's',
      description: 'Age of the oldest of them',
    });
    meter.addBatchObservableCallback(
      async (result) => {
        const read = await this.read().catch(() => undefined);
        if (!read) return;
        result.observe(count, read.count);
        result.observe(age, read.oldestAgeSeconds);
      },
      [count, age],
    );
  }

  async read(client: Client = this.pool): Promise<{ count: number; oldestAgeSeconds: number }> {
    const [row] = await run<{ count: bigint; oldest: Date | null }>(client, unknownAttempts);
    const ageMs = row!.oldest ? this.clock.now().getTime() - row!.oldest.getTime() : 0;
    return { count: Number(row!.count), oldestAgeSeconds: Math.max(0, ageMs / 1_000) };
  }
}

const unknownAttempts = `select count(*) as count, min(key_since) as oldest from attempts where state = 'unknown'`;
