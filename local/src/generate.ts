import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generatedFiles, releasedSchemas, staleFiles, writeFiles } from './generated-files.ts';

// Writes what the documentation takes from the code. `--check` writes nothing and fails if a file is stale;
// `--release` keeps the event schemas as the promise that later ones are compared with.

const root = join(import.meta.dirname, '..', '..');

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, release: { type: 'boolean' } } });
  const files = [...(await generatedFiles(root)), ...(values.release ? [releasedSchemas()] : [])];
  const stale = await staleFiles(root, files);
  if (values.check) {
    for (const { path } of stale) console.error(`${path} is stale; write it again with: npm run generate`);
    if (stale.length > 0) process.exitCode = 1;
    return;
  }
  await writeFiles(root, stale);
  for (const { path } of files)
    console.log(`${stale.some((file) => file.path === path) ? 'wrote' : 'kept '} ${path}`);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
