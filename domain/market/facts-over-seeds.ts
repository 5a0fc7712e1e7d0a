// Stylised facts of many days of one market: one day says little, for seeds differ a lot.
import { ascending, quantileOfSorted } from '../descriptive-statistics.ts';
import type { StylisedFacts } from './stylised-facts.ts';

/** With fewer values a range from 5 % to 95 % would be made up between the two outermost ones. */
const LEAST_FOR_PERCENTILES = 20;

export type FactRange = {
  /** Null when no day has it. */
  readonly median: number | null;
  /** Ends of the range. */
  readonly low: number | null;
  readonly high: number | null;
  /** On how many days it is known. */
  readonly days: number;
};

export type FactsOverSeeds = {
  /** From the least to the largest, or from 5 % to 95 % of the days: the same for all facts. */
  readonly range: 'least_to_largest' | 'percentiles_5_to_95';
  readonly facts: Readonly<Record<keyof StylisedFacts, FactRange>>;
};

/** @param days at least one */
export function summariseFacts(days: readonly StylisedFacts[]): FactsOverSeeds {
  const outer = days.length < LEAST_FOR_PERCENTILES ? 0 : 0.05;
  const names = Object.keys(days[0]!) as (keyof StylisedFacts)[];
  const facts = names.map((name) => [
    name,
    rangeOf(
      days.map((day) => day[name]),
      outer,
    ),
  ]);
  return {
    range: outer === 0 ? 'least_to_largest' : 'percentiles_5_to_95',
    facts: Object.fromEntries(facts) as Record<keyof StylisedFacts, FactRange>,
  };
}

function rangeOf(values: readonly (number | null)[], outer: number): FactRange {
  const known = ascending(values.filter((value) => value !== null));
  if (known.length === 0) return { median: null, low: null, high: null, days: 0 };
  return {
    median: quantileOfSorted(known, 0.5),
    low: quantileOfSorted(known, outer),
    high: quantileOfSorted(known, 1 - outer),
    days: known.length,
  };
}
