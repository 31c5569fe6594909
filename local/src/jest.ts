import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './system.ts';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs projects of jest.config.mjs and counts their tests; a run that breaks off counts as one failure. */
export async function runJest(
  projects: readonly string[],
  args: readonly string[],
  env: Record<string, string>,
): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-jest-'));
  const outputFile = join(folder, 'totals.json');
  const command = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(projectRoot, 'node_modules/jest/bin/jest.js'),
    `--selectProjects=${projects[0]}`,
    ...projects.slice(1),
    '--json',
    `--outputFile=${outputFile}`,
    '--passWithNoTests',
    '--forceExit',
    ...args,
  ];
  try {
    await new Promise<void>((resolve) => {
      const child = spawn(process.execPath, command, {
        cwd: projectRoot,
        env: { ...process.env, ...env },
        // The JSON goes to the file; the reporter writes to stderr.
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      child.once('close', () => resolve());
    });
    const report = JSON.parse(readFileSync(outputFile, 'utf8'));
    const broken = report.numRuntimeErrorTestSuites as number;
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The closing line, alone on its line; also what a machine reads. Nothing at all is no success. */
export function reportTotals(parts: readonly Totals[], patterns: readonly string[]): number {
  const sum = (name: keyof Totals): number => parts.reduce((total, part) => total + part[name], 0);
  if (sum('passed') + sum('failed') + sum('skipped') === 0) {
    console.error(`\nNo test was found for: ${patterns.join(' ') || 'every file'}`);
  }
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}
