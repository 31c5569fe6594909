/**
 * A case that cannot be played as it is written. `path` says where in the YAML, the message names the word.
 */
export class CaseError extends Error {
  override readonly name = 'CaseError';

  constructor(
    readonly path: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
