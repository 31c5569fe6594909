import { EventTransport, Relay, run } from '@holdfast/messaging';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Pool } from 'pg';
import { Open } from './authentication.ts';
import { breakerStates, type ProviderBreakers } from './breakers.ts';
import { migrationsPending } from './migrate.ts';
import { Summary } from './openapi.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { BREAKERS, DEFINITION, POOL } from './tokens.ts';

/** Liveness says that the process runs; readiness that it can do its work (AD-23). */
@Controller('health')
@Open()
export class HealthController {
  #migrated = false;

  constructor(
    @Inject(POOL) private readonly pool: Pool,
    @Inject(DEFINITION) private readonly definition: ServiceDefinition,
    private readonly transport: EventTransport,
    private readonly relay: Relay,
    @Inject(BREAKERS) private readonly breakers: readonly ProviderBreakers[],
  ) {}

  @Summary('The process runs.')
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Summary('Database, migrations, consumer and relay can do their work.')
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const database = await run(this.pool, 'select 1 as up').then(
      () => true,
      () => false,
    );
    this.#migrated ||= database && (await migrationsPending(this.pool, this.definition)).length === 0;
    const { consumer } = this.transport;
    const checks = {
      database,
      migrations: this.#migrated,
      consumer: this.definition.listensTo.length === 0 || consumer?.healthy === true,
      relay: this.relay.healthy,
    };
    const ready = Object.values(checks).every((check) => check);
    if (!ready) reply.status(503);
    const details = { breakers: breakerStates(this.breakers) };
    return { status: ready ? 'ok' : 'unavailable', checks, details };
  }
}
