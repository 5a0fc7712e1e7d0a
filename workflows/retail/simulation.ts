import {
  CancellationScope,
  ContinueAsNew,
  allHandlersFinished,
  condition,
  continueAsNew,
  executeChild,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { HOURS_PER_DAY, addDays, instantAt } from '../../domain/retail/calendar.ts';
import { parseAdvance, parseEmptyCommand, parseSetScale } from '../../domain/retail/clock-commands.ts';
import type { Parsed } from '../../domain/retail/clock-commands.ts';
import { startClock } from '../../domain/retail/clock.ts';
import type { TimeScale } from '../../domain/retail/clock.ts';
import { cycleNumberOf, isCycleStart } from '../../domain/retail/offer-cycle.ts';
import {
  advanceFromHours,
  advanceTo,
  commit,
  pause,
  resume,
  setTimeScale,
  shownHours,
  startPacing,
  waitMs,
} from '../../domain/retail/pacing.ts';
import { NO_TOTALS, addTotals } from '../../domain/retail/statistics.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { offerCycleWorkflowId, simulationDayWorkflowId } from '../ids.ts';
import { OFFER_CYCLE, RUN_STATUS, SIMULATION_DAY, SIMULATION_ID } from '../search-attributes.ts';
import { databaseRetries } from './activity-options.ts';
import {
  advanceSignal,
  advanceUpdate,
  clockQuery,
  pauseSignal,
  pauseUpdate,
  progressQuery,
  resumeSignal,
  resumeUpdate,
  setScaleSignal,
  setScaleUpdate,
  stopSignal,
  stopUpdate,
} from './messages.ts';
import type { ClockView, ProgressView } from './messages.ts';
import { offerCycle } from './offer-cycle.ts';
import { simulationDay } from './simulation-day.ts';
import type { Carried, SimulationInput, SimulationResult } from './simulation-input.ts';
import { failureReason } from './windows.ts';

const REMEMBERED_REQUESTS = 50;

const { finishSimulation, noteStatus } = proxyActivities<RetailActivities>(databaseRetries);

/**
 * The simulation's clock, as one durable execution. Its story: open the offer cycle that is due; wait until the clock
 * (or an advance, or full speed) reaches the day's 24:00; have the day lived; commit it; go on. Simulated time is the
 * number of committed days, and the wall clock only paces: no day is ever skipped, none is lived twice, and after a
 * crash the story goes on at the same line. At every cycle boundary the execution continues as new, so that its
 * history stays short however long the simulation is.
 */
export async function simulation(input: SimulationInput): Promise<SimulationResult> {
  const { simulationId, startDate, days, cycleDays } = input;
  let { pacing, cycleNumber, totals, ignoredMessages, requestIds } = input.carried ?? begin(input);
  let isStopping = false;
  let status: 'running' | 'completed' | 'stopped' = 'running';
  /** Grows with every message, to wake the wait for the next day. */
  let messages = 0;
  let notedStatus = '';

  const clockView = (): ClockView => {
    const simulatedHours = Math.min(shownHours(pacing, Date.now()), days * HOURS_PER_DAY);
    return {
      simulatedAt: instantAt(startDate, simulatedHours),
      simulatedHours,
      committedDays: pacing.committedDays,
      timeScale: pacing.clock.timeScale,
      isPaused: pacing.clock.isPaused,
      advancingToHours: pacing.advancingToHours,
      lagMs: pacing.lagMs,
    };
  };
  const statusNow = (): ProgressView['status'] => {
    if (status !== 'running') return status;
    if (isStopping) return 'stopping';
    return pacing.clock.isPaused ? 'paused' : 'running';
  };
  const advanceContext = () => ({
    startDate,
    totalDays: days,
    cycleDays,
    fromHours: advanceFromHours(pacing, Date.now()),
  });

  // Each command: how it is parsed, and what it does. Parsing again on arrival keeps signals and updates alike.
  const commands = {
    pause: { parse: parseEmptyCommand, run: () => void (pacing = pause(pacing, Date.now())) },
    resume: { parse: parseEmptyCommand, run: () => void (pacing = resume(pacing, Date.now())) },
    stop: { parse: parseEmptyCommand, run: () => void (isStopping = true) },
    setScale: {
      parse: parseSetScale,
      run: ({ timeScale }: { timeScale: TimeScale }) =>
        void (pacing = setTimeScale(pacing, Date.now(), timeScale)),
    },
    advance: {
      parse: (command: unknown) => parseAdvance(command, advanceContext()),
      run: ({ targetHours }: { targetHours: number }) =>
        void (pacing = advanceTo(pacing, Date.now(), targetHours)),
    },
  };
  type Command<T> = {
    parse: (command: unknown) => Parsed<T & { requestId: string | null }>;
    run: (value: T) => void;
  };
  const carryOut = <T>(command: Command<T>, value: T & { requestId: string | null }): void => {
    if (value.requestId !== null) requestIds = [...requestIds, value.requestId].slice(-REMEMBERED_REQUESTS);
    command.run(value);
    messages += 1;
  };
  const isKnownRequest = (command: unknown): boolean => {
    const requestId = (command as { requestId?: unknown } | null | undefined)?.requestId;
    return typeof requestId === 'string' && requestIds.includes(requestId);
  };
  const onUpdate = <T>(command: Command<T>) => ({
    handler: (message: unknown): ClockView => {
      const parsed = command.parse(message);
      if (!isKnownRequest(message) && parsed.type === 'ok') carryOut(command, parsed.value);
      return clockView();
    },
    validator: (message: unknown): void => {
      if (isKnownRequest(message)) return;
      const parsed = command.parse(message);
      if (parsed.type === 'rejected') throw new Error(parsed.reason);
    },
  });
  const onSignal =
    <T>(name: string, command: Command<T>) =>
    (message: unknown): void => {
      if (isKnownRequest(message)) return;
      const parsed = command.parse(message);
      if (parsed.type === 'ok') return carryOut(command, parsed.value);
      ignoredMessages += 1;
      log.warn('Ignored a signal', { signal: name, reason: parsed.reason });
    };

  const pauseHandlers = onUpdate(commands.pause);
  setHandler(pauseUpdate, pauseHandlers.handler, {
    validator: pauseHandlers.validator,
    description: 'Stop the clock at the next barrier.',
  });
  const resumeHandlers = onUpdate(commands.resume);
  setHandler(resumeUpdate, resumeHandlers.handler, {
    validator: resumeHandlers.validator,
    description: 'Let the clock go on.',
  });
  const stopHandlers = onUpdate(commands.stop);
  setHandler(stopUpdate, stopHandlers.handler, {
    validator: stopHandlers.validator,
    description: 'End after the day that is being lived.',
  });
  const scaleHandlers = onUpdate(commands.setScale);
  setHandler(setScaleUpdate, scaleHandlers.handler, {
    validator: scaleHandlers.validator,
    description: '{ timeScale: number | "max" }',
  });
  const advanceHandlers = onUpdate(commands.advance);
  setHandler(advanceUpdate, advanceHandlers.handler, {
    validator: advanceHandlers.validator,
    description: 'One of { hours }, { days }, { cycles }, { until }',
  });
  setHandler(pauseSignal, onSignal('pause', commands.pause));
  setHandler(resumeSignal, onSignal('resume', commands.resume));
  setHandler(stopSignal, onSignal('stop', commands.stop));
  setHandler(setScaleSignal, onSignal('setScale', commands.setScale));
  setHandler(advanceSignal, onSignal('advance', commands.advance));
  setDefaultSignalHandler((name) => {
    ignoredMessages += 1;
    log.warn('Ignored an unknown signal', { signal: name });
  });
  setHandler(clockQuery, clockView);
  setHandler(progressQuery, () => ({
    simulationId,
    status: statusNow(),
    committedDays: pacing.committedDays,
    totalDays: days,
    simulatedDate: addDays(startDate, pacing.committedDays),
    cycleNumber,
    totals,
    ignoredMessages,
  }));

  /** Tells the Web UI and the database how the simulation stands, when that has changed. */
  const note = async (): Promise<void> => {
    setCurrentDetails(detailsOf(input, clockView(), cycleNumber, statusNow(), totals));
    const current = pacing.clock.isPaused ? 'paused' : 'running';
    const noted = `${current} ${pacing.clock.timeScale}`;
    if (noted === notedStatus) return;
    notedStatus = noted;
    upsertSearchAttributes([{ key: RUN_STATUS, value: current }]);
    await noteStatus({ simulationId, status: current, timeScale: String(pacing.clock.timeScale) });
  };

  /** Returns when the next day may be lived, or when the simulation is to stop. */
  const untilDue = async (): Promise<void> => {
    for (;;) {
      await note();
      const seen = messages;
      const wait = waitMs(pacing, Date.now());
      if (isStopping || wait === 0) return;
      if (wait === null) await condition(() => messages !== seen);
      else
        await condition(() => messages !== seen, wait, {
          summary: `until 24:00 of day ${pacing.committedDays + 1}`,
        });
    }
  };

  try {
    upsertSearchAttributes([
      { key: SIMULATION_ID, value: simulationId },
      { key: SIMULATION_DAY, value: pacing.committedDays },
    ]);
    while (pacing.committedDays < days && !isStopping) {
      const day = pacing.committedDays;
      const date = addDays(startDate, day);
      if (cycleNumber < cycleNumberOf(day, cycleDays)) {
        cycleNumber = cycleNumberOf(day, cycleDays);
        await withAnotherTry(() =>
          executeChild(offerCycle, {
            args: [{ simulationId, cycleNumber }],
            workflowId: offerCycleWorkflowId(simulationId, cycleNumber),
            parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
            staticSummary: `offer cycle ${cycleNumber}`,
            typedSearchAttributes: [{ key: SIMULATION_ID, value: simulationId }],
          }),
        );
        upsertSearchAttributes([{ key: OFFER_CYCLE, value: cycleNumber }]);
      }
      await untilDue();
      if (isStopping) break;
      const { carried: _, ...setting } = input;
      const lived = await withAnotherTry(() =>
        executeChild(simulationDay, {
          args: [{ ...setting, day, date, totalsBefore: totals }],
          workflowId: simulationDayWorkflowId(simulationId, date),
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `${date}, day ${day + 1} of ${days}`,
          typedSearchAttributes: [
            { key: SIMULATION_ID, value: simulationId },
            { key: SIMULATION_DAY, value: day },
          ],
        }),
      );
      totals = addTotals(totals, lived);
      pacing = commit(pacing, Date.now());
      upsertSearchAttributes([{ key: SIMULATION_DAY, value: pacing.committedDays }]);
      if (isCycleStart(pacing.committedDays, cycleDays) && pacing.committedDays < days && !isStopping) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof simulation>({
          ...input,
          carried: { pacing, cycleNumber, totals, ignoredMessages, requestIds },
        });
      }
    }
    status = pacing.committedDays >= days ? 'completed' : 'stopped';
    await finishSimulation({ simulationId, status });
    upsertSearchAttributes([{ key: RUN_STATUS, value: status }]);
    setCurrentDetails(detailsOf(input, clockView(), cycleNumber, status, totals));
    return { status, committedDays: pacing.committedDays, totals };
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const ended =
      isCancellation(error) && CancellationScope.current().consideredCancelled ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => finishSimulation({ simulationId, status: ended }));
    throw error;
  }
}

