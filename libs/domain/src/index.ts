export * from './banking-days.ts';
export * from './doubt.ts';
export * from './journal.ts';
export * from './money.ts';
export * from './rejection.ts';
export * from './rounding.ts';
export * from './time.ts';
