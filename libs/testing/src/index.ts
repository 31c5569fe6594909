export * from './database.ts';
export * from './environment.ts';
export * from './eventually.ts';
