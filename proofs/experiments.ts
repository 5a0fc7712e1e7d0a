// `npm run proof:experiments`: what the policies cause on the shipped shoppers, each against another one over all seeds,
// and how often two arms that are the same but for their luck are called different. In memory, by the same rules.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { renderLift } from '../cli/render-experiment.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { compareArms } from '../domain/retail/arm-comparison.ts';
import type { AgentOutcome, ArmComparison } from '../domain/retail/arm-comparison.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import { NO_LIFT, addLift, costPerIncremental, splitLift } from '../domain/retail/lift.ts';
import type { Lift, Purchase } from '../domain/retail/lift.ts';
import type { OfferPolicyType } from '../domain/retail/offer-policy.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { liveDirectly } from '../graphs/retail/direct-simulation.ts';
import { binomialBounds } from './binomial.ts';
import { runProof, say } from './run.ts';

/** A, B: what B does that A does not. */
const PAIRS: readonly (readonly [OfferPolicyType, OfferPolicyType])[] = [
  ['none', 'random'],
  ['random', 'prior_buyers'],
  ['random', 'threshold_builder'],
  ['random', 'bandit'],
];
/** The A/A comparisons: small and many. */
const NULL_SIZE = { agents: 60, weeks: 4, burnInWeeks: 0 };

type Size = { readonly agents: number; readonly weeks: number; readonly burnInWeeks: number };
type Arm = { readonly outcomes: readonly AgentOutcome[]; readonly purchases: readonly Purchase[] };

const dataset = generateShippedDataset('mercato');
const catalog = indexCatalog(dataset);
const budgets = new Map(
  dataset.campaigns.flatMap(({ code, budgetCents }) => (budgetCents === null ? [] : [[code, budgetCents]])),
);

runProof(async (signal) => {
  const { values } = parseArgs({
    options: {
      agents: { type: 'string', default: '300' },
      seeds: { type: 'string', default: '10' },
      weeks: { type: 'string', default: '12' },
      'burn-in': { type: 'string', default: '26' },
      null: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
    },
  });
  const [agents, seeds, weeks, burnInWeeks, pairs] = [
    values.agents,
    values.seeds,
    values.weeks,
    values['burn-in'],
    values.null,
  ].map(Number);
  const size = { agents: agents!, weeks: weeks!, burnInWeeks: burnInWeeks! };
  const started = Date.now();
  const table = seeds! > 0 ? await comparePolicies(size, seeds!, signal) : [];
  if (!values.json) for (const row of table) process.stdout.write(`${describe(row, size)}\n\n`);
  const same = pairs! > 0 ? await compareSame(pairs!, signal) : null;
  const seconds = (Date.now() - started) / 1000;
  if (values.json) process.stdout.write(`${JSON.stringify({ size, seeds, table, same, seconds })}\n`);
  else if (same !== null)
    process.stdout.write(
      `A/A: ${same.significant} of ${same.pairs} pairs of different seeds are significant at 5 % (95 % of such runs: ${same.bounds.join(' to ')}).\n${seconds.toFixed(0)} s.\n`,
    );
  return same !== null && (same.significant < same.bounds[0] || same.significant > same.bounds[1]) ? 1 : 0;
});

type PolicyRow = {
  a: string;
  b: string;
  comparison: ArmComparison;
  lift: Lift;
  costPerIncremental: number | null;
};

async function comparePolicies(size: Size, seeds: number, signal: AbortSignal): Promise<PolicyRow[]> {
  const policies = [...new Set(PAIRS.flat())];
  const arms = new Map(policies.map((policy) => [policy, [] as (readonly AgentOutcome[])[]]));
  const lifts = PAIRS.map(() => NO_LIFT);
  for (let seed = 1; seed <= seeds; seed++) {
    const lived = new Map<OfferPolicyType, Arm>();
    for (const policy of policies) {
      signal.throwIfAborted();
      lived.set(policy, await liveArm(policy, String(seed), size));
      arms.get(policy)!.push(lived.get(policy)!.outcomes);
      say(`seed ${seed} of ${seeds}: ${policy}`);
    }
    PAIRS.forEach(([a, b], i) => {
      const [left, right] = [lived.get(a)!.purchases, lived.get(b)!.purchases];
      lifts[i] = addLift(lifts[i]!, splitLift(left, right, size.weeks));
    });
  }
  return PAIRS.map(([a, b], i) => {
    const comparison = compareArms(
      arms.get(a)!.map((outcomes, seed) => [outcomes, arms.get(b)![seed]!] as const),
      size.weeks,
    );
    const cost = comparison.measures.offerCost.difference * size.agents * size.weeks * seeds;
    return {
      a,
      b,
      comparison,
      lift: lifts[i]!,
      costPerIncremental: costPerIncremental(lifts[i]!, cost),
    };
  });
}

