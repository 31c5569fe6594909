import { plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import fc from 'fast-check';
import { Disputes } from '../../chargebacks.ts';
import { isAskedOf, loserOf, type Person } from '../dormancy.ts';
import type { Mirror } from '../mirror.ts';
import { type Deadline, day } from '../state.ts';
import { Act } from './act.ts';
import { tell } from './dormancy.ts';

const days = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 5 }), weight: 9 }, fc.constant(31));

/** Only the clock moves: what is due is not done yet, and whoever acts now acts late. Often to the next deadline. */
export const pass = fc.option(days, { nil: undefined, freq: 2 }).map(
  (chosen) =>
    new Act(`pass(${chosen ?? 'due'})`, (model, mirror) => {
      const passed = chosen ?? model.daysToDeadline();
      if (passed === undefined) return undefined;
      return {
        isKeyless: true,
        theirs: () => {
          model.now += passed * day;
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
      ours: () => fireAll(mirror, due),
    };
  }),
);

/** Nobody acts for some deadlines: whatever comes due is done in time, and perhaps who may lose by it is told twice. */
export const quiet = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()).map(
  ([deadlines, tells]) =>
    new Act(`quiet(${deadlines}, ${tells})`, (model, mirror) => {
      if (model.daysToDeadline() === undefined) return undefined;
      const done: { person: Person | undefined; days: number; due: Deadline[] }[] = [];
      return {
        isKeyless: true,
        theirs: () => {
          for (let each = 0; each < deadlines; each += 1) {
            const person = tells && isAskedOf(model.dormancy) ? loserOf(model.dormancy) : undefined;
            if (person) for (let times = 0; times < 2; times += 1) model.notice(person, true);
            const days = model.daysToDeadline() ?? 0;
            model.now += days * day;
            const due = model.due();
            for (const deadline of due) model.fallSilent(deadline);
            done.push({ person, days, due });
          }
        },
        ours: async () => {
          for (const { person, days, due } of done) {
            if (person) await tell(mirror, person, [newId(), newId()]);
            if (days > 0) mirror.escrow.pass(plusDays(mirror.escrow.now(), days));
            await fireAll(mirror, due);
          }
        },
      };
    }),
);

async function fireAll(mirror: Mirror, due: readonly Deadline[]): Promise<void> {
  const { agreementId } = mirror.agreed;
  // Of when it was found due: what another timer does before may move it, and it has no effect then.
  const { turn_at, due_at, status } = await mirror.dormancies.row(agreementId);
  for (const each of due) {
    if (!('dormancy' in each)) {
      await fire(mirror, each);
      continue;
    }
    await mirror.dormancies.fireAt(agreementId, (turn_at ?? due_at) as Date);
    mirror.taken.push(`dormancy:${status}:${(await mirror.dormancies.row(agreementId)).status} accepted`);
  }
}

async function fire(mirror: Mirror, due: Exclude<Deadline, { dormancy: true }>): Promise<void> {
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
