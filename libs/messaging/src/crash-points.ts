/** Where a fault test may kill the process (docs/reliability.md); a production start refuses `CRASH_AT` (AD-21). */
export type CrashPoint =
  | 'commit.before'
  | 'commit.after'
  | 'relay.before_publish'
  | 'relay.after_ack'
  | 'consumer.after_commit'
  | 'provider.after_answer';

let [wanted, passesLeft, wantedType] = parse(process.env.CRASH_AT);

/**
 * Kills the process with SIGKILL at the n-th pass of `CRASH_AT=<name>:<n>`, or of `<name>:<n>:<type>` at the n-th pass
 * with an event of that type among those that are sent or applied.
 */
export function crashPoint(name: CrashPoint, types: readonly string[] = []): void {
  if (name !== wanted) return;
  if (wantedType && !types.some((type) => type.startsWith(`${wantedType}.v`))) return;
  passesLeft -= 1;
  if (passesLeft <= 0) process.kill(process.pid, 'SIGKILL');
}

function parse(text: string | undefined): [string | undefined, number, string | undefined] {
  const [name, passes, type] = text?.split(':') ?? [];
  return [name, Number(passes ?? 1), type];
}

/** For tests inside one process. */
export function armCrashPoint(name: CrashPoint | undefined, passes = 1, type?: string): void {
  [wanted, passesLeft, wantedType] = [name, passes, type];
}
