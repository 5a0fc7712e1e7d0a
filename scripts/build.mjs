// Builds what runs: one bundle for each kind of process, and one of the workflows for Temporal's sandbox.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeOnce, replaceFile, ROOT } from './stamps.mjs';

const PROCESSES = {
  'dist/mercato.cjs': 'cli/main.ts',
  'dist/worker.cjs': 'workers/main.ts',
  'dist/temporal-cli.cjs': 'stack/temporal-cli.ts',
  'dist/lab-child.cjs': 'sandbox/child.ts',
  // As a bundle, since the loader of TypeScript makes every constant of another file a call.
  'dist/bench-book.cjs': 'proofs/bench-book.ts',
  'dist/bench-market.cjs': 'proofs/bench-market.ts',
  'dist/bench-lab.cjs': 'proofs/bench-lab.ts',
};
const WORKFLOWS = { output: 'dist/workflow-bundle.js', entry: 'workflows/index.ts' };
/** Runs in a strategy's heap, where there is nothing: a script without modules. */
const HEAP = { output: 'dist/strategy-heap.js', entry: 'sandbox/heap/main.ts' };
const FOLDERS = [
  'activities',
  'cli',
  'client',
  'datasets',
  'domain',
  'graphs',
  'prisma',
  'proofs',
  'recordings',
  'sandbox',
  'stack',
  'workers',
  'workflows',
];
const COMMON = ['package-lock.json', 'scripts/build.mjs'];
/** What `bench:market` measures against. */
const NAIVE = ['tests/naive-book.ts', 'tests/naive-market.ts'];

// Published as ES modules only: bundled, so that nothing needs `require` of an ES module.
const BUNDLED_PACKAGES = new Set(['hyparquet', 'hyparquet-compressors', 'hyparquet-writer']);

/** Returns the files that were built; none when no source has changed. */
export async function build() {
  const built = [];
  const processes = Object.entries(PROCESSES).filter(([, entry]) => existsSync(path.join(ROOT, entry)));
  const outputs = processes.map(([output]) => output);
  const sources = [...FOLDERS, ...COMMON, ...NAIVE, 'config.ts', 'prisma/schema.prisma'];
  const make = () => bundleProcesses(processes);
  if (await makeOnce({ name: 'processes', inputs: sources, outputs, make })) built.push(...outputs);

  const heap = { name: 'heap', inputs: ['sandbox', 'domain', ...COMMON], outputs: [HEAP.output] };
  if (await makeOnce({ ...heap, make: bundleHeap })) built.push(HEAP.output);

  const { output, entry } = WORKFLOWS;
  const inputs = ['workflows', 'activities', 'domain', ...COMMON];
  if (
    await makeOnce({
      name: 'workflows',
      inputs,
      outputs: [output],
      make: () => bundleWorkflows(output, entry),
    })
  ) {
    built.push(output);
  }
  return built;
}

async function bundleProcesses(processes) {
  const esbuild = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const external = Object.keys(dependencies).filter((name) => !BUNDLED_PACKAGES.has(name));
  for (const [output, entry] of processes) {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: ROOT,
      entryPoints: [entry],
      outfile: output,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      sourcemap: true,
      external,
      write: false,
      logLevel: 'warning',
    });
    for (const file of outputFiles) replaceFile(path.relative(ROOT, file.path), file.contents);
  }
}

async function bundleHeap() {
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [HEAP.entry],
    outfile: HEAP.output,
    bundle: true,
    platform: 'neutral',
    target: 'es2022',
    format: 'iife',
    write: false,
    logLevel: 'warning',
  });
  for (const file of outputFiles) replaceFile(path.relative(ROOT, file.path), file.contents);
}

async function bundleWorkflows(output, entry) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const logger = new DefaultLogger('ERROR');
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(ROOT, entry), logger });
  replaceFile(output, code);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const built = await build();
  console.log(built.length === 0 ? 'Everything is up to date.' : `Built ${built.join(', ')}.`);
}
