export * from './control-port.ts';
