import {
  CancellationScope,
  ParentClosePolicy,
  TemporalFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { addDays } from '../../domain/retail/calendar.ts';
import { startClock } from '../../domain/retail/clock.ts';
import { cycleNumberOf, isCycleStart } from '../../domain/retail/offer-cycle.ts';
import { commit, startPacing, waitMs } from '../../domain/retail/pacing.ts';
import { NO_TOTALS, addTotals } from '../../domain/retail/statistics.ts';
import { offerCycleWorkflowId, simulationDayWorkflowId } from '../ids.ts';
import { IS_DEGRADED, OFFER_CYCLE, RUN_STATUS, SIMULATION_DAY, SIMULATION_ID } from '../search-attributes.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../task-queues.ts';
import { databaseRetries } from './activity-options.ts';
import { detailsOf, installControls } from './controls.ts';
import type { SimulationState } from './controls.ts';
import { offerCycle } from './offer-cycle.ts';
import { simulationDay } from './simulation-day.ts';
import type { LivedDay } from './simulation-day.ts';
import type { Carried, SimulationInput, SimulationResult } from '../../domain/retail/simulation-input.ts';
import { withAnotherTry } from './windows.ts';

const { finishSimulation, noteStatus } = proxyActivities<RetailActivities>(databaseRetries);

/**
 * The simulation's clock, as one durable execution. Its story: open the offer cycle that is due; wait until the clock
 * (or an advance, or full speed) reaches the day's 24:00; have the day lived; commit it; go on. Simulated time is the
 * number of committed days, and the wall clock only paces: no day is ever skipped, none is lived twice, and after a
 * crash the story goes on at the same line. At every cycle boundary the execution continues as new, so that its
 * history stays short however long the simulation is.
 */
export async function simulation(input: SimulationInput): Promise<SimulationResult> {
  const { simulationId, days, cycleDays } = input;
  const state: SimulationState = {
    ...(input.carried ?? begin(input)),
    outcome: null,
    messages: 0,
    storedDays: 0,
  };
  installControls(input, state);
  const note = notesOn(input, state);
  const isOver = (): boolean => state.isStopping || state.pacing.committedDays >= days;
  try {
    upsertSearchAttributes([{ key: SIMULATION_ID, value: simulationId }]);
    while (!isOver()) {
      await openDueCycle(input, state);
      await untilDue(state, note);
      if (isOver()) break;
      const before = state.totals;
      const day = await liveDay(input, state);
      state.totals = addTotals(before, day);
      state.pacing = commit(state.pacing, Date.now());
      state.storedDays = day.committedDays ?? 0;
      if (before.failedDays === 0 && state.totals.failedDays > 0) markDegraded();
      upsertSearchAttributes([{ key: SIMULATION_DAY, value: state.pacing.committedDays }]);
      if (isCycleStart(state.pacing.committedDays, cycleDays) && !isOver()) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof simulation>({ ...input, carried: carriedOf(state) });
      }
    }
    state.outcome = state.pacing.committedDays >= days ? 'completed' : 'stopped';
    await finishSimulation({ simulationId, status: state.outcome });
    upsertSearchAttributes([{ key: RUN_STATUS, value: state.outcome }]);
    setCurrentDetails(detailsOf(input, state));
    return { status: state.outcome, committedDays: state.pacing.committedDays, totals: state.totals };
  } catch (error) {
    // Anything else is this code's own mistake, or continues as new: the task is tried again, or the story goes on.
    if (!(error instanceof TemporalFailure)) throw error;
    const isCancelled = isCancellation(error) && CancellationScope.current().consideredCancelled;
    const status = isCancelled ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => finishSimulation({ simulationId, status }));
    throw error;
  }
}

/** Executions that were begun before there was the mark go on without it; docs/runbook.md, "Versions". */
function markDegraded(): void {
  if (patched('mark-degraded')) upsertSearchAttributes([{ key: IS_DEGRADED, value: true }]);
}

/** Opens the offer cycle that the next day lies in, when it is not open yet. */
async function openDueCycle(
  { simulationId, cycleDays }: SimulationInput,
  state: SimulationState,
): Promise<void> {
  const cycleNumber = cycleNumberOf(state.pacing.committedDays, cycleDays);
  if (state.cycleNumber >= cycleNumber) return;
  await withAnotherTry(() =>
    executeChild(offerCycle, {
      args: [{ simulationId, cycleNumber }],
      workflowId: offerCycleWorkflowId(simulationId, cycleNumber),
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `offer cycle ${cycleNumber}`,
      typedSearchAttributes: [{ key: SIMULATION_ID, value: simulationId }],
    }),
  );
  state.cycleNumber = cycleNumber;
  upsertSearchAttributes([{ key: OFFER_CYCLE, value: cycleNumber }]);
}

/** Returns when the next day may be lived, or when the simulation is to stop. */
async function untilDue(state: SimulationState, note: () => Promise<void>): Promise<void> {
  for (;;) {
    // A message that comes while it is noted how things stand is news already.
    const seen = state.messages;
    await note();
    const hasNews = (): boolean => state.messages !== seen;
    const wait = waitMs(state.pacing, Date.now());
    if (state.isStopping || wait === 0 || state.pacing.committedDays < state.storedDays) return;
    if (wait === null) await condition(hasNews);
    else await condition(hasNews, wait, { summary: `until 24:00 of day ${state.pacing.committedDays + 1}` });
  }
}

/** Has the next day lived and committed. */
async function liveDay(input: SimulationInput, state: SimulationState): Promise<LivedDay> {
  const { carried: _carried, takenUpAt: _takenUpAt, ...setting } = input;
  const { simulationId, days } = input;
  const day = state.pacing.committedDays;
  const date = addDays(input.startDate, day);
  return withAnotherTry(() =>
    executeChild(simulationDay, {
      args: [{ ...setting, day, date, totalsBefore: state.totals }],
      workflowId: simulationDayWorkflowId(simulationId, date),
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${date}, day ${day + 1} of ${days}`,
      typedSearchAttributes: [
        { key: SIMULATION_ID, value: simulationId },
        { key: SIMULATION_DAY, value: day },
      ],
    }),
  );
}

/** Tells the Web UI how the simulation stands, and the database when it was paused, resumed or given another pace. */
function notesOn(input: SimulationInput, state: SimulationState): () => Promise<void> {
  let noted = '';
  return async () => {
    setCurrentDetails(detailsOf(input, state));
    const status = state.pacing.clock.isPaused ? 'paused' : 'running';
    const timeScale = String(state.pacing.clock.timeScale);
    if (noted === `${status} ${timeScale}`) return;
    noted = `${status} ${timeScale}`;
    upsertSearchAttributes([{ key: RUN_STATUS, value: status }]);
    // Executions of earlier versions got no answer.
    state.storedDays = (await noteStatus({ simulationId: input.simulationId, status, timeScale })) ?? 0;
  };
}

function begin({ timeScale, catchUp, takenUpAt }: SimulationInput): Carried {
  const { committedDays, cycleNumber, totals } = takenUpAt ?? {
    committedDays: 0,
    cycleNumber: 0,
    totals: NO_TOTALS,
  };
  const pacing = startPacing(startClock(Date.now(), timeScale), catchUp, committedDays);
  return { pacing, cycleNumber, totals, ignoredMessages: 0, requestIds: [], isStopping: false };
}

function carriedOf({
  outcome: _outcome,
  messages: _messages,
  storedDays: _storedDays,
  ...carried
}: SimulationState): Carried {
  return carried;
}
