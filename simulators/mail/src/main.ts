import { readConfig } from './config.ts';
import { startMailSimulator } from './simulator.ts';

const simulator = await startMailSimulator(readConfig(process.env));
console.log(JSON.stringify({ listening: { smtp: simulator.port, control: simulator.controlPort } }));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
}
