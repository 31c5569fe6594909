/** Injection tokens of what `startService` builds before Nest: see service-module.ts. */
export const CONFIG = Symbol('config');
export const DEFINITION = Symbol('definition');
export const POOL = Symbol('pool');
export const BREAKERS = Symbol('breakers');
