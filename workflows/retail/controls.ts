import { currentUpdateInfo, log, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { HOURS_PER_DAY, addDays, instantAt } from '../../domain/retail/calendar.ts';
import { parseAdvance, parseEmptyCommand, parseSetScale } from '../../domain/retail/clock-commands.ts';
import type { Parsed } from '../../domain/retail/clock-commands.ts';
import type { TimeScale } from '../../domain/retail/clock.ts';
import {
  advanceFromHours,
  advanceTo,
  pause,
  resume,
  setTimeScale,
  shownHours,
} from '../../domain/retail/pacing.ts';
import * as messages from './messages.ts';
import type { ClockView, ProgressView } from './messages.ts';
import type { Carried, SimulationInput } from '../../domain/retail/simulation-input.ts';

/** A simulation while its execution lives: handlers change it, the story in simulation.ts reads it. */
export type SimulationState = { -readonly [Field in keyof Carried]: Carried[Field] } & {
  outcome: 'completed' | 'stopped' | null;
  /** Grows with every message that was carried out, to wake the wait for the next day. */
  messages: number;
  /** Days that are committed in the database: an execution that was reset lives them again at once, whatever its clock. */
  storedDays: number;
};

const REMEMBERED_REQUESTS = 50;

/**
 * Installs every handler; must be called before the first await. An update is parsed by its validator, before anything
 * is written, and again when it is carried out. A signal that makes no sense is counted and ignored: a handler that
 * throws would block the execution for ever.
 */
export function installControls(input: SimulationInput, state: SimulationState): void {
  const emptyCommand = (run: () => void) => ({ parse: parseEmptyCommand, run });
  const advanceContext = () => ({
    startDate: input.startDate,
    totalDays: input.days,
    cycleDays: input.cycleDays,
    fromHours: advanceFromHours(state.pacing, Date.now()),
  });

  install(state, input, 'pause', 'Stop the clock at the next barrier.', {
    ...emptyCommand(() => (state.pacing = pause(state.pacing, Date.now()))),
  });
  install(state, input, 'resume', 'Let the clock go on.', {
    ...emptyCommand(() => (state.pacing = resume(state.pacing, Date.now()))),
  });
  install(state, input, 'stop', 'End after the day that is being lived.', {
    ...emptyCommand(() => (state.isStopping = true)),
  });
  install(state, input, 'setScale', '{ timeScale: number | "max" }', {
    parse: parseSetScale,
    run: ({ timeScale }: { timeScale: TimeScale }) =>
      (state.pacing = setTimeScale(state.pacing, Date.now(), timeScale)),
  });
  install(state, input, 'advance', 'One of { hours }, { days }, { cycles }, { until }', {
    parse: (message) => parseAdvance(message, advanceContext()),
    run: ({ targetHours }: { targetHours: number }) =>
      (state.pacing = advanceTo(state.pacing, Date.now(), targetHours)),
  });
  setDefaultSignalHandler((name) => ignore(state, name, 'unknown signal'));
  setHandler(messages.clockQuery, () => clockView(input, state));
  setHandler(messages.progressQuery, () => progressView(input, state));
}

type Command<T> = {
  parse: (message: unknown) => Parsed<T & { requestId: string | null }>;
  run: (value: T) => void;
};

const UPDATES = {
  pause: messages.pauseUpdate,
  resume: messages.resumeUpdate,
  stop: messages.stopUpdate,
  setScale: messages.setScaleUpdate,
  advance: messages.advanceUpdate,
};
const SIGNALS = {
  pause: messages.pauseSignal,
  resume: messages.resumeSignal,
  stop: messages.stopSignal,
  setScale: messages.setScaleSignal,
  advance: messages.advanceSignal,
};

/** One command, as an update and as a signal of the same name. A request id that was seen before changes nothing. */
function install<T>(
  state: SimulationState,
  input: SimulationInput,
  name: keyof typeof UPDATES,
  description: string,
  command: Command<T>,
): void {
  const read = (message: unknown): Parsed<(T & { requestId: string | null }) | null> =>
    isKnownRequest(state, message) ? { type: 'ok', value: null } : command.parse(message);
  const carryOut = (value: (T & { requestId: string | null }) | null): void => {
    if (value === null) return;
    const requestId = value.requestId ?? updateId();
    if (requestId !== null) state.requestIds = [...state.requestIds, requestId].slice(-REMEMBERED_REQUESTS);
    command.run(value);
    state.messages += 1;
  };
  setHandler(
    UPDATES[name],
    (message) => {
      const parsed = read(message);
      if (parsed.type === 'ok') carryOut(parsed.value);
      return clockView(input, state);
    },
    {
      description,
      validator: (message) => {
        const parsed = read(message);
        if (parsed.type === 'rejected') throw new Error(parsed.reason);
      },
    },
  );
  setHandler(SIGNALS[name], (message) => {
    const parsed = read(message);
    if (parsed.type === 'ok') carryOut(parsed.value);
    else ignore(state, name, parsed.reason);
  });
}

function isKnownRequest(state: SimulationState, message: unknown): boolean {
  const requestId = (message as { requestId?: unknown } | null | undefined)?.requestId ?? updateId();
  return typeof requestId === 'string' && state.requestIds.includes(requestId);
}

/** An update whose answer was lost when a run ended is handed on to the next run, which does not know it otherwise. */
function updateId(): string | null {
  return currentUpdateInfo()?.id ?? null;
}

function ignore(state: SimulationState, signal: string, reason: string): void {
  state.ignoredMessages += 1;
  log.warn('Ignored a signal', { signal, reason });
}

export function clockView(input: SimulationInput, { pacing }: SimulationState): ClockView {
  const asOfMs = Date.now();
  const simulatedHours = Math.min(shownHours(pacing, asOfMs), input.days * HOURS_PER_DAY);
  return {
    simulatedAt: instantAt(input.startDate, simulatedHours),
    simulatedHours,
    committedDays: pacing.committedDays,
    timeScale: pacing.clock.timeScale,
    isPaused: pacing.clock.isPaused,
    advancingToHours: pacing.advancingToHours,
    asOfMs,
    lagMs: pacing.lagMs,
  };
}

function progressView(input: SimulationInput, state: SimulationState): ProgressView {
  return {
    simulationId: input.simulationId,
    status: statusOf(state),
    committedDays: state.pacing.committedDays,
    totalDays: input.days,
    simulatedDate: addDays(input.startDate, state.pacing.committedDays),
    cycleNumber: state.cycleNumber,
    totals: state.totals,
    ignoredMessages: state.ignoredMessages,
  };
}

function statusOf({ outcome, isStopping, pacing }: SimulationState): ProgressView['status'] {
  if (outcome !== null) return outcome;
  if (isStopping) return 'stopping';
  return pacing.clock.isPaused ? 'paused' : 'running';
}

/** What the Web UI shows at the top of the execution's page. */
export function detailsOf(input: SimulationInput, state: SimulationState): string {
  const { totals } = state;
  const clock = clockView(input, state);
  const money = (cents: number): string => (cents / 100).toFixed(2);
  return [
    `**${statusOf(state)}**, day ${clock.committedDays} of ${input.days}, offer cycle ${state.cycleNumber}, simulated date ${addDays(input.startDate, clock.committedDays)}`,
    '',
    '| shopping days | sessions | orders | abandoned | redemptions | net revenue | failed days |',
    '|---|---|---|---|---|---|---|',
    `| ${totals.shoppingDays} | ${totals.sessions} | ${totals.orders} | ${totals.abandoned} | ${totals.redemptions} | ${money(totals.totalCents)} | ${totals.failedDays} |`,
    '',
    `time scale ${clock.timeScale}, lag ${Math.round(clock.lagMs / 1000)} s`,
  ].join('\n');
}
