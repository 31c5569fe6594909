import helmet from '@fastify/helmet';
import { LedgerWriter } from '@holdfast/ledger';
import {
  type AnyDeadline,
  BusinessClock,
  createKafka,
  createPool,
  Deadlines,
  DeadlineWatch,
  EventTransport,
  ensureTopics,
  newId,
  Relay,
  UnitOfWork,
  WallClock,
  WatermarkBeat,
} from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import { type AlarmCheck, Alarms } from './alarms.ts';
import { observeBreakers, type ProviderBreakers } from './breakers.ts';
import { ClockSkew } from './clock-skew.ts';
import { commonChecks } from './common-alarms.ts';
import { type BaseConfig, readConfig } from './config.ts';
import { createLogger } from './logging.ts';
import { observeService } from './metrics.ts';
import { migrate, ormOptions } from './migrate.ts';
import { serveOpenApi } from './openapi.ts';
import { refuseAddress, refuseConnection } from './problem.ts';
import type { CorrelatedRequest } from './request.ts';
import { Sealer } from './sealer.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { type Runtime, ServiceModule } from './service-module.ts';
import { startTracing } from './tracing.ts';

export interface Startup<S extends typeof BaseConfig> {
  definition: ServiceDefinition;
  module: Type;
  config: S;
  /** What falls due in this service, built from its own providers. */
  deadlines: (app: INestApplicationContext) => readonly AnyDeadline[];
  /** What this service watches besides what every service does. */
  alarms?: (app: INestApplicationContext) => readonly AlarmCheck[];
  /** The providers it calls. */
  providers?: (app: INestApplicationContext) => readonly ProviderBreakers[];
  /** Routes that a mail program calls with a form, of which nothing is read (RFC 8058); all others take JSON alone. */
  formRoutes?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Only from the entry point of the sandbox, which a production image does not contain (AD-21). */
  sandbox?: Sandbox;
}

export interface Sandbox {
  /** Before anything is dated: the offset of business time. */
  prepare(clock: BusinessClock): Promise<void>;
  open(runtime: Runtime): Promise<{ stop(): Promise<void> }>;
}

export interface RunningService {
  app: NestFastifyApplication;
  runtime: Runtime;
  stop(): Promise<void>;
}

/** Larger bodies are answered 413; webhooks are far smaller too. */
const bodyLimitBytes = 256 * 1024;

