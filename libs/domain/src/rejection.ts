/**
 * The business said no. `code` is stable and part of the API (`<noun>.<reason>`, listed in docs/errors.md);
 * details hold ids, amounts and closed reasons only, since they travel to the caller and into logs.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';

  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

/**
 * The awaited fact is still on its way, since topics are not ordered among each other (rule M-8).
 * From Kafka the message waits; from HTTP the command waits up to 2 s (M-15), then answers 404.
 */
export class NotYet extends Error {
  override readonly name = 'NotYet';

  /** What is unknown, as an error code: `milestone.unknown`. */
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}
