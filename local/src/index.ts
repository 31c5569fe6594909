export type { Exit, ProcessHandle } from './child.ts';
export { fetchKafkaJars, type Kafka, type KafkaOptions, kafkaJarsDir, startKafka } from './kafka.ts';
export { assertFree, freePorts, type PortName, type Ports, portsFrom, portVariable } from './ports.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export { type StartProcessOptions, type Stoppable, startProcess, stopAll } from './processes.ts';
export type { ProofOptions } from './proof/collection.ts';
export type { ProofResult } from './proof/prove.ts';
export { linesOf } from './proof/report.ts';
export { proveSystem } from './proof/running-system.ts';
export {
  createServiceDatabase,
  dropDatabase,
  type ServiceDatabase,
  type ServiceUrls,
} from './service-database.ts';
export {
  projectRoot,
  type ServiceName,
  type System,
  type SystemOptions,
  serviceNames,
  startSystem,
} from './system.ts';
