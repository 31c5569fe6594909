import { spawnSync } from 'node:child_process';

const NODE_MIN = 20;
/** Kafka 4 needs it. */
const JAVA_MIN = 17;

/** @throws Error with one sentence */
export function checkNode() {
  const found = process.versions.node;
  if (Number(found.split('.')[0]) < NODE_MIN) {
    throw new Error(
      `Node ${NODE_MIN} or later is needed, and this is ${found}: install a newer one from nodejs.org.`,
    );
  }
}

/** @throws Error with one sentence about the first tool that is missing or too old */
export function checkBrokerTools() {
  const advice = `install Java ${JAVA_MIN} or later (on Debian the package openjdk-${JAVA_MIN}-jre-headless)`;
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.status !== 0)
    throw new Error(`The command java is needed to run Kafka and was not found: ${advice}.`);
  // 'openjdk version "17.0.15" 2025-04-15', and "1.8.0_392" for Java 8.
  const version = /version "(?:1\.)?(\d+)/.exec(java.stderr + java.stdout)?.[1];
  if (version === undefined || Number(version) < JAVA_MIN) {
    throw new Error(
      `Java ${JAVA_MIN} is needed to run Kafka, and java is version ${version ?? 'unknown'}: ${advice}.`,
    );
  }
  if (spawnSync('mvn', ['--version'], { encoding: 'utf8' }).status !== 0) {
    throw new Error(
      'The command mvn is needed to fetch Kafka and was not found: install Apache Maven (the package maven).',
    );
  }
}
