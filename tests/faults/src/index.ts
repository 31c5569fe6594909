export * from './invariants.ts';
export * from './load.ts';
export * from './patient-people.ts';
export * from './rig.ts';
export * from './topics.ts';
