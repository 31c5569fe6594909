export * from './access-tokens.ts';
export * from './notice-alarms.ts';
export * from './notice-deadline.ts';
export * from './notices.controller.ts';
export * from './provider-client.ts';
export * from './provider-notice.table.ts';
export * from './receive-notice.ts';
export * from './work.ts';
