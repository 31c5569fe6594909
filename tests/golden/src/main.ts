import type { Marketplace } from '@holdfast/journeys';
import { CaseError } from './case-error.ts';
import { type CaseFile, filesNamed, readCaseFile } from './case-files.ts';
import { type FoundSystem, findSystem } from './find-system.ts';
import { playCase } from './play-case.ts';

// `npm run golden -- FILE...`: one line per case on stdout; ends with 1 if any differs or cannot be played.

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

function fail(line: string): void {
  console.error(line);
  process.exitCode = 1;
}

const problemOf = (name: string, error: unknown): string => {
  const place = error instanceof CaseError && error.path ? `${error.path}: ` : '';
  const { message, cause } = error as Error;
  return `${name}: ${place}${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
};

function read(name: string): CaseFile[] {
  try {
    return [readCaseFile(name)];
  } catch (error) {
    fail(problemOf(name, error));
    return [];
  }
}

async function play(market: Marketplace, { name, golden }: CaseFile): Promise<void> {
  try {
    const difference = await playCase(market, golden, stopping.signal);
    console.log(`${golden.id} ${difference ? `differs: ${difference}` : 'ok'}`);
    if (difference) process.exitCode = 1;
  } catch (error) {
    if (!stopping.signal.aborted) fail(problemOf(name, error));
  }
}

async function main(): Promise<void> {
  const cases = filesNamed(process.argv.slice(2)).flatMap(read);
  if (cases.length === 0) return fail('There is no case to play.');
  let system: FoundSystem;
  try {
    system = await findSystem(process.env, (line) => console.error(line));
  } catch (error) {
    return fail((error as Error).message);
  }
  try {
    for (const each of cases) if (!stopping.signal.aborted) await play(system.market, each);
  } finally {
    await system.release().catch((error: Error) => fail(error.message));
  }
}

await main();
process.exit(stopping.signal.aborted ? 130 : process.exitCode);
