import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';

/** How a program of PostgreSQL is run: none of them agrees to run as root. */
export interface PostgresUser {
  uid?: number;
  gid?: number;
  /** Stands before the program's own command line. */
  prefix: readonly string[];
  /** Hands a file or folder over to that user. */
  own(path: string): void;
}

/**
 * As an ordinary user: that user. As root: the user `postgres`, who is created if absent.
 * @param paths what that user must reach
 * @throws Error with one sentence, if that user cannot be created or cannot reach a path
 */
export function postgresUser(paths: readonly string[]): PostgresUser {
  if (process.getuid?.() !== 0) return { prefix: [], own: () => {} };
  const uid = idOf('-u') ?? createdUser();
  const gid = idOf('-g') as number;
  const own = (path: string): void => chownSync(path, uid, gid);
  const reaches = (path: string): boolean =>
    spawnSync('test', ['-x', path], { uid, gid, cwd: '/' }).status === 0;
  const closed = paths.find((path) => !reaches(path));
  if (closed === undefined) return { uid, gid, prefix: [], own };

  // A clone under /root, say, which others may not enter: this one right of root then goes along.
  const right = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const prefix = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...right];
  if (spawnSync('setpriv', [...prefix.slice(1), 'test', '-x', closed], { cwd: '/' }).status === 0) {
    return { prefix, own };
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user postgres cannot reach ${closed}: ` +
      'run this as an ordinary user, or from a folder that others may enter.',
  );
}

function idOf(flag: '-u' | '-g'): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

function createdUser(): number {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'pipe' });
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new Error(`PostgreSQL does not run as root, and the user postgres could not be created: ${why}`);
  }
  return idOf('-u') as number;
}
