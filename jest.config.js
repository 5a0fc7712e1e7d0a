// Published as ES modules only, or loading a part of itself as one; jest runs CommonJS.
const ESM_PACKAGES = [
  'hyparquet',
  'hyparquet-compressors',
  'hyparquet-writer',
  'fzstd',
  'hysnappy',
  '@prisma/schema-engine-wasm',
  '@jitl/quickjs-wasmfile-release-sync',
];

const shared = {
  testEnvironment: 'node',
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_PACKAGES.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.mercato/'],
  // In Jest's vm context each look-up of a global is slow, which long simulations feel. Nothing that tests replace, and no
  // name that a package gives to something of its own (apache-arrow has a Map).
  sandboxInjectedGlobals: ['Array', 'JSON', 'Math', 'Number', 'Object', 'String'],
};

/** @type {import('jest').Config} */
module.exports = {
  // Most tests wait for servers half of the time.
  maxWorkers: 2,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '<rootDir>/tests/',
        '<rootDir>/proofs/',
        '<rootDir>/prisma/generated/',
      ],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      globalSetup: '<rootDir>/tests/global-setup.ts',
      globalTeardown: '<rootDir>/tests/global-teardown.ts',
    },
    // Short versions of the long proofs; each starts services of its own.
    { ...shared, displayName: 'proofs', testMatch: ['<rootDir>/proofs/**/*.test.ts'] },
  ],
};
