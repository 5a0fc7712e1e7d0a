// The whole architecture in one file: which folder may import which. `npm run check` enforces it.
const LAYERS = {
  domain: [],
  config: ['domain'],
  prisma: ['domain'],
  graphs: ['domain'],
  datasets: ['domain'],
  sandbox: ['domain'],
  examples: ['sandbox'],
  activities: ['domain', 'graphs', 'prisma', 'sandbox'],
  workflows: ['domain', 'activities'],
  workers: ['config', 'domain', 'prisma', 'graphs', 'activities', 'workflows', 'client'],
  client: ['config', 'domain', 'datasets', 'graphs', 'prisma', 'sandbox', 'workflows'],
  recordings: ['domain'],
  stack: ['config', 'domain', 'prisma'],
  cli: ['config', 'domain', 'datasets', 'prisma', 'client', 'recordings', 'sandbox', 'stack', 'workflows'],
};

// What cli and client may take from workflows as values: names and messages, never the stories themselves.
const WORKFLOW_NAMES = '^workflows/.*(ids|task-queues|search-attributes|messages)\\.ts$';

const PACKAGE_HOMES = {
  '@temporalio/workflow': 'workflows|tests',
  '@langchain/': 'graphs|tests',
  '@prisma/': 'prisma|tests|scripts',
  'quickjs-emscripten-core/': 'sandbox',
  'pg/': 'prisma|stack|tests|scripts|proofs',
};

const test = '\\.test\\.ts$';
const forbid = (name, from, to) => ({ name, severity: 'error', from: { pathNot: test, ...from }, to });

const layerRules = Object.entries(LAYERS).map(([folder, may]) =>
  forbid(
    `${folder}-may-import-${may.join('-') || 'nothing'}`,
    { path: `^${folder}(/|\\.ts$)` },
    {
      pathNot: `^(${[folder, ...may].join('|')})(/|\\.ts$)|(^|/)node_modules/`,
      dependencyTypesNot: ['core'],
    },
  ),
);

const packageRules = Object.entries(PACKAGE_HOMES).map(([name, homes]) =>
  forbid(
    `${name.replace(/\/$/, '')}-stays-in-${homes.replaceAll('|', '-')}`,
    { pathNot: [test, `^(${homes})/`] },
    { path: `(^|/)node_modules/${name}` },
  ),
);

export default {
  forbidden: [
    forbid('no-cycles', {}, { circular: true }),
    forbid('no-missing-modules', {}, { couldNotResolve: true }),
    ...layerRules,
    ...packageRules,
    forbid(
      'workflows-see-only-activity-types',
      { path: '^workflows/' },
      { path: '^activities/', dependencyTypesNot: ['type-only'] },
    ),
    forbid('workflows-use-no-node', { path: '^workflows/' }, { dependencyTypes: ['core'] }),
    forbid(
      'callers-see-only-workflow-names',
      { path: '^(cli|client)/' },
      { path: '^workflows/', pathNot: WORKFLOW_NAMES, dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'domain-uses-only-zod',
      { path: '^domain/' },
      { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: '(^|/)node_modules/zod/' },
    ),
    forbid(
      'nobody-imports-tests-scripts-and-proofs',
      { pathNot: [test, '^(tests|scripts|proofs)/'] },
      { path: '^(tests|scripts|proofs)/' },
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/|^prisma/generated/' },
    exclude: { path: '^(dist|\\.mercato)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
