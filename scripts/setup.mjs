// Everything between a fresh clone and the first command; needs nothing but Node and npm. A second run takes a
// fraction of a second. `--quiet` speaks only of what it did, and on stderr.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.mjs';
import { makeOnce, ROOT } from './stamps.mjs';

const run = promisify(execFile);
const isQuiet = process.argv.includes('--quiet');

async function main() {
  if (existsSync(path.join(ROOT, '.env'))) process.loadEnvFile(path.join(ROOT, '.env'));
  await step('packages', installPackages);
  await step('prisma client', generateClient);
  await step('build', buildBundles);
  await step('temporal cli', findTemporal);
}

/** A step says what it did, or null when there was nothing to do. */
async function step(name, work) {
  const start = performance.now();
  const done = await work();
  const line = `${name.padEnd(14)} ${(done ?? 'up to date').padEnd(28)} ${seconds(start)}`;
  if (!isQuiet) console.log(line);
  else if (done !== null) console.error(line);
}

async function installPackages() {
  if (isInstalled()) return null;
  console.error('Installing packages (npm ci), about a minute …');
  const npm = spawn('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  const exitCode = await new Promise((resolve, reject) => npm.once('error', reject).once('close', resolve));
  if (exitCode !== 0) throw new Error(`Installing packages failed: npm ci ended with exit code ${exitCode}.`);
  return 'installed';
}

/** By content, not by date: a checkout or a copy changes dates. */
function isInstalled() {
  const installedFile = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const { '': _root, ...wanted } = JSON.parse(
    readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'),
  ).packages;
  return Object.entries(wanted).every(([name, { version, optional, peer }]) => {
    const isElsewhere = !(name in installed) && (optional || peer);
    return isElsewhere || installed[name]?.version === version;
  });
}

async function generateClient() {
  const make = async () => {
    // The client needs no engine; naming any program keeps `generate` from downloading one.
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
    await run(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], { cwd: ROOT, env });
  };
  const inputs = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
  const outputs = ['prisma/generated/client.ts'];
  return (await makeOnce({ name: 'client', inputs, outputs, make })) ? 'generated' : null;
}

async function buildBundles() {
  const built = await build();
  return built.length === 0 ? null : `built ${built.length} bundles`;
}

async function findTemporal() {
  if (process.env.TEMPORAL_ADDRESS) return null;
  const { findTemporalCli, ensureTemporalCli } = createRequire(import.meta.url)('../dist/temporal-cli.cjs');
  if (findTemporalCli(process.env) !== null) return null;
  console.error('Fetching the Temporal CLI …');
  await ensureTemporalCli(process.env);
  return 'fetched';
}

function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

main().catch((error) => {
  console.error(`Set-up failed: ${error.stderr?.trim() || error.message}`);
  process.exitCode = 1;
});
