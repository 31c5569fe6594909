import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fetchKafkaJars, startKafka } from './kafka.ts';
import { RepositoryCopy } from './planted-bugs/copy.ts';
import { type PlantedBug, plantedBugs } from './planted-bugs/planted-bug.ts';
import { catches, passes, type Verdict } from './planted-bugs/verdict.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { projectRoot } from './system.ts';

// `npm run planted-bugs`: each bug in tests/planted-bugs is planted in a copy of the repository, one at a time, and the
// test that it names must fail there, and only there. Names narrow it down.

const home = process.env.HOLDFAST_HOME ?? join(projectRoot, '.holdfast');
/** What a killed run leaves is thrown away with that of `npm test`. */
const data = join(home, 'data', `test-${process.pid}`);
const cleanUps: (() => unknown)[] = [];
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = true;
    void cleanUp().finally(() => process.exit(130));
  });
}

let cleaning: Promise<void> | undefined;
function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    for (const clean of [...cleanUps].reverse()) await clean();
  })();
  return cleaning;
}

function chosen(names: readonly string[]): PlantedBug[] {
  const bugs = plantedBugs(join(projectRoot, 'tests', 'planted-bugs'));
  const unknown = names.filter((name) => !bugs.some((bug) => bug.name === name));
  if (unknown.length > 0) {
    throw new Error(`No bug ${unknown.join(', ')}; there are: ${bugs.map(({ name }) => name).join(', ')}.`);
  }
  return names.length > 0 ? bugs.filter(({ name }) => names.includes(name)) : bugs;
}

/** A database and a broker for the tests that need them. */
async function startServers(): Promise<Record<string, string>> {
  cleanUps.push(() => rmSync(data, { recursive: true, force: true }));
  const ports = await freePorts();
  const postgres = await startPostgres({
    dataDir: join(data, 'postgres'),
    port: ports.postgres,
    durable: false,
  });
  cleanUps.push(() => postgres.stop('fast'));
  const kafka = await startKafka({
    jarsDir: await fetchKafkaJars({ home }),
    dataDir: join(data, 'kafka'),
    port: ports.kafka,
    controllerPort: ports.kafkaController,
  });
  cleanUps.push(() => kafka.stop());
  return {
    HOLDFAST_TEST_POSTGRES: postgres.url,
    HOLDFAST_TEST_KAFKA: kafka.brokers,
    HOLDFAST_TEST_ROLES: join(data, 'roles.json'),
  };
}

/** Without any bug all the tests pass, else a failure would say nothing. */
async function assertSound(
  copy: RepositoryCopy,
  bugs: readonly PlantedBug[],
  env: Record<string, string>,
): Promise<void> {
  const specs = [...new Set(bugs.map(({ spec }) => spec))];
  const tests = bugs.map(({ test }) => test);
  const { report, output } = await copy.jest(specs, tests, env);
  const problems = bugs.flatMap(({ name, spec, test }) => {
    const verdict = passes(report, spec, test);
    return verdict.as === 'hoped' ? [] : [`${name}: ${test}: ${verdict.because}`];
  });
  if (problems.length > 0) {
    throw new Error(`${output}\n\nWithout a bug, all these tests must pass:\n${problems.join('\n')}`);
  }
}

/** What the bug's test says of it; what Jest said is shown where that is not what was hoped for. */
async function tryOut(
  copy: RepositoryCopy,
  { changes, spec, test }: PlantedBug,
  env: Record<string, string>,
): Promise<Verdict> {
  try {
    copy.plant(changes);
    try {
      await copy.compile();
      const { report, output } = await copy.jest([spec], [test], env);
      const verdict = catches(report, spec, test);
      if (verdict.as === 'not' && !interrupted) console.log(output);
      return verdict;
    } finally {
      if (!interrupted) copy.uproot();
    }
  } catch (error) {
    return { as: 'not', because: (error as Error).message };
  }
}

async function main(): Promise<boolean> {
  const bugs = chosen(process.argv.slice(2));
  const copy = RepositoryCopy.of(projectRoot);
  cleanUps.push(() => copy.remove());
  await copy.compile();
  const env = bugs.some(({ spec }) => spec.endsWith('.int.spec.ts')) ? await startServers() : {};
  await assertSound(copy, bugs, env);
  const width = Math.max(...bugs.map(({ name }) => name.length));
  console.log(`${'bug'.padEnd(width)}  caught by`);
  let caught = 0;
  for (const bug of bugs) {
    const verdict = await tryOut(copy, bug, env);
    if (interrupted) return false;
    if (verdict.as === 'hoped') caught += 1;
    const found =
      verdict.as === 'hoped' ? `${bug.spec}: ${bug.test}` : `NOTHING. ${bug.says} ${verdict.because}`;
    console.log(`${bug.name.padEnd(width)}  ${found}`);
  }
  console.log(`\n${bugs.length} planted, ${caught} caught`);
  return caught === bugs.length;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (!interrupted) console.error((error as Error).message);
  process.exitCode = interrupted ? 130 : 1;
} finally {
  await cleanUp();
}
process.exit();
