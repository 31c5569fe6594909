import { portsFrom } from './ports.ts';
import { linesOf } from './proof/report.ts';
import { proveSystem } from './proof/running-system.ts';
import { NotRunning } from './proof/source.ts';

// `npm run proof`: whether not a cent and not a fact is missing in the system that `npm start` has started.

const known = ['--json'];
const [failed, notRunning] = [1, 2];

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown) throw new Error(`npm run proof does not know ${unknown}; it knows ${known.join()}.`);
  const ports = portsFrom(process.env);
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = {
    contracts: at(ports.contracts),
    escrow: at(ports.escrow),
    payouts: at(ports.payouts),
    identity: at(ports.identity),
    providersControl: at(ports.providersControl),
    mail: at(ports.mailControl),
    clock: at(ports.clock),
  };
  const proof = await proveSystem(urls, `127.0.0.1:${ports.kafka}`);
  console.log(args.includes('--json') ? JSON.stringify(proof, null, 2) : linesOf(proof).join('\n'));
  return proof.holds ? 0 : failed;
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    const isAway = error instanceof NotRunning;
    console.error(
      isAway ? `The system does not run here: ${error.message}. Start it with npm start.` : error.message,
    );
    process.exit(isAway ? notRunning : failed);
  },
);
