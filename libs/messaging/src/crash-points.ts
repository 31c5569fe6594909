/** Where a fault test may kill the process (docs/reliability.md); a production start refuses `CRASH_AT` (AD-21). */
export type CrashPoint =
  | 'commit.before'
  | 'commit.after'
  | 'relay.before_publish'
  | 'relay.after_ack'
  | 'consumer.after_commit'
  | 'provider.after_answer';

let [wanted, passesLeft] = parse(process.env.CRASH_AT);

/** Kills the process with SIGKILL at the n-th pass of `CRASH_AT=<name>:<n>`. */
export function crashPoint(name: CrashPoint): void {
  if (name !== wanted) return;
  passesLeft -= 1;
  if (passesLeft <= 0) process.kill(process.pid, 'SIGKILL');
}

function parse(text: string | undefined): [string | undefined, number] {
  const [name, passes] = text?.split(':') ?? [];
  return [name, Number(passes ?? 1)];
}

/** For tests inside one process. */
export function armCrashPoint(name: CrashPoint | undefined, passes = 1): void {
  [wanted, passesLeft] = [name, passes];
}
