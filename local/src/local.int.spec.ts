import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import * as local from './index.ts';

const root = resolve(import.meta.dirname, '../..');
const home = resolve(root, process.env.HOLDFAST_HOME ?? '.holdfast');
let folder: string;
let ports: local.Ports;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-local-'));
  ports = await local.freePorts();
});

/** Whether a signal has stopped every thread of a process. */
const isStopped = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-L', '-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  const states = stdout.trim().split(/\s+/);
  return states.every((state) => state.startsWith('T'));
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('Kafka', () => {
  let kafka: local.Kafka;

  beforeAll(async () => {
    const jarsDir = await local.fetchKafkaJars({ home });
    const dataDir = join(folder, 'kafka');
    mkdirSync(join(dataDir, 'log'), { recursive: true }); // As a format that was cut short leaves it.
    kafka = await local.startKafka({
      jarsDir,
      dataDir,
      port: ports.kafka,
      controllerPort: ports.kafkaController,
    });
  }, 180_000);

  afterAll(() => kafka?.stop());

  test('keeps its data over a SIGKILL and over a stop', async () => {
    await ask(ports.kafka, createTopic('kept'));
    await kafka.kill();
    await expect(ask(ports.kafka, allTopics)).rejects.toThrow('ECONNREFUSED');
    await kafka.start();
    expect((await ask(ports.kafka, allTopics)).includes('kept')).toBe(true);
    await kafka.stop();
    await kafka.start();
    expect((await ask(ports.kafka, allTopics)).includes('kept')).toBe(true);
  }, 90_000);

  test('answers nothing while it is paused', async () => {
    kafka.pause();
    while (!isStopped(kafka.pid)) await pause(10);
    const answer = ask(ports.kafka, allTopics);
    const first = await Promise.race([answer, pause(300, 'silence')]);
    kafka.resume();
    expect(first).toBe('silence');
    expect((await answer).includes('kept')).toBe(true);
  });
});

