import { plusDays } from '@holdfast/domain';
import fc from 'fast-check';
import { Disputes } from '../../chargebacks.ts';
import type { Mirror } from '../mirror.ts';
import type { Deadline } from '../state.ts';
import { Act } from './act.ts';

/** Only the clock moves: what is due is not done yet, and whoever acts now acts late. Often to the next deadline. */
export const pass = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 2 }).map(
  (days) =>
    new Act(`pass(${days ?? 'due'})`, (model, mirror) => {
      const passed = days ?? model.daysToDeadline();
      if (passed === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => {
          model.now += passed * 24 * 3_600_000;
        },
        ours: async () => mirror.escrow.pass(plusDays(mirror.escrow.now(), passed)),
      };
    }),
);

/** The sweep does what is due, in the order of the deadlines, each dated at its own (M-21). */
export const sweep = fc.constant(
  new Act('sweep()', (model, mirror) => {
    const due = model.due();
    if (due.length === 0) return undefined;
    return {
      isKeyless: true,
      theirs: () => due.forEach((each) => void model.fallSilent(each)),
      ours: async () => {
        for (const each of due) await fire(mirror, each);
      },
    };
  }),
);

async function fire(mirror: Mirror, due: Deadline): Promise<void> {
  if ('review' in due) {
    const id = mirror.milestoneId(due.review);
    const [row] = await mirror.escrow.rows('select review_due_at from milestones where id = $1', [id]);
    // Null where the timer that fired before has ended it.
    if (row!.review_due_at) await mirror.escrow.silence(id, row!.review_due_at as Date);
    return;
  }
  if ('evidence' in due) {
    const disputes = new Disputes(mirror.escrow.database);
    const { id } = mirror.disputes[due.evidence]!.view;
    const [row] = await mirror.escrow.rows('select * from chargebacks where dispute_id = $1', [id]);
    await disputes.expireEvidence(String(row!.id), row!.evidence_due_at as Date);
    return;
  }
  const id = (await mirror.idsIn('refund_requests'))[due.request]!;
  const { due_at } = await mirror.endings.requestRow(id);
  if (due_at) await mirror.endings.silence(id, due_at as Date);
}
