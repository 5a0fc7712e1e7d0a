// How real simulated shoppers are: whole simulations in memory, held against what real households did.
import { DEFAULT_SEED, generateShippedDataset, moreShippedAgents } from '../datasets/shipped-dataset.ts';
import { liveAgents, startHour } from '../graphs/retail/direct-simulation.ts';
import type { DirectLife, DirectSession } from '../graphs/retail/direct-simulation.ts';
import { describeProblems } from '../domain/describe-problems.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { HOURS_PER_DAY, dayOfWeek } from '../domain/retail/calendar.ts';
import { matches } from '../domain/retail/cart.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { CatalogIndex } from '../domain/retail/catalog-index.ts';
import type { Coupon } from '../domain/retail/coupon.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { COMPLETE_JOURNEY } from '../domain/retail/realism-complete-journey.ts';
import { factsOf } from '../domain/retail/realism-facts.ts';
import type {
  HouseholdFacts,
  ObservedBasket,
  ObservedHousehold,
  Window,
} from '../domain/retail/realism-facts.ts';
import { samplesOf } from '../domain/retail/realism-samples.ts';
import type { RealismSamples } from '../domain/retail/realism-samples.ts';
import { COMPLETION, realismTable } from '../domain/retail/realism-table.ts';
import type { RealismTableRow } from '../domain/retail/realism-table.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';

const DAYS_PER_WEEK = 7;

/** Indexed once for each dataset: much is remembered of a catalogue, and a calibration lives the same one many times. */
const catalogs = new WeakMap<object, CatalogIndex>();

/**
 * Lives a simulation in memory and keeps of each agent only what is measured. It keeps the processor to itself.
 * @param measured days of the simulation that count; what lies before them is burn-in
 * @param onAgent called after each agent with the number of those that are done
 */
export async function liveAndObserve(
  config: SimulationConfig,
  dataset: Pick<Dataset, 'stores' | 'categories' | 'products' | 'prices' | 'coupons' | 'agents'>,
  measured: Window,
  onAgent: (done: number) => void = () => {},
): Promise<HouseholdFacts[]> {
  const catalog = catalogs.get(dataset) ?? indexCatalog(dataset);
  catalogs.set(dataset, catalog);
  const couponByCode = new Map(dataset.coupons.map((coupon) => [coupon.code, coupon]));
  const agents = dataset.agents.slice(0, config.agents ?? dataset.agents.length);
  const facts: HouseholdFacts[] = [];
  for await (const life of liveAgents(config, catalog, dataset.coupons, agents)) {
    facts.push(factsOf(observedOf(life, couponByCode), measured));
    onAgent(facts.length);
  }
  return facts;
}

/** What an agent lived, in the words that a panel is read in too. */
export function observedOf(
  { persona, sessions, deals }: DirectLife,
  couponByCode: ReadonlyMap<string, Coupon>,
): ObservedHousehold {
  return {
    id: persona.agentId,
    knownFrom: 0,
    baskets: sessions.filter(({ session }) => session.outcome === 'completed').map(basketOf),
    cartDays: sessions.filter(({ session }) => session.outcome !== 'empty_cart').map(({ day }) => day),
    deals: deals
      .filter(({ scope }) => scope !== 'frontstore')
      .map(({ code, assignedHours, status }) => ({
        day: Math.floor(assignedHours / HOURS_PER_DAY),
        covers: (line) => matches(couponByCode.get(code)!, line),
        isRedeemed: status === 'redeemed',
      })),
  };
}

function basketOf(lived: DirectSession): ObservedBasket {
  const { priced } = lived.session;
  return {
    day: lived.day,
    weekday: dayOfWeek(lived.date),
    hour: startHour(lived),
    // As a panel counts what the shop received: vendors pay it their coupons.
    valueCents: priced.subtotalCents - priced.discountCents + priced.vendorFundedCents,
    lines: priced.lines.map((line) => ({
      product: line.sku,
      category: line.category,
      brand: line.brand,
      quantity: line.quantity,
      isPromoted: line.unitPriceCents < line.regularPriceCents,
      hasCoupon: line.lineDiscountCents > 0,
    })),
  };
}

export type RealismRun = {
  readonly agents: number;
  readonly seeds: readonly string[];
  readonly burnInWeeks: number;
  readonly weeks: number;
  readonly channel: SimulationConfig['channel'];
  readonly source: string;
  readonly rows: readonly RealismTableRow[];
  readonly seconds: number;
};

/**
 * The shipped agents against the public panel: each seed is one whole simulation in memory, without its burn-in.
 * @param given fields of a simulation's configuration, `choice` for instance
 * @param onAgent called after each agent with the part of the work that is done, 0 to 1
 */
export async function measureRealism(
  given: Record<string, unknown>,
  {
    agents,
    seeds,
    burnInWeeks,
    weeks,
  }: Pick<RealismRun, 'agents' | 'burnInWeeks' | 'weeks'> & { seeds: readonly string[] },
  onAgent: (part: number) => void = () => {},
): Promise<RealismRun> {
  const start = performance.now();
  const shipped = generateShippedDataset(DEFAULT_SEED);
  const dataset = { ...shipped, agents: moreShippedAgents(shipped, agents) };
  const runs: RealismSamples[] = [];
  const measured = { from: DAYS_PER_WEEK * burnInWeeks, to: DAYS_PER_WEEK * (burnInWeeks + weeks) };
  const configs = seeds.map((seed) =>
    parseConfig({ ...given, simulationId: 'realism', seed, agents, days: measured.to }),
  );
  for (const config of configs) {
    const onEach = (done: number): void => onAgent((runs.length + done / agents) / configs.length);
    runs.push(samplesOf(await liveAndObserve(config, dataset, measured, onEach)));
  }
  const { channel } = configs[0]!;
  const rows = realismTable(runs, COMPLETE_JOURNEY, COMPLETION[channel]);
  return {
    agents,
    seeds,
    burnInWeeks,
    weeks,
    channel,
    source: COMPLETE_JOURNEY.source,
    // The panel is of shops: of the online channel only the completion is known.
    rows: channel === 'online' ? rows.filter(({ metric }) => metric === 'completion') : rows,
    seconds: (performance.now() - start) / 1000,
  };
}

function parseConfig(given: Record<string, unknown>): SimulationConfig {
  const result = SimulationConfig.safeParse(given);
  if (result.success) return result.data;
  throw new InvalidInputError(`The simulation's configuration is wrong: ${describeProblems(result.error)}.`);
}
