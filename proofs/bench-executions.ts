// What Temporal has recorded of a simulation: how long its days took, how many executions, transitions and events.
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';

export type Executions = {
  readonly executions: number;
  /** From the start of each simulated day's execution to its end, planning and commit included. */
  readonly daySeconds: readonly number[];
  /** The part of it in which it is decided who shops. */
  readonly planSeconds: readonly number[];
  /** Closing and dealing of coupons at each cycle boundary. */
  readonly cycleSeconds: readonly number[];
  readonly stateTransitions: number;
  /** Largest number of events by workflow type. */
  readonly largestHistory: Readonly<Record<string, number>>;
};

export async function readExecutions(temporal: Client, simulationId: string): Promise<Executions> {
  const query = `SimulationId = '${simulationId}'`;
  await untilAllAreClosed(temporal, query);
  const infos: WorkflowExecutionInfo[] = [];
  for await (const info of temporal.workflow.list({ query })) infos.push(info);
  const days = infos.filter((info) => info.type === 'simulationDay');
  const largestHistory: Record<string, number> = {};
  for (const { type, historyLength } of infos)
    largestHistory[type] = Math.max(largestHistory[type] ?? 0, historyLength);
  return {
    executions: infos.length,
    daySeconds: days.map(secondsOf),
    planSeconds: await Promise.all(days.map((day) => planSecondsOf(temporal, day))),
    cycleSeconds: infos.filter((info) => info.type === 'offerCycle').map(secondsOf),
    stateTransitions: infos.reduce((sum, { raw }) => sum + Number(raw.stateTransitionCount ?? 0), 0),
    largestHistory,
  };
}

/** Visibility is told of an end a moment later. */
async function untilAllAreClosed(temporal: Client, query: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { count } = await temporal.workflow.count(`${query} AND ExecutionStatus = 'Running'`);
    if (count === 0) return;
    if (Date.now() > deadline) throw new Error(`${count} executions still run after the simulation's end.`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function secondsOf({ startTime, closeTime }: WorkflowExecutionInfo): number {
  return (closeTime!.getTime() - startTime.getTime()) / 1000;
}

async function planSecondsOf(
  temporal: Client,
  { workflowId, runId }: WorkflowExecutionInfo,
): Promise<number> {
  const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  const scheduled = events?.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'planDay',
  );
  const completed = events?.find((event) =>
    event.activityTaskCompletedEventAttributes?.scheduledEventId?.eq(scheduled?.eventId ?? 0),
  );
  const msOf = (event: typeof scheduled): number =>
    Number(event?.eventTime?.seconds ?? 0) * 1000 + (event?.eventTime?.nanos ?? 0) / 1e6;
  return (msOf(completed) - msOf(scheduled)) / 1000;
}
