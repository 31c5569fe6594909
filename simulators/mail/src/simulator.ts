import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { Config } from './config.ts';
import { addControl } from './control.ts';
import { Faults } from './faults.ts';
import { Mailbox } from './mailbox.ts';
import { receivingServer } from './receiving.ts';

export type MailSimulator = Readonly<{ port: number; controlPort: number; close: () => Promise<void> }>;

/** Starts the receiving mail server and its control port. */
export async function startMailSimulator(config: Config): Promise<MailSimulator> {
  const [mailbox, faults] = [new Mailbox(), new Faults()];
  const smtp = receivingServer(config, mailbox, faults);
  const control = fastify({ forceCloseConnections: true });
  addControl(control, { mailbox, faults, config });
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(config.port, config.host, resolve);
  });
  await control.listen({ host: config.host, port: config.controlPort });
  const portOf = (address: AddressInfo | string | null): number => (address as AddressInfo).port;
  return {
    port: portOf(smtp.server.address()),
    controlPort: portOf(control.server.address()),
    close: async () => {
      await Promise.all([new Promise<void>((resolve) => smtp.close(() => resolve())), control.close()]);
    },
  };
}