const TRIES = 3;

/**
 * Starts a child again when somebody ended it from outside: what it has done is stored and only read back. Our own
 * cancellation goes through.
 */
async function withAnotherTry<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === TRIES) throw error;
      log.warn('A child execution ended without an answer; starting it again', {
        reason: failureReason(error),
      });
    }
  }
}

function begin(input: SimulationInput): Carried {
  const pacing = startPacing(startClock(Date.now(), input.timeScale), input.catchUp);
  return { pacing, cycleNumber: 0, totals: NO_TOTALS, ignoredMessages: 0, requestIds: [] };
}

/** What the Web UI shows at the top of the execution's page. */
function detailsOf(
  input: SimulationInput,
  clock: ClockView,
  cycleNumber: number,
  status: string,
  totals: DayTotals,
): string {
  const money = (cents: number): string => (cents / 100).toFixed(2);
  return [
    `**${status}**, day ${clock.committedDays} of ${input.days}, offer cycle ${cycleNumber}, simulated date ${addDays(input.startDate, clock.committedDays)}`,
    '',
    '| shopping days | sessions | orders | abandoned | redemptions | net revenue | failed days |',
    '|---|---|---|---|---|---|---|',
    `| ${totals.shoppingDays} | ${totals.sessions} | ${totals.orders} | ${totals.abandoned} | ${totals.redemptions} | ${money(totals.totalCents)} | ${totals.failedDays} |`,
    '',
    `time scale ${clock.timeScale}, lag ${Math.round(clock.lagMs / 1000)} s`,
  ].join('\n');
}
