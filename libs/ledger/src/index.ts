export * from './journal-writer.ts';
export * from './reports.ts';
export * from './schema.ts';
