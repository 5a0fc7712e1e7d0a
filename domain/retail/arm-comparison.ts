// What one way of dealing offers did that another did not: the same shoppers with the same luck lived both, and each is
// compared with itself. Sums are per agent and week of simulated time.
import { mean } from '../descriptive-statistics.ts';
import { pairedDifference } from '../paired-difference.ts';
import type { PairedDifference } from '../paired-difference.ts';
import { RandomKey } from '../random.ts';
import type { SimulationConfig } from './simulation.ts';

/**
 * What is measured; money in cents. Margin is net revenue less cost of goods, plus what vendors fund, less fees of
 * redemptions; offer cost is discount less what vendors fund, plus fees.
 */
export const MEASURES = [
  'orders',
  'units',
  'netRevenue',
  'discount',
  'offerCost',
  'margin',
  'redemptions',
] as const;
export type Measure = (typeof MEASURES)[number];

/** One agent's sums over the measured weeks of one simulation. */
export type AgentOutcome = { readonly agentId: string } & Readonly<Record<Measure, number>>;

export type ArmComparison = {
  readonly agents: number;
  readonly seeds: number;
  readonly weeks: number;
  /** B against A, per agent-week. */
  readonly measures: Readonly<Record<Measure, PairedDifference>>;
  /** Margin gained for each unit of discount given more; null when not more was given. */
  readonly marginPerDiscount: number | null;
  readonly verdict: string;
};

/** How a simulation is run, never what happens in it. */
export const RUN_FIELDS: readonly (keyof SimulationConfig)[] = [
  'simulationId',
  'timeScale',
  'catchUp',
  'execution',
  'shardSize',
  'shardsInFlight',
  'agentsInFlight',
  'agentTimeoutSeconds',
  'agentTries',
];
/** How offers are dealt. */
export const OFFER_FIELDS: readonly (keyof SimulationConfig)[] = [
  'offerPolicy',
  'refreshPolicy',
  'offerCycleDays',
  'offerExpirationDays',
  'walletCapacity',
  'frontstorePerCycle',
  'categoryBrandPerCycle',
  'noRepeatCycles',
];

/** Settings in which two simulations differ that must not, for a difference to be that of their offers. */
export function conflictsOf(a: SimulationConfig, b: SimulationConfig): (keyof SimulationConfig)[] {
  return differencesOf(a, b).filter((field) => !RUN_FIELDS.includes(field) && !OFFER_FIELDS.includes(field));
}

/** Settings in which two simulations of one arm differ that must not, for them to be the same arm under another seed. */
export function armConflictsOf(a: SimulationConfig, b: SimulationConfig): (keyof SimulationConfig)[] {
  return differencesOf(a, b).filter((field) => !RUN_FIELDS.includes(field) && field !== 'seed');
}

/** Settings in which two simulations differ. */
export function differencesOf(a: SimulationConfig, b: SimulationConfig): (keyof SimulationConfig)[] {
  const fields = Object.keys(a) as (keyof SimulationConfig)[];
  return fields.filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]));
}

/**
 * @param pairs outcomes of the same agents in the same order, one pair for each seed
 * @param weeks that were measured
 * @throws RangeError when the agents of a pair are not the same
 */
export function compareArms(
  pairs: readonly (readonly [a: readonly AgentOutcome[], b: readonly AgentOutcome[]])[],
  weeks: number,
): ArmComparison {
  const agents = pairs[0]?.[0].map(({ agentId }) => agentId) ?? [];
  for (const arm of pairs.flat())
    if (arm.length !== agents.length || arm.some(({ agentId }, i) => agentId !== agents[i]))
      throw new RangeError('the arms do not have the same agents');
  // The agent is the unit: what it did under several seeds is one mean, since those are not independent of each other.
  const perWeek = (arm: 0 | 1, measure: Measure): number[] =>
    agents.map((_, i) => mean(pairs.map((pair) => pair[arm][i]![measure])) / weeks);
  const key = RandomKey.of('compare arms');
  const measures = Object.fromEntries(
    MEASURES.map((measure) => [
      measure,
      pairedDifference(perWeek(0, measure), perWeek(1, measure), key.at(measure)),
    ]),
  ) as Record<Measure, PairedDifference>;
  const { margin, discount, redemptions } = measures;
  return {
    agents: agents.length,
    seeds: pairs.length,
    weeks,
    measures,
    marginPerDiscount: discount.difference > 0 ? margin.difference / discount.difference : null,
    verdict: `${verdictOf(margin)}${contradictionOf(margin, redemptions)}`,
  };
}

function verdictOf(margin: PairedDifference): string {
  const { difference, interval, pairs, pairsForOnePercent, pValue } = margin;
  const money = (cents: number): string => (Math.abs(cents) / 100).toFixed(3);
  const [low, high] = interval;
  if (low === 0 && high === 0) return 'B and A are the same: every agent has the same margin in both.';
  if ((low <= 0 && high >= 0) || pValue > 0.05)
    return `Not distinguishable in margin with ${pairs} agents (p ${pValue.toFixed(3)}): ${
      pairsForOnePercent === null
        ? 'there is no margin in A to compare with'
        : `a difference of 1 % would take ${pairsForOnePercent.toLocaleString('en-US')} of them`
    }.`;
  const worse = difference < 0;
  const [least, most] = worse ? [-high, -low] : [low, high];
  return `B ${worse ? 'loses' : 'earns'} ${money(difference)} margin per agent-week ${worse ? 'against' : 'more than'} A (95 %: ${money(least)} to ${money(most)}).`;
}

/** Redemptions that go one way while margin goes the other. */
function contradictionOf(margin: PairedDifference, redemptions: PairedDifference): string {
  const isSure = ({ interval: [low, high] }: PairedDifference): boolean => low > 0 || high < 0;
  if (!isSure(margin) || !isSure(redemptions) || margin.difference * redemptions.difference > 0) return '';
  return ` It is redeemed ${redemptions.difference > 0 ? 'more' : 'less'} often all the same.`;
}
