import { accountParts, Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { checkLedger, readBalances, readJournals } from '@holdfast/ledger';
import { Deadlines, EventTransport, type ListedDeadline } from '@holdfast/messaging';
import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import type { Pool } from 'pg';
import { z } from 'zod';
import { Alarms } from './alarms.ts';
import { Caller, type Party, RolesAllowed } from './authentication.ts';
import { Summary } from './openapi.ts';
import { Problem } from './problem.ts';
import { POOL } from './tokens.ts';

const JournalQuery = z
  .strictObject({
    agreement: z.uuid().optional(),
    account: z.string().max(64).optional(),
    kind: z
      .string()
      .regex(/^[a-z_]{1,40}$/)
      .optional(),
    after: z
      .string()
      .regex(/^\d{1,18}$/)
      .default('0'),
    limit: z.coerce.number().int().min(1).max(500).default(200),
  })
  .refine(({ agreement, account, kind }) => (agreement ?? account ?? kind) !== undefined, {
    message: 'agreement, account or kind is required',
  });

/** Journals of an agreement, an account or a kind, for operators; only where the service keeps a ledger. */
@Controller('v1/journals')
@RolesAllowed('operator')
export class JournalsController {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  @Summary('Journals of an agreement, an account or a kind, in the order of their positions.')
  @Get()
  async list(@Query({ schema: JournalQuery }) query: z.output<typeof JournalQuery>): Promise<object> {
    const journals = await readJournals(this.pool, {
      agreementId: query.agreement,
      accountId: query.account,
      kind: query.kind,
      after: BigInt(query.after),
      limit: query.limit,
    });
    return {
      journals: journals.map((journal) => ({
        ...journal,
        position: String(journal.position),
        valueDate: journal.valueDate.toISOString(),
        postedAt: journal.postedAt.toISOString(),
        lines: journal.lines.map(({ account, amountMinor }) => ({
          account,
          amountMinor: String(amountMinor),
        })),
      })),
    };
  }
}

/** The ledger at a glance, for operators: every account of the chart, and whether the books hold (I1 to I3). */
@Controller('v1/ledger')
@RolesAllowed('operator')
export class LedgerController {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  @Summary('Every account of the chart, and whether the books hold (I1 to I3).')
  @Get('balances')
  async balances(): Promise<object> {
    const sums = new Map<string, bigint>();
    for (const [account, amountMinor] of await readBalances(this.pool)) {
      const { code } = accountParts(account);
      // Places where cash lies are told apart; other sub-accounts are somebody's and are summed.
      const shown = code === 'E.cash.trust' ? account : code;
      sums.set(shown, (sums.get(shown) ?? 0n) + amountMinor);
    }
    const differences = await checkLedger(this.pool);
    return {
      balances: [...sums].map(([account, amountMinor]) => ({ account, amountMinor: String(amountMinor) })),
      differences,
    };
  }
}

/** From when to when; without it, all that a calendar can hold. */
const SpanQuery = z.strictObject({
  from: Instant.default(new Date('1970-01-01T00:00:00.000Z')),
  until: Instant.default(new Date('9999-12-31T00:00:00.000Z')),
});

/** Timers that are set: what somebody waits for, or must do, by when, and what is at stake (AD-24). */
@Controller('v1/deadlines')
export class DeadlinesController {
  constructor(private readonly deadlines: Deadlines) {}

  @Summary('What the caller waits for, or must do, by when, and the money that it moves by itself.')
  @Get()
  async mine(@Caller() { accountId }: Party): Promise<object> {
    return shown(await this.deadlines.list.of(accountId));
  }

  @Summary('All timers that fall due in a span of business time, for operators; at most 500 of a kind.')
  @Get('all')
  @RolesAllowed('operator')
  async all(@Query({ schema: SpanQuery }) { from, until }: z.output<typeof SpanQuery>): Promise<object> {
    return shown(await this.deadlines.list.between(from, until));
  }
}

/** The same form in every service, so that lists can be merged. */
function shown(listed: readonly ListedDeadline[]): object {
  return {
    deadlines: listed.map(({ dueAt, atStakeMinor, ...deadline }) => ({
      ...deadline,
      dueAt: Instant.encode(dueAt),
      ...(atStakeMinor === undefined ? {} : { atStake: Money.encode(usd(atStakeMinor)) }),
    })),
  };
}

const RedriveBody = z.strictObject({
  topic: z.string().min(1).max(100),
  key: z.string().max(200),
  reason: z.string().min(1).max(500),
  dryRun: z.boolean().default(false),
});

/** Messages that could not be applied: an operator sees cause and count, tries dry, redrives (AD-11). */
@Controller('v1/parked-messages')
@RolesAllowed('operator')
export class ParkedMessagesController {
  constructor(private readonly transport: EventTransport) {}

  @Summary('Messages that could not be applied, with cause and count.')
  @Get()
  async list(): Promise<object> {
    const { parked } = this.transport.consumer!;
    const [counts, rows] = await Promise.all([parked.counts(), parked.list()]);
    return {
      counts,
      messages: rows.map((row) => ({
        topic: row.topic,
        key: row.message_key,
        messageId: row.message_id,
        type: row.headers.ce_type,
        kind: row.kind,
        cause: row.cause,
        attempts: row.attempts,
        parkedAt: Instant.encode(row.parked_at),
      })),
    };
  }

  // The inbox makes a repeat harmless, so this call needs no Idempotency-Key.
  @Summary('Tries the parked messages of one topic and key again, in order; the redrive leaves a record.')
  @Post('redrive')
  @HttpCode(200)
  async redrive(
    @Caller() { accountId }: Party,
    @Body({ schema: RedriveBody }) body: z.output<typeof RedriveBody>,
  ): Promise<object> {
    const { parked, redriver } = this.transport.consumer!;
    if ((await parked.queueOf(body.topic, body.key)).length === 0) throw new Problem('parked.unknown');
    return redriver.redrive({ ...body, by: accountId });
  }
}

/** What stands still and wants an operator; each process of a service answers for itself. */
@Controller('v1/alarms')
@RolesAllowed('operator')
export class AlarmsController {
  constructor(private readonly alarms: Alarms) {}

  @Summary('Alarms that stand, with the instant since when, oldest first.')
  @Get()
  list(): object {
    return {
      alarms: this.alarms.standing.map(({ alarm, id, what, since, facts }) => {
        return { alarm, id, what, since: Instant.encode(since), ...facts };
      }),
    };
  }
}
