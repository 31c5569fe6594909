import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessHandle } from './child.ts';
import { fetchKafkaJars, type Kafka, startKafka } from './kafka.ts';
import { assertFree, type Ports } from './ports.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { startProcess, stopAll } from './processes.ts';
import { createServiceDatabase, type ServiceUrls } from './service-database.ts';

/** The services that exist; each is a process of its own with a database of its own. */
export const serviceNames = ['contracts', 'escrow', 'payouts'] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface SystemOptions {
  /** `.holdfast`: Kafka's jars, and the data under `data/<name>`. */
  home: string;
  ports: Ports;
  /** Systems with different names do not share data. */
  name?: string;
  /** Throws the data of earlier runs away. */
  fresh?: boolean;
  /** As of PostgreSQL (PostgresOptions). */
  durable?: boolean;
  /** More environment for one service: crash points, trace endpoints. */
  env?: Partial<Record<ServiceName | 'all', Record<string, string>>>;
  /** What is being waited for, and since when. */
  onWaiting?: (what: string, elapsedMs: number) => void;
  onReady?: (what: string, elapsedMs: number) => void;
}

export interface System {
  urls: Record<ServiceName | 'identity' | 'providers' | 'providersControl' | 'clock' | 'mail', string>;
  controlUrls: Record<ServiceName, string>;
  databases: Record<ServiceName, ServiceUrls>;
  brokers: string;
  postgres: Postgres;
  kafka: Kafka;
  pidOf(service: ServiceName): number;
  exitOf(service: ServiceName): Promise<unknown>;
  /** What a service is started with; a replica gets the same, with ports of its own. */
  environmentOf(service: ServiceName): Record<string, string>;
  stopService(service: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  startService(service: ServiceName, env?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const entryOf = (...path: string[]): string => join(projectRoot, ...path);
const audience = 'holdfast';
const startTimeoutMs = 90_000;

interface Secrets {
  masterKeys: string;
  cardWebhookSecret: string;
  bankWebhookSecret: string;
  mailWebhookSecret: string;
  mailPassword: string;
  unsubscribeSecret: string;
}

/** What the development's bank, PayPal and screening vendor are called and opened with; real ones come from the environment. */
const bank = {
  BANK_ORGANIZATION_ID: 'org_holdfast',
  BANK_API_KEY: 'mt_test_holdfast',
};
const paypal = {
  PAYPAL_CLIENT_ID: 'paypal_holdfast',
  PAYPAL_CLIENT_SECRET: 'paypal_test_holdfast',
  PAYPAL_WEBHOOK_ID: 'WH-HOLDFAST-TEST',
};
const screeningKey = 'scr_test_holdfast';
const mailUser = 'holdfast';

/**
 * Starts everything on this computer: Kafka, PostgreSQL, the development issuer, the provider simulators, the sandbox
 * clock, and the services, each a process of its own (AD-25).
 * @throws Error with one clear sentence: a taken port, or who did not start and its last lines
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { ports, home, name = 'default' } = options;
  const dataDir = join(home, 'data', name);
  if (options.fresh) rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  await assertFree(portsInUse(ports));
  const started: { name: string; stop(graceMs: number): Promise<void> }[] = [];
  try {
    return await startParts(options, dataDir, secretsIn(dataDir), started);
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** Kafka and PostgreSQL look after their own: they may have to stop what an earlier run left. */
function portsInUse(all: Ports): Partial<Ports> {
  const { identity, providers, providersControl, clock, mail, mailControl, ...ports } = all;
  const services = serviceNames.flatMap((service) => [service, `${service}Control`] as const);
  return {
    identity,
    providers,
    providersControl,
    clock,
    mail,
    mailControl,
    ...Object.fromEntries(services.map((name) => [name, ports[name]])),
  };
}

async function startParts(
  options: SystemOptions,
  dataDir: string,
  secrets: Secrets,
  started: { name: string; stop(graceMs: number): Promise<void> }[],
): Promise<System> {
  const { ports, home } = options;
  const host = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = {
    contracts: host(ports.contracts),
    escrow: host(ports.escrow),
    payouts: host(ports.payouts),
    identity: host(ports.identity),
    providers: host(ports.providers),
    providersControl: host(ports.providersControl),
    clock: host(ports.clock),
    /** The mails received, and what goes wrong with them. */
    mail: host(ports.mailControl),
  };
  const controlUrls = {
    contracts: host(ports.contractsControl),
    escrow: host(ports.escrowControl),
    payouts: host(ports.payoutsControl),
  };
  const beginning = performance.now();
  const begun = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    options.onReady?.(what, performance.now() - beginning);
    return result;
  };
  const waiting = (what: string) => (elapsedMs: number) => options.onWaiting?.(what, elapsedMs);
  const launch = (what: string, entry: string, readyUrl: string, env: Record<string, string>) =>
    startProcess({
      name: what,
      command: process.execPath,
      args: ['--enable-source-maps', entry],
      env,
      logFile: join(dataDir, 'logs', `${what}.log`),
      readyUrl,
      readyTimeoutMs: startTimeoutMs,
      onWaiting: waiting(what),
    });
  const simulator = async (what: string, entry: string, readyUrl: string, env: Record<string, string>) => {
    const handle = await launch(what, entry, readyUrl, env);
    started.push(handle);
    options.onReady?.(what, performance.now() - beginning);
  };
  mkdirSync(join(dataDir, 'logs'), { recursive: true });

  const kafkaStarts = fetchKafkaJars({ home }).then((jarsDir) =>
    startKafka({
      jarsDir,
      dataDir: join(dataDir, 'kafka'),
      port: ports.kafka,
      controllerPort: ports.kafkaController,
      onWaiting: waiting('Kafka'),
    }),
  );
  const postgresStarts = startPostgres({
    dataDir: join(dataDir, 'postgres'),
    port: ports.postgres,
    durable: options.durable,
    onWaiting: waiting('PostgreSQL'),
  });
  const simulatorsStart = Promise.all([
    simulator('identity', entryOf('simulators/identity/dist/main.js'), `${urls.identity}/health/live`, {
      PORT: String(ports.identity),
      ISSUER: urls.identity,
      AUDIENCE: audience,
      DATA_DIR: join(dataDir, 'identity'),
      ACCESS_TOKEN_SECONDS: '86400',
    }),
    simulator(
      'providers',
      entryOf('simulators/providers/dist/main.js'),
      `${urls.providersControl}/health/live`,
      {
        PORT: String(ports.providers),
        CONTROL_PORT: String(ports.providersControl),
        DATA_DIR: join(dataDir, 'providers'),
        CARD_WEBHOOK_URL: `${urls.escrow}/v1/webhooks/card`,
        CARD_WEBHOOK_SECRET: secrets.cardWebhookSecret,
        ...bank,
        BANK_WEBHOOK_URL: `${urls.payouts}/v1/webhooks/bank`,
        BANK_WEBHOOK_SECRET: secrets.bankWebhookSecret,
        ...paypal,
        PAYPAL_WEBHOOK_URL: `${urls.escrow}/v1/webhooks/paypal`,
        SCREENING_API_KEY: screeningKey,
        // A wiped book must not repeat ids that a database still knows.
        SEED: secrets.cardWebhookSecret.slice(-12),
      },
    ),
    simulator('mail', entryOf('simulators/mail/dist/main.js'), `${urls.mail}/health/live`, {
      PORT: String(ports.mail),
      CONTROL_PORT: String(ports.mailControl),
      MAIL_USER: mailUser,
      MAIL_PASSWORD: secrets.mailPassword,
      MAIL_WEBHOOK_URL: `${urls.contracts}/v1/webhooks/mail`,
      MAIL_WEBHOOK_SECRET: secrets.mailWebhookSecret,
    }),
    simulator('clock', entryOf('simulators/clock/dist/main.js'), `${urls.clock}/health/live`, {
      PORT: String(ports.clock),
      STATE_FILE: join(dataDir, 'clock.json'),
      MEMBERS: serviceNames.map((service) => `${service}=${controlUrls[service]}`).join(),
      PROVIDERS_CONTROL_URL: urls.providersControl,
    }),
  ]);
  // Whatever came up is known before anything else may fail, so that it is stopped again.
  const [kafkaResult, postgresResult, simulatorsResult] = await Promise.allSettled([
    begun('Kafka', kafkaStarts),
    begun('PostgreSQL', postgresStarts),
    simulatorsStart,
  ]);
  if (postgresResult.status === 'fulfilled') {
    const { value } = postgresResult;
    started.unshift({ name: 'postgres', stop: () => value.stop('fast') });
  }
  if (kafkaResult.status === 'fulfilled') started.unshift(kafkaResult.value);
  for (const result of [kafkaResult, postgresResult, simulatorsResult]) {
    if (result.status === 'rejected') throw result.reason;
  }
  const kafka = (kafkaResult as PromiseFulfilledResult<Kafka>).value;
  const postgres = (postgresResult as PromiseFulfilledResult<Postgres>).value;
  await syncProvidersClock(urls.clock, urls.providersControl);

  const databases = {} as Record<ServiceName, ServiceUrls>;
  for (const service of serviceNames) {
    databases[service] = await createServiceDatabase(postgres.url, {
      database: `holdfast_${service}`,
      service,
      secretsFile: join(dataDir, 'roles.json'),
    });
  }
  const environmentOf = (service: ServiceName): Record<string, string> => ({
    MODE: 'development',
    // What was compiled at one start is not compiled again at the next: a fifth of its time.
    NODE_COMPILE_CACHE: join(home, 'compiled'),
    PORT: String(ports[service]),
    DATABASE_URL: databases[service].appUrl,
    DATABASE_OWNER_URL: databases[service].ownerUrl,
    KAFKA_BROKERS: kafka.brokers,
    OIDC_ISSUER: urls.identity,
    OIDC_AUDIENCE: audience,
    MASTER_KEYS: secrets.masterKeys,
    DEPLOYED_SERVICES: serviceNames.join(),
    SANDBOX_CONTROL_PORT: String(ports[`${service}Control`]),
    SANDBOX_CLOCK_URL: urls.clock,
    CARD_BASE_URL: urls.providers,
    CARD_API_KEY: 'sk_test_holdfast',
    CARD_WEBHOOK_SECRETS: secrets.cardWebhookSecret,
    ...bank,
    BANK_BASE_URL: urls.providers,
    BANK_WEBHOOK_SECRETS: secrets.bankWebhookSecret,
    BANK_ORIGINATING_ACCOUNT_ID: 'ia_holdfast_trust',
    ...paypal,
    PAYPAL_BASE_URL: urls.providers,
    PAYPAL_CERT_HOSTS: new URL(urls.providers).host,
    PAYPAL_CERT_AUTHORITY_FILE: join(dataDir, 'providers', 'paypal-ca.pem'),
    SCREENING_BASE_URL: urls.providers,
    SCREENING_API_KEY: screeningKey,
    MAIL_HOST: '127.0.0.1',
    MAIL_PORT: String(ports.mail),
    MAIL_TLS: 'none',
    MAIL_USER: mailUser,
    MAIL_PASSWORD: secrets.mailPassword,
    MAIL_FROM: 'Holdfast <notices@holdfast.example>',
    MAIL_WEBHOOK_SECRETS: secrets.mailWebhookSecret,
    UNSUBSCRIBE_SECRET: secrets.unsubscribeSecret,
    PUBLIC_URL: urls.contracts,
    ...options.env?.all,
    ...options.env?.[service],
  });
  const running = new Map<ServiceName, ProcessHandle>();
  const startService = async (service: ServiceName, env: Record<string, string> = {}): Promise<void> => {
    const entry = entryOf('services', service, 'dist/sandbox.js');
    const ready = `${urls[service]}/health/ready`;
    running.set(service, await launch(service, entry, ready, { ...environmentOf(service), ...env }));
  };
  started.push({
    name: 'services',
    stop: async (graceMs) => {
      await Promise.all([...running.values()].map((handle) => handle.stop(graceMs)));
    },
  });
  const results = await Promise.allSettled(
    serviceNames.map((service) => begun(service, startService(service))),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;

  return {
    urls,
    controlUrls,
    databases,
    brokers: kafka.brokers,
    postgres,
    kafka,
    pidOf: (service) => running.get(service)!.pid,
    exitOf: (service) => running.get(service)!.exited,
    environmentOf,
    startService,
    stopService: (service, signal = 'SIGTERM') => running.get(service)!.stop(20_000, signal),
    stop: () => stopAll(started, 20_000),
  };
}

/** The simulators follow the clock that survived the last run. */
async function syncProvidersClock(clockUrl: string, controlUrl: string): Promise<void> {
  const clock = (await (await fetch(`${clockUrl}/clock`)).json()) as { offsetMs: number };
  await fetch(`${controlUrl}/__sim/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ offsetMs: clock.offsetMs }),
  });
}

/** Generated once per data directory, readable only by whoever runs this; one that a newer version adds comes to it. */
function secretsIn(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>) : {};
  const secrets: Secrets = {
    masterKeys: `local:${randomBytes(32).toString('base64')}`,
    cardWebhookSecret: `whsec_${randomBytes(16).toString('hex')}`,
    bankWebhookSecret: `mtwh_${randomBytes(16).toString('hex')}`,
    mailWebhookSecret: `mailwh_${randomBytes(16).toString('hex')}`,
    mailPassword: randomBytes(16).toString('hex'),
    unsubscribeSecret: randomBytes(24).toString('hex'),
    ...known,
  };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
