import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Plain JavaScript on built-ins: the bootstrap of a fresh clone runs it before anything is installed.

/** The same version stands in pom.xml beside this file. */
export const KAFKA_VERSION = '4.3.0';

/** Where the jars of the broker lie; the folder exists only when it is complete. */
export function kafkaJarsDir(home) {
  return join(home, 'kafka', `jars-${KAFKA_VERSION}`);
}

/**
 * Fetches the broker and its dependencies with Maven, unless they are there. They arrive in a folder of their
 * own, renamed at the end, so that a run that was cut short is simply run again.
 * @throws Error with the last lines of Maven's output
 */
export async function fetchKafkaJars({ home, log = () => {}, signal }) {
  const jars = kafkaJarsDir(home);
  if (existsSync(jars)) return jars;
  removeUnfinished(join(home, 'kafka'));
  const unfinished = `${jars}.part-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  log(`Fetching Kafka ${KAFKA_VERSION} with Maven`);
  try {
    await runMaven(unfinished, join(home, 'kafka', 'maven.log'), signal);
    if (!existsSync(jars)) renameSync(unfinished, jars);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return jars;
}

function runMaven(outputDirectory, logFile, signal) {
  const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
  const output = openSync(logFile, 'w');
  const args = ['-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${outputDirectory}`];
  const maven = spawn('mvn', args, { stdio: ['ignore', output, output], signal });
  closeSync(output);
  return new Promise((resolve, reject) => {
    maven.once('error', (error) => reject(new Error(`Maven could not run: ${error.message}`)));
    maven.once('close', (code) => {
      const complete = existsSync(join(outputDirectory, `kafka_2.13-${KAFKA_VERSION}.jar`));
      if (code === 0 && complete) return resolve();
      const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
      reject(new Error(`Maven could not fetch Kafka (its output is in ${logFile}):\n${tail}`));
    });
  });
}

/** Leaves alone the folder of a run that is still under way beside this one. */
function removeUnfinished(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /\.part-(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
