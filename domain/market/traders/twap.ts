// Execution at an even pace (time-weighted average price).
import { z } from 'zod';
import { SCHEDULE, ScheduledExecutions } from './scheduled-execution.ts';
import { groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const TwapConfig = z.strictObject({ ...groupOf('twap'), ...SCHEDULE });
export type TwapConfig = z.infer<typeof TwapConfig>;

export class TwapTraders extends ScheduledExecutions {
  constructor(context: TraderContext, config: TwapConfig) {
    super(context, config, (time) => time);
  }
}
