import { createServer } from 'node:net';

/** Distance of each port from the base. */
const OFFSETS = {
  contracts: 1,
  escrow: 2,
  timetracking: 3,
  disputes: 4,
  payouts: 5,
  contractsControl: 11,
  escrowControl: 12,
  timetrackingControl: 13,
  disputesControl: 14,
  payoutsControl: 15,
  identity: 20,
  providers: 21,
  providersControl: 22,
  clock: 23,
  mail: 24,
  mailControl: 25,
  postgres: 30,
  kafka: 40,
  kafkaController: 41,
} as const;

export type PortName = keyof typeof OFFSETS;
export type Ports = Record<PortName, number>;

const names = Object.keys(OFFSETS) as PortName[];
const BASE_DEFAULT = 4100;
const BASE_VARIABLE = 'HOLDFAST_PORT_BASE';

/** `providersControl` is set by HOLDFAST_PORT_PROVIDERS_CONTROL. */
export function portVariable(name: PortName): string {
  return `HOLDFAST_PORT_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/**
 * The ports of a stack on this computer.
 * @throws Error with one sentence, if a variable is no port or two parts would share one
 */
export function portsFrom(env: Record<string, string | undefined>): Ports {
  const base = readPort(env, BASE_VARIABLE) ?? BASE_DEFAULT;
  const highest = 65_535 - Math.max(...Object.values(OFFSETS));
  if (base > highest) throw new Error(`${BASE_VARIABLE} must be at most ${highest}, not ${base}.`);
  const ports = fill((name) => readPort(env, portVariable(name)) ?? base + OFFSETS[name]);
  const users = new Map<number, PortName>();
  for (const name of names) {
    const other = users.get(ports[name]);
    if (other) {
      const variables = `${portVariable(other)}, ${portVariable(name)} or ${BASE_VARIABLE}`;
      throw new Error(`Port ${ports[name]} is meant for both ${other} and ${name}: change ${variables}.`);
    }
    users.set(ports[name], name);
  }
  return ports;
}

function readPort(env: Record<string, string | undefined>, variable: string): number | undefined {
  const text = env[variable];
  if (text === undefined || text === '') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new Error(`${variable} must be a port from 1 to 65535, not "${text}".`);
  return port;
}

/** @throws Error with one sentence about the first port that another program holds */
export async function assertFree(ports: Partial<Ports>): Promise<void> {
  for (const name of names) {
    const port = ports[name];
    if (port === undefined) continue;
    const problem = await refusal(port);
    if (problem === undefined) continue;
    const why = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${problem})`;
    throw new Error(`Port ${port} for ${name} ${why}: set ${portVariable(name)} to a free port.`);
  }
}

/**
 * Below the range from which Linux and macOS take the ports of outgoing connections, else such a connection
 * could take one between the look and the use.
 */
const FREE_RANGE = { from: 10_000, to: 32_000 };

/** Whoever runs beside others takes its ports from a lane of its own: each worker of Jest, and who is none. */
const LANES = 8;
/** A service that is stopped for a while finds its port again. */
const given = new Set<number>();

/** A full set for a test, away from the stack of whoever works on this computer; none is given twice. */
export async function freePorts(env: NodeJS.ProcessEnv = process.env): Promise<Ports> {
  const width = Math.floor((FREE_RANGE.to - FREE_RANGE.from) / LANES);
  const from = FREE_RANGE.from + (Number(env.HOLDFAST_TEST_LANE ?? env.JEST_WORKER_ID ?? 0) % LANES) * width;
  const found = new Set<number>();
  while (found.size < names.length) {
    const port = from + Math.floor(Math.random() * width);
    if (given.has(port) || (await refusal(port)) !== undefined) continue;
    given.add(port);
    found.add(port);
  }
  const ports = [...found];
  return fill((_, index) => ports[index] as number);
}

function fill(portOf: (name: PortName, index: number) => number): Ports {
  return Object.fromEntries(names.map((name, index) => [name, portOf(name, index)])) as Ports;
}

/** Both addresses: some systems let a program listen on 127.0.0.1 beside another one that listens on all. */
async function refusal(port: number): Promise<string | undefined> {
  return (await refusalOn('127.0.0.1', port)) ?? (await refusalOn('0.0.0.0', port));
}

function refusalOn(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
