import { parseTimeScale } from './clock.ts';
import type { TimeScale } from './clock.ts';
import type { Pacing } from './pacing.ts';
import { AUTO_WORKFLOW_LIMIT } from './simulation.ts';
import type { SimulationConfig } from './simulation.ts';
import type { DayTotals } from './statistics.ts';

/** What a simulation's execution is started with: the part of its configuration that says how it runs. */
export type SimulationInput = {
  readonly simulationId: string;
  readonly startDate: string;
  readonly days: number;
  readonly cycleDays: number;
  readonly timeScale: TimeScale;
  readonly catchUp: 'freeze' | 'catch_up';
  readonly isShopping: boolean;
  readonly execution: 'workflow' | 'activity';
  readonly shardSize: number;
  readonly shardsInFlight: number;
  readonly agentsInFlight: number;
  /** Where a simulation that had ended is taken up again; left out at its start. */
  readonly takenUpAt?: {
    readonly committedDays: number;
    readonly cycleNumber: number;
    readonly totals: DayTotals;
  };
  /** Set when the execution continues as new; a caller leaves it out. */
  readonly carried?: Carried;
};

/** What is handed on when the execution continues as new. */
export type Carried = {
  readonly pacing: Pacing;
  readonly cycleNumber: number;
  readonly totals: DayTotals;
  readonly ignoredMessages: number;
  /** Requests that were carried out, so that a repeated one changes nothing. */
  readonly requestIds: readonly string[];
  readonly isStopping: boolean;
};

export type SimulationResult = {
  readonly status: 'completed' | 'stopped';
  readonly committedDays: number;
  readonly totals: DayTotals;
};

/** What is known of a simulation when its execution is started, for the first time or again. */
export type SimulationStanding = {
  readonly config: SimulationConfig;
  readonly agents: number;
  readonly committedDays: number;
  readonly cycleNumber: number;
  readonly timeScale: string;
  readonly totals: DayTotals;
};

/** The input of a simulation's execution: from its first day, or from where it stands. */
export function simulationInputOf(standing: SimulationStanding): SimulationInput {
  const { config, agents, committedDays, cycleNumber, totals } = standing;
  const isLarge = agents > AUTO_WORKFLOW_LIMIT;
  return {
    simulationId: config.simulationId,
    startDate: config.startDate,
    days: config.days,
    cycleDays: config.offerCycleDays,
    timeScale: parseTimeScale(standing.timeScale) ?? config.timeScale,
    catchUp: config.catchUp,
    isShopping: config.profile !== 'offers_only',
    execution: config.execution === 'auto' ? (isLarge ? 'activity' : 'workflow') : config.execution,
    shardSize: config.shardSize,
    shardsInFlight: config.shardsInFlight,
    agentsInFlight: config.agentsInFlight,
    // It may have ended while it opened its last cycle: that is opened again, and users who have their coupons keep them.
    ...(cycleNumber === 0 ? {} : { takenUpAt: { committedDays, cycleNumber: cycleNumber - 1, totals } }),
  };
}