/** Pairs of arms that differ in nothing but their luck: each call of significance is a false one. */
async function compareSame(
  pairs: number,
  signal: AbortSignal,
): Promise<{ pairs: number; significant: number; bounds: [number, number] }> {
  let significant = 0;
  for (let pair = 0; pair < pairs; pair++) {
    signal.throwIfAborted();
    const a = await liveArm('random', `null-${2 * pair}`, NULL_SIZE);
    const b = await liveArm('random', `null-${2 * pair + 1}`, NULL_SIZE);
    if (compareArms([[a.outcomes, b.outcomes]], NULL_SIZE.weeks).measures.margin.pValue <= 0.05)
      significant += 1;
    if ((pair + 1) % 20 === 0) say(`A/A: ${pair + 1} of ${pairs} pairs`);
  }
  return { pairs, significant, bounds: binomialBounds(pairs, 0.05) };
}

async function liveArm(policy: OfferPolicyType, seed: string, size: Size): Promise<Arm> {
  const { agents, weeks, burnInWeeks } = size;
  const config = SimulationConfig.parse({
    simulationId: 'proof',
    seed,
    days: (weeks + burnInWeeks) * 7,
    offerPolicy: policy,
  });
  const personas = dataset.agents.slice(0, agents);
  const outcomes = new Map(personas.map(({ agentId }) => [agentId, nothing(agentId)]));
  const purchases = new Map<string, { -readonly [Field in keyof Purchase]: Purchase[Field] }>();
  for await (const lived of liveDirectly(config, catalog, dataset.coupons, personas, budgets)) {
    const week = Math.floor(lived.day / 7) - burnInWeeks;
    const { outcome, priced } = lived.session;
    if (week < 0 || outcome !== 'completed') continue;
    const sums = outcomes.get(lived.agentId)!;
    const cost = priced.discountCents - priced.vendorFundedCents + priced.redemptionFeeCents;
    sums.orders += 1;
    sums.units += priced.lines.reduce((sum, line) => sum + line.quantity, 0);
    sums.netRevenue += priced.totalCents;
    sums.discount += priced.discountCents;
    sums.offerCost += cost;
    sums.margin +=
      priced.totalCents - priced.unitCostCents + priced.vendorFundedCents - priced.redemptionFeeCents;
    sums.redemptions += priced.discounts.length;
    for (const line of priced.lines) {
      const name = `${lived.agentId}\n${line.sku}\n${week}`;
      const purchase = purchases.get(name) ?? {
        agentId: lived.agentId,
        category: line.category,
        sku: line.sku,
        week,
        units: 0,
        couponUnits: 0,
        couponCents: 0,
      };
      purchase.units += line.quantity;
      if (line.lineDiscountCents + line.orderDiscountCents > 0) {
        purchase.couponUnits += line.quantity;
        purchase.couponCents += line.quantity * line.unitPriceCents;
      }
      purchases.set(name, purchase);
    }
  }
  return { outcomes: [...outcomes.values()], purchases: [...purchases.values()] };
}

function nothing(agentId: string): { -readonly [Field in keyof AgentOutcome]: AgentOutcome[Field] } {
  return {
    agentId,
    orders: 0,
    units: 0,
    netRevenue: 0,
    discount: 0,
    offerCost: 0,
    margin: 0,
    redemptions: 0,
  };
}

function describe({ a, b, comparison, lift, costPerIncremental }: PolicyRow, { burnInWeeks }: Size): string {
  const table = new Table({
    head: [`${b} − ${a}`, a, b, 'difference', '95 %', '%', 'correlation', 'detectable'],
    style: { head: [], border: [] },
  });
  for (const measure of ['orders', 'units', 'netRevenue', 'offerCost', 'margin', 'redemptions'] as const) {
    const found = comparison.measures[measure];
    const unit = ['netRevenue', 'offerCost', 'margin'].includes(measure) ? 100 : 1;
    const number = (value: number): string => (value / unit).toFixed(4);
    table.push([
      measure,
      number(found.meanA),
      number(found.meanB),
      number(found.difference),
      `${number(found.interval[0])} … ${number(found.interval[1])}`,
      found.relative === null ? '–' : (100 * found.relative).toFixed(2),
      found.correlation === null ? '–' : found.correlation.toFixed(3),
      number(found.minimumDetectable),
    ]);
  }
  return [
    `${comparison.agents} agents × ${comparison.seeds} seeds, ${comparison.weeks} weeks after ${burnInWeeks}; per agent-week`,
    table.toString(),
    comparison.verdict,
    ...renderLift({ lift, costPerIncremental }),
  ].join('\n');
}
