export * from './agreement.ts';
export * from './marketplace.ts';
export * from './running-system.ts';
export * from './small-charges.ts';
export { newScene, type Scene, type Story } from './stories/acts.ts';
export { stories } from './stories/stories.ts';
export * from './treasury.ts';
export * from './withdrawals.ts';
