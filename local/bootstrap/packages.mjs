import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';

/**
 * Runs `npm ci` unless it has installed exactly these packages before. A stamp written after success tells; a
 * run that was cut short leaves none.
 * @throws Error with what npm said of the cause
 */
export async function installPackages({ root, home, signal }) {
  const stampFile = join(root, 'node_modules', '.holdfast-lock');
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  rmSync(stampFile, { force: true });
  mkdirSync(home, { recursive: true });
  const logFile = join(home, 'npm-ci.log');
  const log = openSync(logFile, 'w');
  try {
    const stdio = ['ignore', log, log];
    const { code } = await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio, signal });
    if (code !== 0) throw new Error(`npm ci failed (its output is in ${logFile}):\n${firstErrors(logFile)}`);
  } finally {
    closeSync(log);
  }
  writeFileSync(stampFile, stamp);
}

/** npm names the cause first and then explains its own options at length. */
function firstErrors(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const errors = lines.filter((line) => line.startsWith('npm error'));
  return (errors.length > 0 ? errors.slice(0, 20) : lines.slice(-20)).join('\n');
}
