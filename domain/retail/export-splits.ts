import { RandomKey } from '../random.ts';

/** Which rows a model may learn from, and which it is judged on. */
export type Fold = 'train' | 'test';

/**
 * The fold of a household: by a hash of its name alone, so that related simulations, and exports at other times, have
 * it in the same one.
 * @param testShare share of households held out, from 0 to 1
 */
export function householdFold(agentId: string, testShare: number): Fold {
  return HOUSEHOLDS.at(agentId).uniform() < testShare ? 'test' : 'train';
}

const HOUSEHOLDS = RandomKey.of('export/split_household');

/**
 * First day number of the test period: the last `testShare` of the days. Simulations that are exported together have
 * the same one, after the shortest of them, since draws of related ones are the same day by day.
 * @param observedDays days of each simulation
 */
export function firstTestDay(observedDays: readonly number[], testShare: number): number {
  return Math.round(Math.min(...observedDays) * (1 - testShare));
}

export function timeFold(dayNumber: number, testFrom: number): Fold {
  return dayNumber >= testFrom ? 'test' : 'train';
}

/**
 * The fold of a row whose label looks ahead. One whose window reaches into the test period is `purged`: to learn from
 * it would be to know of that period.
 * @param windowEndDay day number, with its fraction, at which the label is settled whatever happens
 */
export function windowFold(dayNumber: number, windowEndDay: number, testFrom: number): Fold | 'purged' {
  if (dayNumber >= testFrom) return 'test';
  return windowEndDay <= testFrom ? 'train' : 'purged';
}
