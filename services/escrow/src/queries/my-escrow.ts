import { Money, usd } from '@holdfast/domain';
import { run } from '@holdfast/messaging';
import { POOL } from '@holdfast/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';

const money = (amountMinor: string) => Money.encode(usd(BigInt(amountMinor)));

/**
 * What is held for a freelancer's work, over all agreements (B-1): in progress, in review, or asked back by the client; the
 * three are all that is held. It is gross and not the freelancer's yet: what is, payouts tells. A freeze is no state, so
 * frozen money is in the sum of its milestone (E-22).
 */
@Injectable()
export class MyEscrow {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  async of(accountId: string): Promise<object> {
    const [sums] = await run<Record<'progress' | 'review' | 'asked', string>>(
      this.pool,
      `select
        coalesce(sum(m.held_minor) filter (where m.status in ('funded', 'changes_requested')), 0)::text as progress,
        coalesce(sum(m.held_minor) filter (where m.status = 'submitted'), 0)::text as review,
        coalesce(sum(m.held_minor) filter (where m.status = 'refund_pending'), 0)::text as asked
      from agreements a join milestones m on m.agreement_id = a.id
      where a.freelancer_id = $1 and m.held_minor > 0`,
      [accountId],
    );
    const { progress, review, asked } = sums!;
    return { accountId, inProgress: money(progress), inReview: money(review), askedBack: money(asked) };
  }
}
