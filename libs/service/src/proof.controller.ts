import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { Pool } from 'pg';
import { z } from 'zod';
import { RolesAllowed } from './authentication.ts';
import { Summary } from './openapi.ts';
import { Proof, type ServiceProof } from './proof.ts';
import {
  cashPage,
  marksPage,
  movementsPage,
  outboxPage,
  parkedPage,
  sealsAt,
  sequencesPage,
  transfersPage,
} from './proof-pages.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { DEFINITION, POOL } from './tokens.ts';

const listOf = (item: z.ZodString) =>
  z
    .string()
    .max(8_000)
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1).max(200));

const PageQueryForm = z.strictObject({
  after: z
    .string()
    .regex(/^[\x21-\x7e]{1,300}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
});
/** The rows of certain ids instead of a page. */
const IdsQueryForm = PageQueryForm.extend({
  ids: listOf(z.string().regex(/^[\x21-\x7e]{1,200}$/)).optional(),
});
const NumbersQueryForm = z.strictObject({ numbers: listOf(z.string().regex(/^\d{1,18}$/)) });

/** Whether the books hold, and what other books are compared with (AD-17; docs/proof.md). */
@Controller('v1/proof')
@RolesAllowed('operator')
export class ProofController {
  constructor(
    private readonly proof: Proof,
    @Inject(POOL) private readonly pool: Pool,
    @Inject(DEFINITION) private readonly definition: ServiceDefinition,
  ) {}

  @Summary('What this service can prove alone: each check with its figures and findings.')
  @Get()
  summary(): Promise<ServiceProof> {
    return this.proof.take();
  }

  @Summary('The last sequence of every aggregate.')
  @Get('sequences')
  sequences(@Query({ schema: IdsQueryForm }) query: z.output<typeof IdsQueryForm>): Promise<object> {
    return sequencesPage(this.pool, query);
  }

  @Summary('Events that are not published yet.')
  @Get('outbox')
  outbox(@Query({ schema: PageQueryForm }) query: z.output<typeof PageQueryForm>): Promise<object> {
    return outboxPage(this.pool, query);
  }

  @Summary('The inbox marks of the commands that handle events.')
  @Get('marks')
  marks(@Query({ schema: IdsQueryForm }) query: z.output<typeof IdsQueryForm>): Promise<object> {
    return marksPage(this.pool, this.definition, query);
  }

  @Summary('Messages that could not be applied yet, by id.')
  @Get('parked')
  parked(@Query({ schema: PageQueryForm }) query: z.output<typeof PageQueryForm>): Promise<object> {
    return parkedPage(this.pool, query);
  }

  @Summary('Movements of money at providers: booked, or under way.')
  @Get('movements')
  movements(@Query({ schema: IdsQueryForm }) query: z.output<typeof IdsQueryForm>): Promise<object> {
    return movementsPage(this.pool, this.definition, query);
  }
}

/** What only a ledger has. */
@Controller('v1/proof')
@RolesAllowed('operator')
export class LedgerProofController {
  constructor(@Inject(POOL) private readonly pool: Pool) {}

  @Summary('What each transfer moved on the clearing account.')
  @Get('transfers')
  transfers(@Query({ schema: IdsQueryForm }) query: z.output<typeof IdsQueryForm>): Promise<object> {
    return transfersPage(this.pool, query);
  }

  @Summary('What stands on the cash accounts of providers.')
  @Get('cash')
  cash(@Query({ schema: IdsQueryForm }) query: z.output<typeof IdsQueryForm>): Promise<object> {
    return cashPage(this.pool, query);
  }

  @Summary('The seals of these numbers.')
  @Get('seals')
  seals(
    @Query({ schema: NumbersQueryForm }) { numbers }: z.output<typeof NumbersQueryForm>,
  ): Promise<object> {
    return sealsAt(this.pool, numbers);
  }
}