describe('PostgreSQL', () => {
  let postgres: local.Postgres;
  let escrow: local.ServiceUrls;
  let payouts: local.ServiceUrls;

  beforeAll(async () => {
    const dataDir = join(folder, 'postgres');
    mkdirSync(join(dataDir, 'unfinished', 'base'), { recursive: true }); // As a cut short initdb leaves it.
    postgres = await local.startPostgres({ dataDir, port: ports.postgres });
    const secretsFile = join(folder, 'secrets.json');
    [escrow, payouts] = (await Promise.all(
      ['escrow', 'payouts'].map((service) =>
        local.createServiceDatabase(postgres.url, { database: service, service, secretsFile }),
      ),
    )) as [local.ServiceUrls, local.ServiceUrls];
    expect(statSync(secretsFile).mode & 0o777).toBe(0o600);
    const again = await local.createServiceDatabase(postgres.url, {
      database: 'escrow',
      service: 'escrow',
      secretsFile,
    });
    expect(again).toEqual(escrow);
  }, 90_000);

  afterAll(() => postgres?.stop());

  test('keeps an acknowledged row over an immediate stop and a SIGKILL', async () => {
    expect(await query(postgres.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await query(escrow.ownerUrl, 'CREATE TABLE facts (id int PRIMARY KEY)');
    for (const [id, end] of [postgres.kill, () => postgres.stop('immediate'), postgres.stop].entries()) {
      await query(escrow.ownerUrl, `INSERT INTO facts VALUES (${id})`);
      await end();
      await postgres.start();
      expect(await query(escrow.ownerUrl, 'SELECT max(id)::int AS id FROM facts')).toEqual([{ id }]);
    }
  }, 60_000);

  test('lets the app role use its own database only, and create nothing', async () => {
    await expect(query(escrow.appUrl, 'CREATE TABLE mine (id int)')).rejects.toThrow('permission denied');
    await expect(query(escrow.appUrl, 'CREATE TEMPORARY TABLE mine (id int)')).rejects.toThrow(
      'permission denied',
    );
    await expect(query(escrow.appUrl, 'SELECT FROM facts')).rejects.toThrow('permission denied');
    await query(escrow.ownerUrl, 'GRANT SELECT ON facts TO escrow_app');
    await query(escrow.appUrl, 'SELECT FROM facts');
    for (const database of ['payouts', 'postgres', 'template1']) {
      const foreign = escrow.appUrl.replace(/escrow$/, database);
      await expect(query(foreign, 'SELECT 1')).rejects.toThrow('permission denied for database');
    }
    await expect(query(payouts.ownerUrl.replace(/payouts$/, 'escrow'), 'SELECT 1')).rejects.toThrow('denied');
  });

  test('drops a database that is in use', async () => {
    const secretsFile = join(folder, 'secrets.json');
    const { appUrl } = await local.createServiceDatabase(postgres.url, {
      database: 'escrow_test',
      service: 'escrow',
      secretsFile,
    });
    const client = new Client({ connectionString: appUrl });
    client.on('error', () => {});
    await client.connect();
    await local.dropDatabase(postgres.url, 'escrow_test');
    await expect(query(appUrl, 'SELECT 1')).rejects.toThrow('does not exist');
    await client.end().catch(() => {});
  });

  test('takes over from a run that was killed, and from no other', async () => {
    const index = join(import.meta.dirname, 'index.ts');
    const options = { dataDir: join(folder, 'left'), port: ports.clock };
    const program = `const { startPostgres } = await import(${JSON.stringify(index)});
      await startPostgres(${JSON.stringify(options)}); console.log('ready'); setInterval(() => {}, 1000);`;
    const other: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout!, 'data');
    await expect(local.startPostgres(options)).rejects.toThrow(`is in use by process ${other.pid}`);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const successor = await local.startPostgres({ ...options, durable: false });
    expect(await query(successor.url, 'SHOW fsync')).toEqual([{ fsync: 'off' }]);
    await successor.stop();
  }, 60_000);
});

describe('processes', () => {
  const started = { command: process.execPath, readyTimeoutMs: 5000 };

  test('end of a program before it is ready is told with its last lines', async () => {
    const args = ['-e', 'console.log("no database"); process.exit(3)'];
    const readyUrl = `http://127.0.0.1:${ports.escrow}/`;
    const start = local.startProcess({
      ...started,
      name: 'escrow',
      args,
      logFile: join(folder, 'a.log'),
      readyUrl,
    });
    await expect(start).rejects.toThrow(/^escrow ended \(status 3\) before it was ready.*\nno database$/s);
  });

  test('all are stopped, the last first, and one that will not stop is killed', async () => {
    const listening = `require('http').createServer((_, answer) => answer.end()).listen(${ports.escrow})`;
    const deaf = await local.startProcess({
      ...started,
      name: 'deaf',
      args: ['-e', `process.on('SIGTERM', () => {}); ${listening}`],
      logFile: join(folder, 'b.log'),
      readyUrl: `http://127.0.0.1:${ports.escrow}/`,
    });
    const idle = ['-e', 'setInterval(() => {}, 1000)'];
    const polite = await local.startProcess({
      ...started,
      name: 'polite',
      args: idle,
      logFile: join(folder, 'c.log'),
    });
    const order: string[] = [];
    for (const process of [deaf, polite]) void process.exited.then(() => order.push(process.name));
    await local.stopAll([deaf, polite], 300);
    expect(order).toEqual(['polite', 'deaf']);
    expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

test('a taken port is told in one sentence', async () => {
  const server = createServer().listen(ports.providersControl, '127.0.0.1');
  await once(server, 'listening');
  await expect(local.assertFree(ports)).rejects.toThrow(
    `Port ${ports.providersControl} for providersControl is taken by another program: ` +
      'set HOLDFAST_PORT_PROVIDERS_CONTROL to a free port.',
  );
  server.close();
  await once(server, 'close');
  await local.assertFree(ports);
});

/** Key, version, correlation id and no client id stand before the body. */
function request(key: number, version: number, body: Buffer): Buffer {
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + body.length, 0);
  head.writeInt16BE(key, 4);
  head.writeInt16BE(version, 6);
  head.writeInt16BE(-1, 12);
  return Buffer.concat([head, body]);
}

const allTopics = request(3, 1, Buffer.from('ffffffff', 'hex'));

function createTopic(name: string): Buffer {
  const [count, length] = [Buffer.from('00000001', 'hex'), Buffer.from([0, name.length])];
  // One partition, one replica, no assignment, no settings; within 5 s, really.
  const rest = Buffer.from(`00000001${'0001'}${'00000000'.repeat(2)}${'00001388'}00`, 'hex');
  return request(19, 2, Buffer.concat([count, length, Buffer.from(name), rest]));
}

async function ask(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(bytes);
    let answer = Buffer.alloc(0);
    while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answer = Buffer.concat([answer, chunk]);
    }
    return answer;
  } finally {
    socket.destroy();
  }
}

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
