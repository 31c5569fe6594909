import { plusMinutes, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import {
  AnswerChargeback,
  AnswerChargebackHandler,
  ExpireEvidence,
  ExpireEvidenceHandler,
} from '../commands/answer-chargeback.ts';
import { ApplyClawBack, ApplyClawBackHandler } from '../commands/apply-claw-back.ts';
import { NoteRestored, NoteRestoredHandler } from '../commands/note-restored.ts';
import { RecordChargeback, RecordChargebackHandler } from '../commands/record-chargeback.ts';
import type { DisputeView } from '../domain/chargeback.ts';
import { byTwo, Escrow, event, http, texts, useEscrow } from './escrow.ts';

const worker = () => ({ source: 'worker', id: newId() }) as const;

/** A dispute of one charge as the provider tells it, look by look. */
export class Disputes extends Escrow {
  get #uow() {
    return this.database.unitOfWork;
  }

  /** Of the whole charge, with the usual fee, taken. */
  async dispute(fundingId: string, more: Partial<DisputeView> = {}): Promise<DisputeView> {
    const [row] = await this.rows('select total_minor, intent_id from fundings where id = $1', [fundingId]);
    return {
      id: `du_${newId().replaceAll('-', '')}`,
      intentId: String(row!.intent_id),
      status: 'needs_response',
      amountMinor: row!.total_minor as bigint,
      debited: { feeMinor: 1_500n },
      ...more,
    };
  }

  /** All that a look shows, step by step as the worker takes them. */
  async look(fundingId: string, dispute: DisputeView, look?: { isAnswered: boolean }): Promise<string> {
    for (let step = 0; step < 4; step += 1) {
      await new RecordChargebackHandler(this.#uow).execute(
        new RecordChargeback({ message: worker(), fundingId, dispute, ...(look ? { look } : {}) }),
      );
    }
    const [row] = await this.rows('select id from chargebacks where dispute_id = $1', [dispute.id]);
    return String(row?.id);
  }

  /** Three queries in ten minutes prove that the newest refund of the agreement was not executed. */
  async findsNothing(agreementId: string): Promise<void> {
    for (let misses = 0; misses < 3; misses += 1) {
      const { id } = await this.refundAttemptOf(agreementId);
      await this.observeRefund(String(id), { kind: 'absent' });
      this.pass(plusMinutes(this.now(), 5));
    }
  }

  answer(chargebackId: string, answer: 'contest' | 'accept', message = http()) {
    return byTwo((by, ref) => this.say(chargebackId, answer, by, ref), { message });
  }

  /** One person's word, which may be a proposal (S-11). */
  say(chargebackId: string, answer: 'contest' | 'accept', by: string, message = http()) {
    const input = { message, chargebackId, answer, by, reason: 'The work was delivered.' };
    return new AnswerChargebackHandler(this.#uow, texts).execute(new AnswerChargeback(input));
  }

  expireEvidence(chargebackId: string, datedAt: Date) {
    const message = {
      source: 'timer',
      id: `evidence/${chargebackId}/${datedAt.getTime()}`,
      datedAt,
    } as const;
    return new ExpireEvidenceHandler(this.#uow).execute(new ExpireEvidence({ message, chargebackId }));
  }

  clawedBack(chargebackId: string, transferId: string, taken: bigint, debt: bigint, message = event()) {
    const command = new ApplyClawBack({
      message,
      chargebackId,
      transferId,
      taken: usd(taken),
      debt: usd(debt),
    });
    return new ApplyClawBackHandler(this.#uow).execute(command);
  }

  restored(causeId: string, transferId: string, message = event()) {
    const command = new NoteRestored({ message, cause: 'chargeback', causeId, transferId });
    return new NoteRestoredHandler(this.#uow).execute(command);
  }

  async row(chargebackId: string): Promise<Record<string, unknown>> {
    return (await this.rows('select * from chargebacks where id = $1', [chargebackId]))[0]!;
  }
}

export function useDisputes(): () => Disputes {
  const escrow = useEscrow();
  return () => new Disputes(escrow().database);
}
