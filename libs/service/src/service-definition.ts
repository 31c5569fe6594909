import type { Catalogue } from '@holdfast/events';
import type { Entity, Follows } from '@holdfast/messaging';
import type { Constructor } from '@mikro-orm/core';
import type { Migration } from '@mikro-orm/migrations';
import type { z } from 'zod';
import type { AdjustableAccounts } from './adjustment.ts';
import type { ErrorCatalogue } from './errors.ts';
import type { OwnProof } from './own-proof.ts';
import type { MovementSource } from './proof-movements.ts';

/** The two ledgers, as their accounts begin (AD-3). */
export type Ledger = 'E' | 'P';

/** What distinguishes one service from another: the first thing in its `<name>.module.ts`. */
export interface ServiceDefinition {
  name: string;
  publishes: Catalogue;
  listensTo: readonly Catalogue[];
  /** Which command, or commands, each event of others becomes: what `kafka.controller.ts` does, for the proof (I7). */
  handles: Readonly<Record<string, string | readonly string[]>>;
  entities: readonly Entity[];
  migrations: readonly { name: string; class: Constructor<Migration> }[];
  /** Rights of the login role on this service's own tables. */
  grants: Readonly<Record<string, string>>;
  /** The ledger that it keeps, if any. */
  ledger: Ledger | false;
  /** What else belongs into each of its transactions, by what they publish. */
  follows?: Follows;
  /** Its movements of money at providers, for the proof (M-3; docs/proof.md). */
  movements?: readonly MovementSource[];
  /** What else of its own tables must add up, for the proof (docs/proof.md). */
  proofs?: readonly OwnProof[];
  /** What of its ledger is corrected by hand (M-24). */
  adjustable?: AdjustableAccounts;
  errors: ErrorCatalogue;
  /** The settings it owns, with their defaults (AD-15). */
  settings: { schema: z.ZodObject; defaults: Readonly<Record<string, unknown>> };
}
