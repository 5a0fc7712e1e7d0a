// One run with a strategy in a sandbox, in the process that this is called in.
import { labRun, unfinishedRun } from '../domain/lab/run.ts';
import type { LabResult, LabTask } from './lab-job.ts';
import { SandboxFailure } from './sandbox.ts';
import type { SandboxedStrategy, StrategySandbox } from './sandbox.ts';

/** @param sandbox a new heap is opened in it and closed again */
export function runLabTask(sandbox: StrategySandbox, { strategy, config, seed }: LabTask): LabResult {
  if (strategy === null) return { ...labRun(config, seed, null), fuelUsed: null };
  let opened: SandboxedStrategy;
  try {
    opened = sandbox.open(strategy.compiled, { seed, parameters: strategy.parameters });
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    const message = `The strategy could not be loaded: ${error.message}`;
    return { ...unfinishedRun(seed, { type: 'failed', reason: error.reason, message }), fuelUsed: null };
  }
  try {
    const run = labRun(config, seed, opened);
    return { ...run, fuelUsed: sandbox.kind === 'direct' ? null : opened.fuelUsed };
  } finally {
    opened.dispose();
  }
}
