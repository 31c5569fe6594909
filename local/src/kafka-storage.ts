import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './child.ts';

export interface BrokerSettings {
  dataDir: string;
  port: number;
  controllerPort: number;
}

/** Settings of a single broker on one computer. */
export function serverProperties({ dataDir, port, controllerPort }: BrokerSettings): string {
  return properties({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'log.dirs': logDir(dataDir),

    'auto.create.topics.enable': false,
    'message.max.bytes': 1_048_576,
    'log.retention.ms': -1,
    'log.retention.bytes': -1,
    // Ten years: a stack that rests for weeks still knows how far each consumer came.
    'offsets.retention.minutes': 5_256_000,

    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 10,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 5,

    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 3000,
    ...sessionSettings(dataDir),

    'num.network.threads': 2,
    'num.io.threads': 4,
    // The default of 128 MB is a third of the heap.
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  });
}

/**
 * A broker may register only when the session of its predecessor has ended, and a killed one did not end it.
 * Its successor shortens the wait from 9 s to 2; in any other run a stall of 2 s is not to count as a death.
 */
function sessionSettings(dataDir: string): Record<string, number> {
  const ran = existsSync(join(logDir(dataDir), '__cluster_metadata-0'));
  const killed = ran && !existsSync(join(logDir(dataDir), '.kafka_cleanshutdown'));
  return killed ? { 'broker.session.timeout.ms': 2000, 'broker.heartbeat.interval.ms': 500 } : {};
}

/**
 * Formats the storage once. It is made in a folder of its own and renamed, so that a run that was cut short
 * leaves nothing that looks complete.
 * @throws Error with what Kafka's own tool said
 */
export async function formatStorage(options: {
  dataDir: string;
  java: string[];
  logFile: string;
}): Promise<void> {
  const { dataDir, java, logFile } = options;
  if (existsSync(join(logDir(dataDir), 'meta.properties'))) return;
  const unfinished = join(dataDir, 'unfinished');
  const configFile = join(dataDir, 'format.properties');
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(logDir(dataDir), { recursive: true, force: true });
  // Ports play no part in formatting.
  const settings = serverProperties({ dataDir: unfinished, port: 1, controllerPort: 2 });
  writeFileSync(configFile, settings);
  const args = [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', configFile];
  await runToEnd({ name: "Kafka's format tool", command: 'java', args, logFile });
  renameSync(logDir(unfinished), logDir(dataDir));
  rmSync(unfinished, { recursive: true });
  rmSync(configFile);
}

function logDir(dataDir: string): string {
  return join(dataDir, 'log');
}

/** 16 random bytes; Kafka's tool takes a leading dash for an option. */
function clusterId(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0;
  return bytes.toString('base64url');
}

function properties(settings: Record<string, string | number | boolean>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
