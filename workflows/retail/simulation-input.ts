import type { TimeScale } from '../../domain/retail/clock.ts';
import type { Pacing } from '../../domain/retail/pacing.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';

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
