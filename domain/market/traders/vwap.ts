// Execution at the pace of an ordinary day's volume (volume-weighted average price): a U whose ends are twice its middle.
import { z } from 'zod';
import { SCHEDULE, ScheduledExecutions } from './scheduled-execution.ts';
import { groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const VwapConfig = z.strictObject({ ...groupOf('vwap'), ...SCHEDULE });
export type VwapConfig = z.infer<typeof VwapConfig>;

export class VwapTraders extends ScheduledExecutions {
  constructor(context: TraderContext, config: VwapConfig) {
    super(context, config, shareOfVolume);
  }
}

/** Integral of 1 + (2t − 1)², divided by what it is at 1. */
export function shareOfVolume(time: number): number {
  const off = 2 * time - 1;
  return (time + (off * off * off + 1) / 6) / (4 / 3);
}
