// The process that runs market and strategy together (child-pool.ts starts it). It has no environment, no files but its own
// code, and no work but what its parent sends it.
import type { FromChild, LabStrategy, ToChild } from './lab-job.ts';
import { runLabTask } from './lab-task.ts';
import { createSandbox } from './create-sandbox.ts';
import type { StrategySandbox } from './sandbox.ts';

let sandbox: StrategySandbox | null = null;
let strategy: LabStrategy | null = null;

async function answer({ kind, limits, task, ...rest }: ToChild): Promise<FromChild> {
  if (rest.strategy !== undefined) strategy = rest.strategy;
  sandbox ??= await createSandbox(strategy === null ? 'direct' : kind);
  return { type: 'result', result: runLabTask(sandbox, { strategy, ...task }, limits) };
}

process.on('message', (message: ToChild) => {
  void answer(message)
    .catch((error: unknown): FromChild => ({ type: 'broken', message: String(error) }))
    .then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));
