export * from './agreement.ts';
export * from './marketplace.ts';
export * from './running-system.ts';
export * from './stories.ts';
export * from './treasury.ts';
export * from './withdrawals.ts';
