import { type PartOptions, startConsumer, startRelay, startWriter } from './parts.ts';

// One part of a counting service as a process of its own, so that a test can kill it, with CRASH_AT as wanted:
// `node --conditions=holdfast-source part-process.ts <relay|consumer|writer> <options as JSON>`.
const [role, json] = process.argv.slice(2);
const options = JSON.parse(json!) as PartOptions;
const start = { relay: startRelay, consumer: startConsumer, writer: startWriter }[role!]!;

// The test is gone: nothing outlives it.
process.once('disconnect', () => process.exit(1));
process.once('message', () => void part.stop().then(() => process.exit(0)));
const part = await start(options);
process.send?.('ready');
if ('done' in part) await (part.done as Promise<void>).then(() => process.exit(0));
