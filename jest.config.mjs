const swc = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** The suffix tells what a test needs: nothing, a database or broker, or the running services. */
const kind = (displayName, testRegex, more = {}) => ({
  displayName,
  rootDir: import.meta.dirname,
  roots: ['libs', 'services', 'simulators', 'local', 'tests'].map((root) => `<rootDir>/${root}`),
  testRegex,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['holdfast-source', 'node'] },
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/.holdfast/', '/.nx/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  ...more,
});

export default {
  // A limit for what hangs, not for what is slow: the machine may be busy.
  testTimeout: 120_000,
  projects: [
    kind('unit', '(?<!\\.int|\\.e2e|\\.fault|\\.pact)\\.spec\\.ts$'),
    // What consumers need of producers; written before the producers' tests read it (AD-8).
    kind('pact', '\\.pact\\.spec\\.ts$'),
    kind('int', '\\.int\\.spec\\.ts$'),
    kind('e2e', '\\.e2e\\.spec\\.ts$'),
    kind('fault', '\\.fault\\.spec\\.ts$'),
  ],
};
