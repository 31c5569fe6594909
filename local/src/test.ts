import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reportTotals, runJest } from './jest.ts';
import { freePorts } from './ports.ts';
import { projectRoot, type ServiceName, type System, serviceNames, startSystem } from './system.ts';
import { startTraceCollector } from './trace-collector.ts';

// `npm test`: every test but the slow fault tests, against a system of its own on free ports. Paths narrow it down.

const paths = process.argv.slice(2);
const only = paths.length > 0 ? ['--testPathPatterns', ...paths] : [];
const home = process.env.HOLDFAST_HOME ?? join(projectRoot, '.holdfast');

/** Of its own, so that two runs side by side do not meet; what finished runs left is thrown away. */
const name = `test-${process.pid}`;
forgetFinishedRuns(join(home, 'data'));

console.log('Starting Kafka, PostgreSQL, the simulators and the services for the tests …');
const traces = await startTraceCollector();
const system = await startSystem({
  home,
  ports: await freePorts(),
  name,
  fresh: true,
  // Servers and services are killed here, computers are not.
  durable: false,
  env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: traces.endpoint } },
});
const env = {
  HOLDFAST_TEST_POSTGRES: system.postgres.url,
  HOLDFAST_TEST_KAFKA: system.brokers,
  HOLDFAST_TEST_ROLES: join(home, 'data', name, 'roles.json'),
  HOLDFAST_TEST_SYSTEM: JSON.stringify(system.urls),
  HOLDFAST_TEST_INSIDE: JSON.stringify(insideOf(system, home)),
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void system.stop().finally(() => process.exit(130)));
}
try {
  const needs = await runJest(['pact'], ['--maxWorkers=2', ...only], env);
  const rest = await Promise.all([
    runJest(['unit', 'int'], ['--maxWorkers=2', ...only], env),
    // The journeys move the one business clock, so they go one after another; what they wait for leaves room beside them.
    runJest(['e2e'], ['--runInBand', ...only], { ...env, HOLDFAST_TEST_LANE: '7' }),
  ]);
  process.exitCode = reportTotals([needs, ...rest], paths);
} finally {
  await system.stop();
}
process.exit();

/** What no caller sees, for tests that look whether anything was left behind. */
function insideOf(running: System, dataHome: string) {
  const each = <T>(read: (service: ServiceName) => T) =>
    Object.fromEntries(serviceNames.map((service) => [service, read(service)]));
  const dataDir = join(dataHome, 'data', name);
  return {
    logsDir: join(dataDir, 'logs'),
    signingKeysFile: join(dataDir, 'identity', 'signing-keys.json'),
    databases: each((service) => running.databases[service].ownerUrl),
    pids: each((service) => running.pidOf(service)),
    environments: each((service) => running.environmentOf(service)),
    tracesUrl: `${traces.endpoint}/exports`,
    metricsUrl: `${traces.endpoint}/exports/metrics`,
    cardWebhookSecret: running.environmentOf('escrow').CARD_WEBHOOK_SECRETS,
    bankWebhookSecret: running.environmentOf('payouts').BANK_WEBHOOK_SECRETS,
    mailWebhookSecret: running.environmentOf('contracts').MAIL_WEBHOOK_SECRETS,
  };
}

function forgetFinishedRuns(dataDir: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(dataDir);
  } catch {
    return;
  }
  for (const entry of names) {
    const pid = /^test-(\d+)$/.exec(entry)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(dataDir, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
