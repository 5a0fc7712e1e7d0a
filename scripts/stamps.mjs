// What was made from which sources: a step runs again only when the content of its inputs has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
// Among the packages, because other versions of the tools make other results.
const STAMPS = path.join(ROOT, 'node_modules', '.cache', 'mercato');

/** Makes `outputs` from `inputs` (files, or folders with their sources) and says whether that was necessary. */
export async function makeOnce({ name, inputs, outputs, make }) {
  const stamp = path.join(STAMPS, name);
  const digest = digestOf(inputs);
  const isMade = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (isMade && outputs.every((file) => existsSync(path.join(ROOT, file)))) return false;
  await make();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, digest);
  return true;
}

/** A process that starts at this moment reads the old file or the new one, never half of it. */
export function replaceFile(file, content) {
  const target = path.join(ROOT, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(`${target}.${process.pid}`, content);
  renameSync(`${target}.${process.pid}`, target);
}

function digestOf(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(sourcesBelow).sort()) {
    hash.update(`${file}\n`).update(readFileSync(path.join(ROOT, file)));
  }
  return hash.digest('hex');
}

function sourcesBelow(input) {
  const entries = existsSync(path.join(ROOT, input)) ? list(input) : [];
  return entries.filter((file) => !file.endsWith('.test.ts') && !file.includes('/generated/'));
}

function list(input) {
  if (path.extname(input) !== '') return [input];
  const entries = readdirSync(path.join(ROOT, input), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)));
}
