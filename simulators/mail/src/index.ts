export { type Config, readConfig } from './config.ts';
export type { FaultName } from './faults.ts';
export type { ReceivedMail } from './message.ts';
export { type MailSimulator, startMailSimulator } from './simulator.ts';
