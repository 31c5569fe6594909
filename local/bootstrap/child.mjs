import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program to its end, whatever the outcome; `output` is what it printed to pipes.
 * @throws Error if it could not be run or was aborted
 */
export function run(command, args, options, onStart = () => {}) {
  const child = spawn(command, args, options);
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
  onStart(child);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} could not run: ${error.message}`)));
    child.once('close', (code, signal) =>
      resolve({ code, signal, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

/** The way a shell counts a program that was ended by a signal. */
export function exitStatus({ code, signal }) {
  return signal ? 128 + constants.signals[signal] : code;
}
