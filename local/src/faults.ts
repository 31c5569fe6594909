import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { reportTotals, runJest } from './jest.ts';
import { fetchKafkaJars, startKafka } from './kafka.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { projectRoot } from './system.ts';

// `npm run faults`: the slow tests that kill, stop and break things; each starts what it breaks by itself.

const paths = process.argv.slice(2);
const only = paths.length > 0 ? ['--testPathPatterns', ...paths] : [];
const home = process.env.HOLDFAST_HOME ?? join(projectRoot, '.holdfast');
const data = join(home, 'data', 'faults');
rmSync(data, { recursive: true, force: true });
const ports = await freePorts();
const postgres = await startPostgres({ dataDir: join(data, 'postgres'), port: ports.postgres });
const kafka = await startKafka({
  jarsDir: await fetchKafkaJars({ home }),
  dataDir: join(data, 'kafka'),
  port: ports.kafka,
  controllerPort: ports.kafkaController,
});
const stop = async (): Promise<void> => {
  await Promise.all([postgres.stop('fast'), kafka.stop()]);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(130)));
}
try {
  const env = { HOLDFAST_TEST_POSTGRES: postgres.url, HOLDFAST_TEST_KAFKA: kafka.brokers };
  // Two at a time: each breaks a system of its own, and most of them wait most of the time.
  process.exitCode = reportTotals([await runJest(['fault'], ['--maxWorkers=2', ...only], env)], paths);
} finally {
  await stop();
}
process.exit();
