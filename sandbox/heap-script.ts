import { readFileSync } from 'node:fs';
import path from 'node:path';

let text: string | null = null;

/** What stands in a heap beside the strategy (heap/main.ts), as scripts/build.mjs builds it. */
export function heapScript(): string {
  // This file and the bundles in `dist/` both stand one folder below the root.
  text ??= readFileSync(path.join(__dirname, '..', 'dist', 'strategy-heap.js'), 'utf8');
  return text;
}
