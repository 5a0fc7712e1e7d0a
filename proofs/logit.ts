// `npm run proof:logit`: does the export hold the truth? Shoppers with planted coefficients choose, their choice sets are
// exported as anybody's would be, and a library that knows nothing of all this fits a multinomial logit on them. Its 95 %
// intervals must hold what was planted.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exportSimulations } from '../client/export.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { DEFAULT_CHOICE_PARAMETERS } from '../domain/retail/choice-parameters.ts';
import { SHOPPING_FREQUENCIES } from '../domain/retail/persona.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { writeExport } from '../recordings/write-export.ts';
import { fitLogit } from './logit-python.ts';
import type { Fit } from './logit-python.ts';
import { withLocalStack } from './local-stack.ts';
import { runProof, say } from './run.ts';

/** Products of few categories are chosen often enough that the constant of each is known well. */
const CATEGORIES = 4;
const PRICE = 3;

/** One price coefficient for everybody, no tastes and no habits: all that is left is in the export. */
const PLANTED_CHOICE = {
  priceBase: PRICE,
  priceSlope: 0,
  priceByIncome: [0, 0, 0, 0],
  brandSpreadBase: 0,
  brandSpreadSlope: 0,
  brandCarryOverWeight: 0,
};
const PLANTED: Readonly<Record<string, number>> = {
  price_ratio: -PRICE,
  is_featured: DEFAULT_CHOICE_PARAMETERS.feature,
  is_displayed: DEFAULT_CHOICE_PARAMETERS.display,
};

/** Half widths in standard errors: of a 95 % interval, and of three that hold the truth together in 95 % (Bonferroni). */
const ALONE = 1.959964;
const TOGETHER = 2.39398;
/** Of intervals that hold the truth in 95 of 100 cases, some miss it: more than these would be a surprise of 1 in 100. */
const MISSES_IN_ALL = 0.01;

export type LogitOptions = {
  readonly seeds: readonly string[];
  readonly agents: number;
  readonly days: number;
};

export type Interval = {
  readonly coefficient: string;
  readonly planted: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly isInside: boolean;
};

export type LogitResult = LogitOptions & {
  readonly library: string;
  readonly fits: readonly {
    readonly seed: string;
    readonly choices: number;
    readonly intervals: readonly Interval[];
  }[];
  /** All seeds together; the three intervals hold the truth at once in 95 of 100 cases. */
  readonly together: readonly Interval[];
  readonly misses: number;
  readonly allowedMisses: number;
  readonly isPassed: boolean;
};

export async function proveLogit(options: LogitOptions, signal?: AbortSignal): Promise<LogitResult> {
  return withLocalStack({ signal }, async ({ services }) => {
    await loadDataset(services.db, plantedDataset(options.agents));
    const fits: { seed: string; fit: Fit }[] = [];
    for (const seed of options.seeds) {
      const fit = await fitOfSeed(services, options, seed);
      say(`seed ${seed}: ${describe(intervalsOf([fit], ALONE)).join(', ')}, from ${fit.choices} choices`);
      fits.push({ seed, fit });
    }
    return resultOf(options, fits);
  });
}

/** A shop of few categories with those who come most often. */
function plantedDataset(agents: number): Dataset {
  const shipped = generateShippedDataset('mercato');
  const names = shipped.categories.slice(0, CATEGORIES).map(({ name }) => name);
  const products = shipped.products.filter(({ category }) => names.includes(category));
  const skus = new Set(products.map(({ sku }) => sku));
  const often = (frequency: (typeof SHOPPING_FREQUENCIES)[number]): number =>
    SHOPPING_FREQUENCIES.indexOf(frequency);
  return {
    ...shipped,
    categories: shipped.categories.filter(({ name }) => names.includes(name)),
    products,
    prices: shipped.prices.filter(({ sku }) => skus.has(sku)),
    campaigns: [],
    coupons: [],
    agents: [...shipped.agents]
      .sort((a, b) => often(a.shoppingFrequency) - often(b.shoppingFrequency))
      .slice(0, agents)
      .map((agent) => ({ ...agent, preferredCategories: [names[0]!] })),
  };
}

