// `npm run check`: format, lint, types and imports, each over every source file or not at all: a check that saw
// fewer files than there are fails, so that a broken configuration can never pass.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.mercato', 'generated', 'coverage']);
const FORMATTED = /\.(ts|mjs|cjs|js|json)$/;

const CHECKS = {
  lint: ({ sources }) => checkLint(sources),
  types: ({ sources }) => checkTypes(sources),
  imports: ({ sources }) => checkImports(sources),
  format: ({ files }) => checkFormat(files),
};

async function main() {
  process.chdir(ROOT);
  mkdirSync('node_modules/.cache/tsc', { recursive: true });
  const files = filesBelow('.');
  const tree = { files, sources: files.filter((file) => file.endsWith('.ts')) };
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CHECKS);
  // Lint takes as long as the others together: one core each.
  const done = await Promise.all([
    inTurn(
      names.filter((name) => name === 'lint'),
      tree,
    ),
    inTurn(
      names.filter((name) => name !== 'lint'),
      tree,
    ),
  ]);
  const failed = done.flat().filter((check) => !check.passed);
  const verdict =
    failed.length === 0 ? 'check passed' : `check failed: ${failed.map(({ name }) => name).join(', ')}`;
  console.log(verdict);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function inTurn(names, tree) {
  const done = [];
  for (const name of names) done.push(await report(name, tree));
  return done;
}

/** Runs one check, prints its line and, when it failed, what it found. */
async function report(name, tree) {
  const start = performance.now();
  const check = CHECKS[name];
  if (check === undefined) throw new Error(`There is no check ${name}: ${Object.keys(CHECKS).join(', ')}.`);
  const { seen, findings } = await check(tree);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = findings === '';
  console.log(
    `${name.padEnd(8)} ${passed ? 'ok    ' : 'FAILED'} ${String(seen).padStart(4)} files ${seconds} s`,
  );
  if (!passed) console.log(findings);
  return { name, passed };
}

async function checkLint(sources) {
  // Without a cache: a typed rule's verdict on one file may change when another file does.
  const { stdout, stderr } = await run('eslint/bin/eslint.js', ['.', '--format', 'json']);
  const results = parse(stdout);
  if (results === null) return { seen: 0, findings: stderr || stdout };
  const findings = results.flatMap(({ filePath, messages }) =>
    messages.map((m) => `  ${relative(filePath)}:${m.line}:${m.column} ${m.message} (${m.ruleId})`),
  );
  const seen = results.map((result) => relative(result.filePath));
  return { seen: seen.length, findings: [...findings, ...unseen(sources, seen)].join('\n') };
}

async function checkTypes(sources) {
  const { stdout } = await run('typescript/bin/tsc', ['--noEmit', '--listFiles', '--pretty', 'false']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  const isFile = (line) => path.isAbsolute(line);
  const seen = lines.filter((line) => isFile(line) && !line.includes('/node_modules/')).map(relative);
  const errors = lines.filter((line) => !isFile(line)).map((line) => `  ${line}`);
  return { seen: seen.length, findings: [...errors, ...unseen(sources, seen)].join('\n') };
}

async function checkImports(sources) {
  const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', '.'];
  const { stdout, stderr } = await run('dependency-cruiser/bin/dependency-cruise.mjs', args);
  const result = parse(stdout);
  if (result === null) return { seen: 0, findings: stderr || stdout };
  const findings = result.summary.violations.map(({ rule, from, to }) => `  ${rule.name}: ${from} → ${to}`);
  const seen = result.modules.map((module) => module.source).filter((source) => sources.includes(source));
  return { seen: seen.length, findings: [...findings, ...unseen(sources, seen)].join('\n') };
}

async function checkFormat(files) {
  const findings = [];
  let seen = 0;
  for (const file of files.filter((name) => FORMATTED.test(name))) {
    const { ignored } = await prettier.getFileInfo(file, { ignorePath: '.prettierignore' });
    if (ignored) continue;
    seen += 1;
    if (!(await isFormatted(file))) findings.push(`  ${file} is not formatted: npm run format`);
  }
  if (seen === 0) findings.push('  no file was checked');
  return { seen, findings: findings.join('\n') };
}

async function isFormatted(file) {
  const options = await prettier.resolveConfig(file);
  return prettier.check(await readFile(file, 'utf8'), { ...options, filepath: file });
}

function unseen(expected, seen) {
  if (expected.length === 0) return ['  there are no source files'];
  const known = new Set(seen);
  return expected.filter((file) => !known.has(file)).map((file) => `  ${file} was not checked`);
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(file);
    return [file];
  });
}

function relative(file) {
  return path.relative(ROOT, file).split(path.sep).join('/');
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function run(program, args) {
  const child = spawn(process.execPath, [path.join('node_modules', program), ...args]);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

await main();
