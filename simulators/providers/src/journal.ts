import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

type Batch = { lines: string[]; done: PromiseWithResolvers<void> };

const NEWLINE = 10;

/**
 * An append-only file of JSON lines. A line is one transaction, so a crash keeps all of it or nothing.
 * Lines that arrive while the disk is busy share the next fsync.
 */
export class Journal {
  readonly #file: FileHandle;
  #open: Batch | undefined;
  #writing: Batch | undefined;
  #failure: unknown;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Replays every whole line, then cuts off the half line a crash may have left. */
  static async open(path: string, replay: (entry: unknown) => void): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    const bytes = await readFile(path);
    const wholeBytes = bytes.lastIndexOf(NEWLINE) + 1;
    for (let from = 0, line = 1; from < wholeBytes; line += 1) {
      const to = bytes.indexOf(NEWLINE, from);
      replay(parseLine(bytes.toString('utf8', from, to), path, line));
      from = to + 1;
    }
    await file.truncate(wholeBytes);
    await file.sync();
    await syncDirectory(dirname(path));
    return new Journal(file);
  }

  append(entry: unknown): void {
    if (this.#failure) throw this.#failure;
    this.#open ??= { lines: [], done: Promise.withResolvers<void>() };
    this.#open.lines.push(`${JSON.stringify(entry, tagBigint)}\n`);
    if (!this.#writing) void this.#drain();
  }

  /** Settles when all that was appended so far is on the disk. */
  flushed(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return (this.#open ?? this.#writing)?.done.promise ?? Promise.resolve();
  }

  async close(): Promise<void> {
    await this.flushed();
    await this.#file.close();
  }

  async #drain(): Promise<void> {
    while (this.#open) {
      const batch = this.#open;
      this.#writing = batch;
      this.#open = undefined;
      batch.done.promise.catch(() => undefined); // Nobody may be waiting for this batch.
      try {
        await this.#file.appendFile(batch.lines.join(''));
        await this.#file.datasync();
        batch.done.resolve();
      } catch (error) {
        // What memory holds is no longer on the disk: nothing may be answered from here on.
        this.#failure = error;
        batch.done.reject(error);
        this.#giveUpOpen(error);
      }
    }
    this.#writing = undefined;
  }

  #giveUpOpen(error: unknown): void {
    const batch = this.#open;
    this.#open = undefined;
    batch?.done.promise.catch(() => undefined);
    batch?.done.reject(error);
  }
}

function parseLine(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text, untagBigint);
  } catch (error) {
    throw new Error(`${path}: line ${line} is whole but is not JSON`, { cause: error });
  }
}

/** A new file is lost with a power cut until its directory is synced too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}

function tagBigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { $bigint: String(value) } : value;
}

function untagBigint(_name: string, value: unknown): unknown {
  const isTagged = typeof value === 'object' && value !== null && '$bigint' in value;
  return isTagged ? BigInt(String(value.$bigint)) : value;
}