async function fitOfSeed(services: Services, { days }: LogitOptions, seed: string): Promise<Fit> {
  const simulationId = `planted-${seed}`;
  const config = SimulationConfig.parse({
    simulationId,
    days,
    seed,
    timeScale: 'max',
    execution: 'activity',
    offerPolicy: 'none',
    choice: PLANTED_CHOICE,
  });
  await startSimulation(services, config);
  await waitForSimulation(services, simulationId);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-logit-'));
  try {
    const out = path.join(folder, 'export');
    const options = { withLatent: false, horizonDays: null, testShare: 0.25 };
    await exportSimulations(services.db, [simulationId], options, ({ tables, description }) =>
      writeExport(out, tables, description, 'parquet'),
    );
    return fitLogit(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(options: LogitOptions, fits: readonly { seed: string; fit: Fit }[]): LogitResult {
  const bySeed = fits.map(({ seed, fit }) => ({
    seed,
    choices: fit.choices,
    intervals: intervalsOf([fit], ALONE),
  }));
  const all = bySeed.flatMap(({ intervals }) => intervals);
  const misses = all.filter(({ isInside }) => !isInside).length;
  const allowedMisses = binomialLimit(all.length, 0.05, MISSES_IN_ALL);
  const together = intervalsOf(
    fits.map(({ fit }) => fit),
    TOGETHER,
  );
  return {
    ...options,
    library: fits[0]!.fit.library,
    fits: bySeed,
    together,
    misses,
    allowedMisses,
    isPassed: misses <= allowedMisses && together.every(({ isInside }) => isInside),
  };
}

/** Intervals of several fits together, weighted by inverse variance. */
function intervalsOf(fits: readonly Fit[], halfWidth: number): Interval[] {
  return Object.entries(PLANTED).map(([coefficient, planted]) => {
    const found = fits.map((fit) => fit.coefficients[coefficient]!);
    const weights = found.map(({ standardError }) => 1 / standardError ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const estimate = found.reduce((sum, one, i) => sum + one.estimate * weights[i]!, 0) / total;
    const reach = halfWidth / Math.sqrt(total);
    const [low, high] = [estimate - reach, estimate + reach];
    return { coefficient, planted, estimate, low, high, isInside: low <= planted && planted <= high };
  });
}

/** The smallest number that a binomial count is above with at most probability `tail`. */
function binomialLimit(trials: number, probability: number, tail: number): number {
  let term = (1 - probability) ** trials;
  let cumulative = term;
  let count = 0;
  while (1 - cumulative > tail && count < trials) {
    term *= ((trials - count) / (count + 1)) * (probability / (1 - probability));
    cumulative += term;
    count += 1;
  }
  return count;
}

function describe(intervals: readonly Interval[]): string[] {
  return intervals.map(
    ({ coefficient, planted, estimate, low, high, isInside }) =>
      `${coefficient} ${estimate.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)}${isInside ? '' : ', NOT'} around ${planted})`,
  );
}

function render({ library, fits, together, misses, allowedMisses, isPassed }: LogitResult): string {
  return [
    `${library}, product constants, 95 % intervals`,
    ...fits.map(
      ({ seed, choices, intervals }) => `seed ${seed}, ${choices} choices: ${describe(intervals).join(', ')}`,
    ),
    `all seeds, 95 % for all three at once: ${describe(together).join(', ')}`,
    `${misses} of ${3 * fits.length} intervals miss what was planted; up to ${allowedMisses} would be chance`,
    isPassed ? 'passed' : 'NOT passed',
  ].join('\n');
}

if (require.main === module)
  runProof(async (signal) => {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1,2,3' },
        agents: { type: 'string', default: '80' },
        days: { type: 'string', default: '56' },
        json: { type: 'boolean', default: false },
      },
    });
    const [agents, days] = [Number(values.agents), Number(values.days)];
    const seeds = values.seed.split(',');
    if (![agents, days].every((count) => Number.isInteger(count) && count > 0) || seeds.includes('')) {
      say('usage: npm run proof:logit -- [--seed 1,2,3] [--agents 80] [--days 56] [--json]');
      return 2;
    }
    const result = await proveLogit({ seeds, agents, days }, signal);
    process.stdout.write(`${values.json ? JSON.stringify(result, null, 2) : render(result)}\n`);
    return result.isPassed ? 0 : 1;
  });
