// The process that runs market and strategy together (child-process.ts starts it). It has no environment, no files but its own
// code, and no work but what its parent sends it.
import { createHash } from 'node:crypto';
import { createSandbox } from './create-sandbox.ts';
import type { FromChild, LabStrategy, ToChild } from './lab-job.ts';
import { runLabTask } from './lab-task.ts';
import type { StrategySandbox } from './sandbox.ts';

let sandbox: StrategySandbox | null = null;
let strategy: LabStrategy | null = null;

async function answer(message: ToChild): Promise<FromChild> {
  if (message.type === 'inspect') return { type: 'inspection', fingerprint: fingerprintOf(globalThis) };
  const { kind, limits, task } = message;
  if (message.strategy !== undefined) strategy = message.strategy;
  sandbox ??= await createSandbox(strategy === null ? 'direct' : kind, limits);
  return { type: 'result', result: runLabTask(sandbox, { strategy, ...task }) };
}

/** Of the names, flags and code of everything that a value leads to. */
function fingerprintOf(root: object): string {
  const hash = createHash('sha256');
  const seen = new Map<unknown, number>();
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.set(value, seen.size);
    if (typeof value === 'function') hash.update(Function.prototype.toString.call(value));
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      // Counters and caches of Node change by themselves; built-ins are functions, and what holds them.
      const parts: unknown[] = [descriptor?.value, descriptor?.get, descriptor?.set];
      hash.update(`${String(key)} ${typeof descriptor?.value} ${descriptor?.writable}`);
      waiting.push(...parts.filter((part) => typeof part === 'function'));
    }
    waiting.push(Reflect.getPrototypeOf(value));
  }
  return hash.digest('hex');
}

process.on('message', (message: ToChild) => {
  void answer(message)
    .catch((error: unknown): FromChild => ({ type: 'broken', message: String(error) }))
    .then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));
