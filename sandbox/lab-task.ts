// One run with a strategy in a sandbox, in the process that this is called in.
import { labRun, unfinishedRun } from '../domain/lab/run.ts';
import { atSize } from '../domain/lab/sized-strategy.ts';
import { randomTrader } from '../domain/market/strategies/random-trader.ts';
import type { LabResult, LabTask } from './lab-job.ts';
import { SandboxFailure } from './sandbox.ts';
import type { SandboxedStrategy, StrategySandbox } from './sandbox.ts';

/** @param sandbox a new heap is opened in it and closed again */
export function runLabTask(
  sandbox: StrategySandbox,
  { strategy, config, seed, size = 1, luck }: LabTask,
): LabResult {
  if (strategy === null) {
    const own = luck === undefined ? null : randomTrader(luck);
    return { ...labRun(config, seed, own), fuelUsed: null };
  }
  let opened: SandboxedStrategy;
  try {
    opened = sandbox.open(strategy.compiled, { seed, parameters: strategy.parameters });
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    const message = `The strategy could not be loaded: ${error.message}`;
    const ended = { type: 'failed', reason: error.reason, message, account: null } as const;
    return { ...unfinishedRun(seed, ended), fuelUsed: null };
  }
  try {
    const run = labRun(config, seed, atSize(opened, size));
    return { ...run, fuelUsed: sandbox.kind === 'direct' ? null : opened.fuelUsed };
  } finally {
    opened.dispose();
  }
}
