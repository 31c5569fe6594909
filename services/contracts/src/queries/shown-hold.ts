import { Instant } from '@holdfast/events';
import type { PersonKey, PersonTexts } from '@holdfast/service';
import type { AppealRow } from '../tables/appeal.table.ts';
import type { HoldRow } from '../tables/hold.table.ts';

/** For operators; words are null where the person was erased (C-9). */
export function shownHold(texts: PersonTexts, key: PersonKey | undefined, hold: HoldRow): object {
  const { id, kind, reason, causeId, status, placedAt, placedBy, note } = hold;
  const { liftReason, liftedAt, liftedBy, liftNote } = hold;
  const words = (place: string, sealed: Buffer | null | undefined): string | null =>
    (sealed && texts.open<{ note: string }>(key, `account_holds/${place}/${id}`, sealed)?.note) ?? null;
  return {
    holdId: id,
    kind,
    reason,
    causeId,
    status,
    placedAt: Instant.encode(placedAt),
    ...(placedBy ? { placedBy, note: words('note', note) } : {}),
    ...(liftedAt ? { liftReason, liftedAt: Instant.encode(liftedAt) } : {}),
    ...(liftedBy ? { liftedBy, liftNote: words('lift_note', liftNote) } : {}),
  };
}

/** For operators; words are null where the person was erased (C-9). */
export const shownAppeal = (texts: PersonTexts, key: PersonKey | undefined, row: AppealRow): object => {
  const words = (place: string, sealed: Buffer): string | null =>
    texts.open<{ note: string }>(key, `hold_appeals/${place}/${row.id}`, sealed)?.note ?? null;
  return {
    appealId: row.id,
    status: row.status,
    note: words('note', row.note),
    openedAt: Instant.encode(row.openedAt),
    ...(row.decidedBy
      ? { decidedBy: row.decidedBy, decisionNote: words('decision_note', row.decisionNote!) }
      : {}),
    ...(row.refusal ? { refusal: row.refusal, againAt: Instant.encode(row.againAt!) } : {}),
    ...(row.endedAt ? { endedAt: Instant.encode(row.endedAt) } : {}),
  };
};
