import { BusinessClock, Deadlines, EventTransport, Relay, UnitOfWork, WallClock } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { Pool } from 'pg';
import { Alarms } from './alarms.ts';
import { AuthenticationGuard, TokenVerifier } from './authentication.ts';
import type { ProviderBreakers } from './breakers.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { BaseConfig } from './config.ts';
import { HealthController } from './health.ts';
import {
  AlarmsController,
  DeadlinesController,
  JournalsController,
  LedgerController,
  ParkedMessagesController,
} from './operations.controller.ts';
import { ChangePolicyHandler, PolicyController } from './policy.ts';
import { ProblemFilter } from './problem.ts';
import { LedgerProofController, ProofController } from './proof.controller.ts';
import { Proof } from './proof.ts';
import { CausalityInterceptor, ContentGuard, ShapePipe } from './request.ts';
import { RequestSpanInterceptor } from './request-span.ts';
import type { Sealer } from './sealer.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { BREAKERS, CONFIG, DEFINITION, POOL } from './tokens.ts';

/** What `startService` has built before Nest, for every provider of the service to inject. */
export interface Runtime {
  config: BaseConfig;
  definition: ServiceDefinition;
  pool: Pool;
  orm: MikroORM;
  unitOfWork: UnitOfWork;
  businessClock: BusinessClock;
  wallClock: WallClock;
  transport: EventTransport;
  relay: Relay;
  /** Where the service keeps a ledger. */
  sealer?: Sealer;
  clockSkew: ClockSkew;
  /** Filled once the service's own providers exist. */
  deadlines: () => Deadlines;
  alarms: () => Alarms;
  breakers: readonly ProviderBreakers[];
}

/** The same inside in every service: clocks, unit of work, rights, error answers, operator routes, health. */
@Module({})
export class ServiceModule {
  static with(runtime: Runtime): DynamicModule {
    const value = (provide: unknown, useValue: unknown): Provider => ({ provide, useValue }) as Provider;
    const shared = [
      value(CONFIG, runtime.config),
      value(DEFINITION, runtime.definition),
      value(POOL, runtime.pool),
      value(MikroORM, runtime.orm),
      value(UnitOfWork, runtime.unitOfWork),
      value(BusinessClock, runtime.businessClock),
      value(WallClock, runtime.wallClock),
      value(EventTransport, runtime.transport),
      value(Relay, runtime.relay),
      value(BREAKERS, runtime.breakers),
    ];
    return {
      module: ServiceModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      controllers: [
        HealthController,
        PolicyController,
        DeadlinesController,
        ParkedMessagesController,
        AlarmsController,
        ProofController,
        ...(runtime.definition.ledger ? [JournalsController, LedgerController, LedgerProofController] : []),
      ],
      providers: [
        ...shared,
        TokenVerifier,
        value(Proof, new Proof(runtime.pool, runtime.definition, runtime.wallClock)),
        ChangePolicyHandler,
        // A view onto the deadlines, which are built from the service's own providers after these.
        value(Deadlines, lateBound(runtime.deadlines)),
        value(Alarms, lateAlarms(runtime.alarms)),
        { provide: APP_GUARD, useClass: AuthenticationGuard },
        { provide: APP_GUARD, useClass: ContentGuard },
        { provide: APP_INTERCEPTOR, useClass: CausalityInterceptor },
        { provide: APP_INTERCEPTOR, useClass: RequestSpanInterceptor },
        { provide: APP_PIPE, useClass: ShapePipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [...shared, CqrsModule, Deadlines],
    };
  }
}

function lateBound(get: () => Deadlines): Pick<Deadlines, 'list' | 'wake'> {
  return {
    get list() {
      return get().list;
    },
    wake: () => get().wake(),
  };
}

function lateAlarms(get: () => Alarms): Pick<Alarms, 'standing'> {
  return {
    get standing() {
      return get().standing;
    },
  };
}
