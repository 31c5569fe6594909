import { readConfig } from './config.ts';
import { startSimulator } from './simulator.ts';

export { type Config, readConfig } from './config.ts';
export { type Simulator, startSimulator } from './simulator.ts';

if (import.meta.main) {
  const simulator = await startSimulator(readConfig(process.env));
  console.log(JSON.stringify({ listening: { wire: simulator.port, control: simulator.controlPort } }));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void simulator.close().then(() => process.exit(0)));
  }
}
