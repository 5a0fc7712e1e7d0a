// What Temporal has recorded of a simulation: nothing may still run, no workflow task may have failed, and every
// history must replay on today's code.
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { RandomKey } from '../domain/random.ts';

// A history that does not replay is reported here, once.
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

export type HistoryCheck = {
  /** How many there are; of very many shopping days only a part is read and replayed. */
  readonly executions: number;
  readonly running: number;
  /** Failed, not timed out: a timeout is what the death of a worker leaves. */
  readonly failedWorkflowTasks: number;
  /** Largest number of events by workflow type. */
  readonly largest: Readonly<Record<string, number>>;
  readonly replayed: number;
  /** Executions whose history this code cannot have written, with the reason. */
  readonly notReplayable: readonly string[];
};

// This folder and the bundle both stand one folder below the root.
const WORKFLOW_BUNDLE = path.join(__dirname, '..', 'dist', 'workflow-bundle.js');

/** Histories of shopping days are alike; of very many, this many are drawn. All others are read. */
const SHOPPING_DAYS_READ = 2_000;

export async function checkHistories(temporal: Client, query: string): Promise<HistoryCheck> {
  const { count: running } = await temporal.workflow.count(`${query} AND ExecutionStatus = 'Running'`);
  const { count: executions } = await temporal.workflow.count(query);
  const { count: shoppingDays } = await temporal.workflow.count(`${query} AND WorkflowType = 'shoppingDay'`);
  const share = SHOPPING_DAYS_READ / Math.max(1, shoppingDays);
  let failedWorkflowTasks = 0;
  let replayed = 0;
  const largest: Record<string, number> = {};
  const notReplayable: string[] = [];

  async function* histories(): AsyncGenerator<{ workflowId: string; history: unknown }> {
    for await (const { workflowId, runId, type } of temporal.workflow.list({ query })) {
      if (type === 'shoppingDay' && RandomKey.of(workflowId).uniform() > share) continue;
      const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
      const events = history.events ?? [];
      failedWorkflowTasks += events.filter((event) => event.workflowTaskFailedEventAttributes != null).length;
      largest[type] = Math.max(largest[type] ?? 0, events.length);
      yield { workflowId, history };
    }
  }
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: WORKFLOW_BUNDLE }, workflowThreadPoolSize: 1 },
    histories(),
  );
  for await (const { workflowId, error } of results) {
    if (error === undefined) replayed += 1;
    else notReplayable.push(`${workflowId}: ${error.message}`);
  }
  return { executions, running, failedWorkflowTasks, largest, replayed, notReplayable };
}
