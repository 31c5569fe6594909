import { expect, test } from '@jest/globals';
import { freePorts, portsFrom } from './ports.ts';

test('ports lie at fixed distances from the base', () => {
  expect(portsFrom({})).toMatchObject({ contracts: 4101, payoutsControl: 4115, kafkaController: 4141 });
  expect(portsFrom({ HOLDFAST_PORT_BASE: '9000' })).toMatchObject({ escrow: 9002, postgres: 9030 });
});

test('each port has a variable of its own', () => {
  const ports = portsFrom({ HOLDFAST_PORT_ESCROW: '7002', HOLDFAST_PORT_PROVIDERS_CONTROL: '7022' });
  expect(ports).toMatchObject({ escrow: 7002, providersControl: 7022, providers: 4121 });
});

test.each([
  [{ HOLDFAST_PORT_BASE: 'http' }, 'HOLDFAST_PORT_BASE must be a port from 1 to 65535, not "http".'],
  [{ HOLDFAST_PORT_CLOCK: '70000' }, 'HOLDFAST_PORT_CLOCK must be a port from 1 to 65535, not "70000".'],
  [{ HOLDFAST_PORT_BASE: '65500' }, 'HOLDFAST_PORT_BASE must be at most 65494, not 65500.'],
  [
    { HOLDFAST_PORT_ESCROW: '4120' },
    'Port 4120 is meant for both escrow and identity: ' +
      'change HOLDFAST_PORT_ESCROW, HOLDFAST_PORT_IDENTITY or HOLDFAST_PORT_BASE.',
  ],
])('%j is refused in one sentence', (env, sentence) => {
  expect(() => portsFrom(env)).toThrow(new Error(sentence));
});

test('free ports are given once, and to each worker from a lane of its own', async () => {
  const lanes = await Promise.all(
    ['1', '2', '2'].map(async (lane) => Object.values(await freePorts({ HOLDFAST_TEST_LANE: lane }))),
  );
  const [one, ...two] = lanes as [number[], number[], number[]];
  expect(Math.max(...one)).toBeLessThan(Math.min(...two.flat()));
  expect(new Set(lanes.flat()).size).toBe(lanes.flat().length);
});
