import type { MessageRef } from '@holdfast/messaging';
import fc from 'fast-check';
import type { Mirror } from '../mirror.ts';
import type { Reference } from '../reference.ts';
import type { Milestone } from '../state.ts';

/** A step of a person, a provider or the clock, on both sides. */
export type Step = Readonly<{
  theirs: () => void;
  ours: (message: MessageRef) => Promise<unknown>;
  /** The same, of another body. */
  other?: (message: MessageRef) => Promise<unknown>;
  /** What has no key of its own cannot be repeated under it. */
  isKeyless?: true;
}>;

/** A command of the random sequences. `plan`: what it is to do as things stand; undefined where it means nothing. */
export class Act implements fc.AsyncCommand<Reference, Mirror> {
  constructor(
    private readonly name: string,
    private readonly plan: (model: Reference, mirror: Mirror) => Step | undefined,
  ) {}

  check(model: Readonly<Reference>): boolean {
    return this.plan(model as Reference, undefined as never) !== undefined;
  }

  async run(model: Reference, mirror: Mirror): Promise<void> {
    const step = this.plan(model, mirror)!;
    await mirror.step(model, step, this.name.replace(/\(.*/, ''));
  }

  toString(): string {
    return this.name;
  }
}

/** Which of several: mostly one that can be meant, now and then any. */
export type Pick = Readonly<{ at: number; wild: boolean }>;
export const pick: fc.Arbitrary<Pick> = fc.record({
  at: fc.nat(8),
  wild: fc.nat(9).map((tenth) => tenth < 2),
});

/** Undefined where none can be meant: the command is left out then, and not refused for the hundredth time. */
export function among(
  model: Readonly<Reference>,
  { at, wild }: Pick,
  statuses: readonly Milestone['status'][],
): number | undefined {
  const all = model.milestones.map((_, index) => index);
  const meant = all.filter((index) => statuses.includes(model.milestones[index]!.status));
  return nthOf(wild ? all : meant, at);
}

export const held = ['funded', 'submitted', 'changes_requested', 'refund_pending'] as const;
/** Of what is held, in thousandths; above 1,000 it is too much. */
export const part = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 1, max: 999 }),
  fc.constantFrom(0, 1, 500, 999, 1_000, 1_001, 1_050),
);
export const partOf = (whole: bigint, thousandths: number | undefined): bigint | undefined =>
  thousandths === undefined ? undefined : (whole * BigInt(thousandths)) / 1_000n;
export const nthOf = <T>(all: readonly T[], at: number): T | undefined => all[at % Math.max(1, all.length)];
export const dateOf = (at: Date): string => at.toISOString().slice(0, 10);
