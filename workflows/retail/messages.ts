import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { TimeScale } from '../../domain/retail/clock.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';

/**
 * What people and programs may say to a running simulation. Updates answer with the clock, or are refused before
 * anything is written; signals of the same names are for batches and never answer: bad ones are counted and ignored.
 */

/** Where a simulation's clock stands. */
export type ClockView = {
  /** Simulated instant, ISO 8601; never past the barrier of the day that is being worked on. */
  readonly simulatedAt: string;
  readonly simulatedHours: number;
  readonly committedDays: number;
  readonly timeScale: TimeScale;
  readonly isPaused: boolean;
  /** Where an advance is bringing the clock; null when none is under way. */
  readonly advancingToHours: number | null;
  /**
   * Real instant, in milliseconds since 1970, at which this was read off: that of the execution's last event, since a
   * query cannot see the wall clock.
   */
  readonly asOfMs: number;
  /** Real milliseconds by which days were worked on later than the clock asked for. */
  readonly lagMs: number;
};

export type ProgressView = {
  readonly simulationId: string;
  readonly status: 'running' | 'paused' | 'stopping' | 'completed' | 'stopped';
  readonly committedDays: number;
  readonly totalDays: number;
  readonly simulatedDate: string;
  readonly cycleNumber: number;
  readonly totals: DayTotals;
  readonly ignoredMessages: number;
};

export const clockQuery = defineQuery<ClockView>('clock');
export const progressQuery = defineQuery<ProgressView>('progress');

export const pauseUpdate = defineUpdate<ClockView, [unknown]>('pause');
export const resumeUpdate = defineUpdate<ClockView, [unknown]>('resume');
export const setScaleUpdate = defineUpdate<ClockView, [unknown]>('setScale');
export const advanceUpdate = defineUpdate<ClockView, [unknown]>('advance');
export const stopUpdate = defineUpdate<ClockView, [unknown]>('stop');

export const pauseSignal = defineSignal<[unknown]>('pause');
export const resumeSignal = defineSignal<[unknown]>('resume');
export const setScaleSignal = defineSignal<[unknown]>('setScale');
export const advanceSignal = defineSignal<[unknown]>('advance');
export const stopSignal = defineSignal<[unknown]>('stop');