/** Starts one service: database, migrations where it may, broker, HTTP, deadlines; see docs/architecture.md. */
export async function startService<S extends typeof BaseConfig>(
  startup: Startup<S>,
): Promise<RunningService> {
  const { definition, env = process.env } = startup;
  const config = readConfig(startup.config, env) as z.output<S> & BaseConfig;
  const tracing = startTracing(definition.name, config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const logger = createLogger(definition.name, config.LOG_LEVEL);
  const wallClock = new WallClock();
  const businessClock = new BusinessClock(wallClock);
  await startup.sandbox?.prepare(businessClock);
  if (config.DATABASE_OWNER_URL) {
    await migrate(definition, config.DATABASE_OWNER_URL, new URL(config.DATABASE_URL).username);
  }
  const runtime = await buildRuntime(definition, config, { wallClock, businessClock, logger });
  let deadlines: Deadlines | undefined;
  let alarms: Alarms | undefined;
  runtime.deadlines = () => deadlines!;
  runtime.alarms = () => alarms!;
  const providers: ProviderBreakers[] = [];
  runtime.breakers = providers;
  const app = await createApplication(startup, runtime, logger);
  providers.push(...(startup.providers?.(app) ?? []));
  const fallsDue = startup.deadlines(app);
  deadlines = new Deadlines(
    { pool: runtime.pool, orm: runtime.orm, clock: businessClock, onError: reporter(logger) },
    fallsDue,
  );
  const watched = { ...runtime, deadlineWatch: new DeadlineWatch(runtime, fallsDue) };
  const checks = [...commonChecks(watched), ...(startup.alarms?.(app) ?? [])];
  alarms = new Alarms({ checks, clock: wallClock, logger });
  observeService({ ...runtime, alarms });
  observeBreakers(providers);
  runtime.unitOfWork.onCommit(() => {
    runtime.relay.wake();
    deadlines.wake();
    runtime.sealer?.wake();
  });
  // People are answered first: after a crash the broker keeps the group waiting for the dead member's session.
  await app.listen({ port: config.PORT, host: config.HOST });
  runtime.relay.start();
  await app.startAllMicroservices();
  deadlines.start();
  alarms.start();
  runtime.sealer?.start();
  const sandbox = await startup.sandbox?.open(runtime);
  logger.log(`listening on ${config.HOST}:${config.PORT}`);
  const stop = onceOnly(async () => {
    await sandbox?.stop();
    await alarms.stop();
    // In order: no new requests and messages, drain, then the relay's last batch, then the database (AD-23).
    await app.close();
    await deadlines.stop();
    await runtime.sealer?.stop();
    await runtime.relay.stop();
    await runtime.orm.close(true);
    await runtime.pool.end();
    await tracing.stop();
  });
  return { app, runtime, stop };
}

async function buildRuntime(
  definition: ServiceDefinition,
  config: BaseConfig,
  {
    wallClock,
    businessClock,
    logger,
  }: Pick<Runtime, 'wallClock' | 'businessClock'> & { logger: LoggerService },
): Promise<Runtime> {
  const pool = createPool(config.DATABASE_URL);
  const orm = await MikroORM.init(ormOptions(definition, config.DATABASE_URL));
  const kafka = createKafka({ brokers: config.KAFKA_BROKERS, clientId: definition.name });
  const topics = [definition.publishes, ...definition.listensTo].map((catalogue) => catalogue.topic);
  await ensureTopics(kafka, topics, config.KAFKA_REPLICAS);
  const unitOfWork = new UnitOfWork({
    pool,
    orm,
    clock: businessClock,
    journals: definition.ledger ? new LedgerWriter(newId) : undefined,
    follows: definition.follows,
  });
  const onError = reporter(logger);
  const clockSkew = new ClockSkew(businessClock);
  const transport = new EventTransport({
    kafka,
    pool,
    group: definition.name,
    catalogues: definition.listensTo,
    onError,
    onDated: (topic, time) => clockSkew.note(topic, time),
  });
  const runtime: Runtime = {
    config,
    definition,
    pool,
    orm,
    unitOfWork,
    businessClock,
    wallClock,
    transport,
    relay: undefined as never,
    clockSkew,
    deadlines: undefined as never,
    alarms: undefined as never,
    breakers: [],
  };
  runtime.relay = new Relay({
    databaseUrl: config.DATABASE_URL,
    kafka,
    service: definition.name,
    topic: definition.publishes.topic,
    sendTwice: config.RELAY_SENDS_TWICE,
    watermarks: new WatermarkBeat({
      clock: businessClock,
      unsweptTimers: (client) => runtime.deadlines().unswept(client),
    }),
    onError: (error) => onError(error, 'relay'),
  });
  if (definition.ledger) {
    runtime.sealer = new Sealer({ ...runtime, onError: (error) => onError(error, 'sealer') });
  }
  return runtime;
}

async function createApplication(
  { module, formRoutes = [] }: Pick<Startup<typeof BaseConfig>, 'module' | 'formRoutes'>,
  runtime: Runtime,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const root = { module: class Root {}, imports: [ServiceModule.with(runtime), module] };
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    requestTimeout: 30_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 10_000,
    genReqId: () => newId(),
    frameworkErrors: (_error: Error, _request: unknown, reply: FastifyReply) => refuseAddress(reply),
    clientErrorHandler: refuseConnection,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger,
    rawBody: true,
    bodyParser: false,
    abortOnError: false,
  });
  // JSON and nothing else: Nest would take forms, Fastify plain text.
  app.useBodyParser('application/json', { bodyLimit: bodyLimitBytes });
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
  takeForms(app.getHttpAdapter().getInstance(), formRoutes);
  await app.register(helmet as never, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request, reply) => {
      (request as CorrelatedRequest).correlationId = request.id;
      reply.header('correlation-id', request.id);
    });
  app.connectMicroservice({ strategy: runtime.transport }, { inheritAppConfig: true });
  serveOpenApi(app, runtime.definition);
  await app.init();
  return app;
}

/** Of a form nothing is read: the address says everything. Elsewhere it is of a wrong media type, as before. */
function takeForms(instance: FastifyInstance, routes: readonly string[]): void {
  if (routes.length === 0) return;
  const types = ['application/x-www-form-urlencoded', /^multipart\/form-data/];
  for (const type of types) {
    instance.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: 4_096 }, (request, _body, done) => {
      const path = request.url.split('?')[0]!;
      if (routes.includes(path)) return done(null, {});
      done(Object.assign(new Error('media type'), { statusCode: 415 }));
    });
  }
}

const reporter =
  (logger: LoggerService) =>
  (error: unknown, what: string): void =>
    error === undefined ? logger.debug?.(what) : logger.warn({ err: error, what }, 'messaging');

function onceOnly(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/**
 * The process around a service: stops in order on SIGTERM or SIGINT, within 20 s, and ends with status 1 when it
 * cannot start. An error nobody caught ends the process: what was not committed is delivered again (F14).
 */
export async function runProcess(start: () => Promise<RunningService>): Promise<void> {
  const fail = (error: unknown): never => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  const service = await start().catch(fail);
  const stop = (): void => {
    setTimeout(() => process.exit(1), 20_000).unref();
    service.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
