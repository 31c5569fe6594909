export * from './catalogue.ts';
export * from './contracts.ts';
export * from './escrow.ts';
export * from './payouts.ts';
export * from './settings.ts';
export * from './wire.ts';
