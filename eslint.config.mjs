import tseslint from 'typescript-eslint';

const CONFIG_FILES = ['*.config.{js,mjs,ts}', '.dependency-cruiser.mjs', 'tests/global-*.ts'];
const PURE = 'domain/ and graphs/ are pure';

const impureGlobals = [
  { name: 'process', message: `${PURE}: take the value as an argument.` },
  { name: 'fetch', message: `${PURE}: take the effect as a function.` },
  { name: 'setTimeout', message: `${PURE}: waiting belongs to workflows.` },
  { name: 'setInterval', message: `${PURE}: waiting belongs to workflows.` },
  { name: 'setImmediate', message: `${PURE}: waiting belongs to workflows.` },
  { name: 'performance', message: `${PURE}: take the time as an argument.` },
  { name: 'crypto', message: `${PURE}: take a Random as an argument (domain/random.ts).` },
];
const impureSyntax = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: `${PURE}: take the time as an argument.`,
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: `${PURE}: take the time as an argument.`,
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: `${PURE}: take a Random as an argument (domain/random.ts).`,
  },
];

// Engines differ in the last bit of these, and a digest must not depend on the engine.
const TRANSCENDENTAL = /^(a?cosh?|a?sinh?|a?tanh?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow)$/;
const inexactSyntax = [
  {
    selector: `MemberExpression[object.name='Math'][property.name=${TRANSCENDENTAL}]`,
    message: 'Math differs between engines in the last bit: use domain/math.ts.',
  },
  {
    selector: "BinaryExpression[operator='**'], AssignmentExpression[operator='**=']",
    message: '** differs between engines in the last bit: multiply, or use domain/math.ts.',
  },
];

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.mercato/', 'prisma/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Functions that implement an asynchronous interface may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
    },
  },
  {
    ignores: CONFIG_FILES,
    rules: {
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } },
      ],
    },
  },
  {
    files: ['graphs/**/*.ts', 'domain/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-syntax': ['error', ...impureSyntax],
    },
  },
  {
    files: ['domain/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...impureSyntax, ...inexactSyntax] },
  },
);
