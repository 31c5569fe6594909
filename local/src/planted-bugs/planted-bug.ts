import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Change, changesOf } from './patch.ts';

/** A bug on purpose, as the patch that plants it. Above the patch stand a sentence and the test that must catch it. */
export interface PlantedBug {
  name: string;
  says: string;
  /** Path of the test's file. */
  spec: string;
  /** Its name, or a piece of it that no other test of the file has. */
  test: string;
  changes: readonly Change[];
}

/** @throws Error where a patch does not say what must catch it */
export function plantedBugs(folder: string): PlantedBug[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => readBug(join(folder, name)));
}

function readBug(patchFile: string): PlantedBug {
  const name = basename(patchFile, '.patch');
  const text = readFileSync(patchFile, 'utf8');
  const begin = text.search(/^--- /m);
  const changes = begin < 0 ? [] : changesOf(text.slice(begin));
  const head = text.slice(0, begin);
  const { says, spec, test } =
    /^(?<says>.+)\n\nSpec: (?<spec>.+)\nTest: (?<test>.+)\n\n$/.exec(head)?.groups ?? {};
  if (!says || !spec || !test || changes.length === 0) {
    throw new Error(`${patchFile}: begins with a sentence, an empty line, "Spec: <path>" and "Test: <name>"`);
  }
  return { name, says, spec, test, changes };
}
