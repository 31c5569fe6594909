export * from './books.ts';
export { canonicalColumns, canonicalOf, genesis, nextHash } from './chain.ts';
export * from './journal-writer.ts';
export * from './mirrors.ts';
export * from './reports.ts';
export * from './schema.ts';
export { type SealerState, sealCommitted } from './sealer.ts';
export * from './verify-chain.ts';
