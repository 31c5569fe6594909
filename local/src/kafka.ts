import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Exit, launch, type ProcessHandle } from './child.ts';
import { brokerAnswers } from './kafka-probe.ts';
import { formatStorage, serverProperties } from './kafka-storage.ts';
import { forgetOwner, recordOwner, stopLeftover } from './leftover.ts';
import { assertFree } from './ports.ts';

export { fetchKafkaJars, kafkaJarsDir } from '../kafka/jars.mjs';

export interface KafkaOptions {
  jarsDir: string;
  dataDir: string;
  port: number;
  controllerPort: number;
  log?: (line: string) => void;
  /** Called about once a second while the broker is not ready. */
  onWaiting?: (elapsedMs: number) => void;
}

export interface Kafka {
  readonly name: string;
  readonly brokers: string;
  readonly pid: number;
  /** Of the broker that runs, or ran last; never rejects. */
  readonly exited: Promise<Exit>;
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL: what was acknowledged is still there after `start`. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** The same broker on the same data, after `stop` or `kill`. */
  start(): Promise<void>;
}

/** 1 s on a quiet machine, 3 s the first time and after a kill; many times as long on a busy one. */
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 15_000;

/**
 * Starts one Kafka broker that is its own controller, reachable from this computer only.
 * @throws Error with one sentence about a taken port, or with the broker's last lines
 */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { jarsDir, dataDir, port, controllerPort, log = () => {} } = options;
  const configFile = join(dataDir, 'server.properties');
  const ownerFile = join(dataDir, 'owner.json');
  const logFile = join(dataDir, 'kafka.log');
  let broker: ProcessHandle;

  async function start(): Promise<void> {
    mkdirSync(dataDir, { recursive: true });
    await stopLeftover(ownerFile, configFile, 'SIGKILL');
    await assertFree({ kafka: port, kafkaController: controllerPort });
    const startedAt = performance.now();
    writeFileSync(configFile, serverProperties({ dataDir, port, controllerPort }));
    const java = [...javaOptions(), '-cp', classPath(jarsDir)];
    await formatStorage({ dataDir, java, logFile });
    broker = await launch({
      name: 'kafka',
      command: 'java',
      args: [...classArchive(jarsDir), ...java, 'kafka.Kafka', configFile],
      logFile,
      ready: () => brokerAnswers(port),
      readyEveryMs: 50,
      readyTimeoutMs: READY_TIMEOUT_MS,
      onRunning: (pid) => recordOwner(ownerFile, pid),
      onWaiting: options.onWaiting,
    });
    log(`Kafka is ready on 127.0.0.1:${port} after ${secondsSince(startedAt)} s`);
  }

  await start();
  return {
    name: 'kafka',
    brokers: `127.0.0.1:${port}`,
    get pid() {
      return broker.pid;
    },
    get exited() {
      return broker.exited;
    },
    async stop(graceMs = STOP_GRACE_MS) {
      await broker.stop(graceMs);
      forgetOwner(ownerFile);
      keepClassArchive(jarsDir, await broker.exited);
    },
    async kill() {
      await broker.stop(0, 'SIGKILL');
      forgetOwner(ownerFile);
    },
    pause: () => broker.kill('SIGSTOP'),
    resume: () => broker.kill('SIGCONT'),
    start,
  };
}

function javaOptions(): string[] {
  const logging = fileURLToPath(new URL('../kafka/log4j2.properties', import.meta.url));
  return [
    '-Xmx384m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    '-XX:+ExitOnOutOfMemoryError',
    `-Dlog4j2.configurationFile=${logging}`,
  ];
}

function classPath(jarsDir: string): string {
  const jars = readdirSync(jarsDir).filter((name) => name.endsWith('.jar'));
  return jars
    .sort()
    .map((name) => join(jarsDir, name))
    .join(delimiter);
}

/**
 * Java keeps the loaded classes in a file when a broker stops (3 s, once) and takes them from there later on,
 * which halves the time to start. A file that does not fit, after an update of Java say, is ignored by Java.
 */
function classArchive(jarsDir: string): string[] {
  const archive = `${jarsDir}.jsa`;
  const use = existsSync(archive) ? 'SharedArchiveFile' : 'ArchiveClassesAtExit';
  const file = existsSync(archive) ? archive : unfinishedArchive(jarsDir);
  return [`-XX:${use}=${file}`, '-Xlog:disable', '-Xlog:all=error:stderr'];
}

function unfinishedArchive(jarsDir: string): string {
  return `${jarsDir}.jsa.part-${process.pid}`;
}

/** Of a broker that was killed while it stopped, the file may be cut short. */
function keepClassArchive(jarsDir: string, { signal }: Exit): void {
  const unfinished = unfinishedArchive(jarsDir);
  if (!existsSync(unfinished)) return;
  if (signal === null) renameSync(unfinished, `${jarsDir}.jsa`);
  else rmSync(unfinished);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
