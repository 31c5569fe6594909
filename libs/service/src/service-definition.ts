import type { Catalogue } from '@holdfast/events';
import type { Entity } from '@holdfast/messaging';
import type { Constructor } from '@mikro-orm/core';
import type { Migration } from '@mikro-orm/migrations';
import type { z } from 'zod';
import type { ErrorCatalogue } from './errors.ts';

/** What distinguishes one service from another: the first thing in its `<name>.module.ts`. */
export interface ServiceDefinition {
  name: string;
  publishes: Catalogue;
  listensTo: readonly Catalogue[];
  entities: readonly Entity[];
  migrations: readonly { name: string; class: Constructor<Migration> }[];
  /** Rights of the login role on this service's own tables. */
  grants: Readonly<Record<string, string>>;
  /** Whether it keeps a ledger of its own. */
  ledger: boolean;
  errors: ErrorCatalogue;
  /** The settings it owns, with their defaults (AD-15). */
  settings: { schema: z.ZodObject; defaults: Readonly<Record<string, unknown>> };
}
