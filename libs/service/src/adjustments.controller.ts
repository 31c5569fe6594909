import { Money, PositiveMoney } from '@holdfast/domain';
import { AdjustmentReason, Instant, LedgerAccount } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { type AdjustmentAnswer, DecideAdjustment, ProposeAdjustment } from './adjust-books.ts';
import { type AdjustmentRow, AdjustmentTable, proposalOf } from './adjustment.table.ts';
import { Caller, type Party, RolesAllowed } from './authentication.ts';
import { Summary } from './openapi.ts';
import { PersonKeyTable, PersonTexts } from './person-texts.ts';
import { Message } from './request.ts';

const Note = z.string().trim().min(1).max(500);
/** What a provider's book calls a movement: our name of it, or the provider's own. */
const Reference = z.string().regex(/^[A-Za-z0-9_.:-]{1,100}$/);
const ProposeBody = z.strictObject({
  corrects: z.uuid(),
  reason: AdjustmentReason,
  note: Note,
  lines: z
    .array(
      z.strictObject({
        account: LedgerAccount,
        side: z.enum(['debit', 'credit']),
        amount: PositiveMoney,
        reference: Reference.optional(),
      }),
    )
    .min(2)
    .max(20),
});
const DecideBody = z.strictObject({ note: Note });
type DecideBody = z.output<typeof DecideBody>;
const ListQuery = z.strictObject({
  status: z.enum(['proposed', 'posted', 'rejected', 'withdrawn']).default('proposed'),
});
const Id = z.uuid();

/** Enough to look at; older ones are in the ledger. */
const listedMax = 200;

/** IN: corrections of the books by hand, each by two persons (M-24, S-11). Only where the service keeps a ledger. */
@Controller('v1/adjustments')
@RolesAllowed('operator')
export class AdjustmentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  @Summary('Corrections that wait for a second person, or those of another status; newest first.')
  @Get()
  async list(@Query({ schema: ListQuery }) { status }: z.output<typeof ListQuery>): Promise<object> {
    const em = this.orm.em.fork();
    const rows = await em.find(AdjustmentTable, { status }, { orderBy: { id: 'desc' }, limit: listedMax });
    const writers = rows.flatMap(({ proposedBy, decidedBy }) => [proposedBy, decidedBy ?? proposedBy]);
    const keys = await em.find(PersonKeyTable, { id: { $in: [...new Set(writers)] } });
    const wordsOf = (writer: string, place: string, sealed: Buffer): string | null => {
      const key = keys.find(({ id }) => id === writer);
      return this.texts.open<{ note: string }>(key, place, sealed)?.note ?? null;
    };
    return { adjustments: rows.map((row) => shown(row, wordsOf)) };
  }

  @Summary(
    'Proposes a correction: what it corrects, its reason, and its lines, which balance. Posts nothing yet.',
  )
  @Post()
  @HttpCode(201)
  propose(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: ProposeBody }) body: z.output<typeof ProposeBody>,
  ): Promise<AdjustmentAnswer> {
    return this.commands.execute(new ProposeAdjustment({ message, by, ...body }));
  }

  @Summary('Posts what another person has proposed (S-11).')
  @Post(':adjustmentId/approve')
  @HttpCode(200)
  approve(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('adjustmentId', { schema: Id }) adjustmentId: string,
    @Body({ schema: DecideBody }) { note }: DecideBody,
  ): Promise<AdjustmentAnswer> {
    return this.commands.execute(
      new DecideAdjustment({ message, by, adjustmentId, decision: 'approve', note }),
    );
  }

  @Summary('Rejects what another person has proposed.')
  @Post(':adjustmentId/reject')
  @HttpCode(200)
  reject(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('adjustmentId', { schema: Id }) adjustmentId: string,
    @Body({ schema: DecideBody }) { note }: DecideBody,
  ): Promise<AdjustmentAnswer> {
    return this.commands.execute(
      new DecideAdjustment({ message, by, adjustmentId, decision: 'reject', note }),
    );
  }

  @Summary('Takes back what the caller has proposed.')
  @Post(':adjustmentId/withdraw')
  @HttpCode(200)
  withdraw(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('adjustmentId', { schema: Id }) adjustmentId: string,
    @Body({ schema: DecideBody }) { note }: DecideBody,
  ): Promise<AdjustmentAnswer> {
    return this.commands.execute(
      new DecideAdjustment({ message, by, adjustmentId, decision: 'withdraw', note }),
    );
  }
}

type Words = (writer: string, place: string, sealed: Buffer) => string | null;

/** Words are null where their writer was erased (C-9). */
function shown(row: AdjustmentRow, wordsOf: Words): object {
  const { id: adjustmentId, lines, proposedAt, ...proposal } = proposalOf(row);
  const { status, decidedBy, decidedAt, decisionNote } = row;
  return {
    adjustmentId,
    status,
    ...proposal,
    lines: lines.map(({ amount, ...line }) => ({ ...line, amount: Money.encode(amount) })),
    note: wordsOf(row.proposedBy, `adjustments/note/${adjustmentId}`, row.note),
    proposedAt: Instant.encode(proposedAt),
    ...(decidedAt
      ? {
          decidedBy,
          decisionNote: wordsOf(decidedBy!, `adjustments/decision_note/${adjustmentId}`, decisionNote!),
          decidedAt: Instant.encode(decidedAt),
        }
      : {}),
  };
}
