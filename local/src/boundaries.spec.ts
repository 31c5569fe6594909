import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');

/** A file, one line of it, and a piece of the message with which the lint refuses that line. */
type Planted = readonly [path: string, line: string, message: string];

const anotherService = 'A service never imports another service';
const domainImports = 'domain/ imports only @holdfast/domain and @holdfast/events';
const impure = 'Domain code has no clock and no chance';
const onlyMessaging = 'Only libs/messaging talks to kafkajs';
const thePackage = 'Between projects, import the package';

const command = 'services/escrow/src/commands/planted.ts';
const domain = 'services/escrow/src/domain/planted.ts';
const libsDomain = 'libs/domain/src/planted.ts';

const violations: readonly Planted[] = [
  [command, "import { a } from '@holdfast/payouts';", anotherService],
  [command, "import type { A } from '@holdfast/contracts';", anotherService],
  [command, "export * from '@holdfast/escrow';", anotherService],
  [command, "const a = await import('@holdfast/timetracking');", anotherService],
  [command, "import { a } from '../../../payouts/src/domain/account.ts';", thePackage],
  [command, "import { a } from '@holdfast/payouts/src/main.ts';", thePackage],
  [command, "import { Kafka } from 'kafkajs';", onlyMessaging],
  ['libs/service/src/planted.ts', "import { a } from '@holdfast/escrow';", anotherService],
  ['libs/service/src/planted.ts', "import { Kafka } from 'kafkajs';", onlyMessaging],
  ['simulators/clock/src/planted.ts', "import { a } from '@holdfast/escrow';", anotherService],
  ['tests/journeys/src/planted.ts', "import { a } from '@holdfast/escrow';", anotherService],
  [domain, "import { a } from '@holdfast/payouts';", domainImports],
  [domain, "import { UnitOfWork } from '@holdfast/messaging';", domainImports],
  [domain, "import type { Pool } from 'pg';", domainImports],
  [domain, "import { z } from 'zod';", domainImports],
  [domain, "import { randomBytes } from 'node:crypto';", domainImports],
  [domain, "import { MilestoneTable } from '../tables/milestone.table.ts';", domainImports],
  [domain, "const a = await import('kafkajs');", domainImports],
  [domain, 'const now = new Date();', impure],
  [domain, 'const now = Date.now();', impure],
  [domain, 'const clock = Date.now;', impure],
  [domain, 'const now = performance.now();', impure],
  [domain, 'const chance = Math.random();', impure],
  [domain, 'const id = crypto.randomUUID();', impure],
  [domain, 'const id = randomUUID();', impure],
  [libsDomain, 'const now = new Date();', impure],
  [libsDomain, 'const chance = Math.random();', impure],
  [libsDomain, "import { Injectable } from '@nestjs/common';", 'libs/domain depends on Zod only'],
  [libsDomain, "import { a } from '@holdfast/events';", 'libs/domain depends on Zod only'],
  ['libs/messaging/src/planted.ts', "import { a } from '@holdfast/escrow';", anotherService],
];

const allowed: readonly (readonly [path: string, line: string])[] = [
  [command, "import { release } from '../domain/milestone.ts';"],
  [command, "import { UnitOfWork } from '@holdfast/messaging';"],
  [command, "import { Injectable } from '@nestjs/common';"],
  [command, 'const now = new Date();'],
  [domain, "import { Money } from '@holdfast/domain';"],
  [domain, "import { escrowEvents } from '@holdfast/events';"],
  [domain, "import { Freeze } from './freeze.ts';"],
  [domain, 'const due = new Date(0);'],
  ['services/escrow/src/domain/planted.spec.ts', "import fc from 'fast-check';"],
  ['services/escrow/src/domain/planted.spec.ts', 'const now = new Date();'],
  [libsDomain, "import { z } from 'zod';"],
  [libsDomain, "import { Money } from './money.ts';"],
  ['libs/messaging/src/planted.ts', "import { Kafka } from 'kafkajs';"],
];

/** Each line in a file of its own, so that every message belongs to one of them. */
const numbered = (path: string, index: number): string => path.replace('planted', `planted-${index}`);

/** The files that the lint refuses, each with its messages. */
function refusalsIn(tree: string): Map<string, string> {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const args = [
    biome,
    'lint',
    '--reporter=github',
    '--max-diagnostics=none',
    '--only=noRestrictedImports',
    '--only=plugin',
    '.',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: tree,
    encoding: 'utf8',
    timeout: 30_000,
  });
  const refusals = new Map<string, string>();
  for (const [, file, message] of stdout.matchAll(/^::error .*?file=([^,]+),.*?::(.*)$/gm)) {
    const path = relative(tree, file!);
    refusals.set(path, `${refusals.get(path) ?? ''}${message}\n`);
  }
  if (refusals.size === 0) throw new Error(`the lint found nothing at all: ${stdout}${stderr}`);
  return refusals;
}

describe('the linted boundaries', () => {
  let tree: string;
  let refusals: Map<string, string>;

  beforeAll(() => {
    tree = realpathSync(mkdtempSync(join(tmpdir(), 'boundaries-')));
    for (const part of ['biome.json', '.gitignore', 'local/lint'])
      cpSync(join(root, part), join(tree, part), { recursive: true });
    for (const [index, [path, line]] of [...violations, ...allowed].entries()) {
      const file = join(tree, numbered(path, index));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${line}\n`);
    }
    refusals = refusalsIn(tree);
  });

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  test.each(violations.map((planted, index) => [index, ...planted] as const))(
    'refused (%i) in %s: %s',
    (index, path, _line, message) => {
      expect(refusals.get(numbered(path, index))).toContain(message);
    },
  );

  test.each(allowed.map((planted, index) => [index + violations.length, ...planted] as const))(
    'allowed (%i) in %s: %s',
    (index, path) => {
      expect(refusals.get(numbered(path, index))).toBeUndefined();
    },
  );
});
