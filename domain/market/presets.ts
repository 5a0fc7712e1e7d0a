// Markets with a name. rmsc03 and rmsc04 are the reference configurations of ABIDES, the others the templates of its fork
// abides-hasufel; rmsc04_poisson is that fork's rmsc04, in which noise traders come again and again once they have begun.
import { MarketConfig } from './market-config.ts';
import type { MarketConfigInput } from './market-config.ts';
import { realisticMarket } from './realistic.ts';
import { HASUFEL_ORDER_SIZE } from './traders/order-size.ts';
import type { TraderGroup } from './traders/registry.ts';

type GroupInput = MarketConfigInput['traders'][number];

const MEAN_CENTS = 100_000;
/** Half-life of 48 days, of the fundamental; of 4.8 days, as value traders believe. */
const KAPPA = 1.67e-16;
const KAPPA_BELIEVED = 1.67e-15;
const PER_HOUR = 1 / 3.6e12;
/** One shock in 100,000 hours: practically never. */
const RARE_SHOCKS = { ratePerNs: 2.77778e-18, meanCents: 1000, variance: 50_000 };
/** Mean interval of an arrival rate per nanosecond. */
const secondsOf = (ratePerNs: number): number => 1 / (ratePerNs * 1e9);

const MAKER = {
  type: 'market_maker',
  count: 2,
  meanIntervalSeconds: 60,
  share: 0.025,
  levels: 10,
  leastQuantity: 1,
  spacing: 5,
  spreadAlpha: 0.75,
  priceSkewCents: 4,
  cancelDelayNs: 50,
} as const satisfies GroupInput;

function rmsc04(): MarketConfigInput {
  return {
    name: 'rmsc04',
    date: '2021-02-05',
    fundamental: {
      type: 'sparse_mean_reverting',
      meanCents: MEAN_CENTS,
      kappaPerNs: KAPPA,
      volatility: 5e-5,
      megashocks: RARE_SHOCKS,
    },
    traders: [
      { type: 'noise', count: 1000, wake: { type: 'once', from: '09:00', until: '16:00' } },
      {
        type: 'value',
        count: 102,
        meanIntervalSeconds: secondsOf(5.7e-12),
        meanCents: MEAN_CENTS,
        kappaPerNs: KAPPA_BELIEVED,
        observationVariance: MEAN_CENTS / 100,
        shockVariance: 100_000,
      },
      MAKER,
      { type: 'momentum', count: 12, meanIntervalSeconds: 37 },
    ],
  };
}

function rmsc03(): MarketConfigInput {
  return {
    name: 'rmsc03',
    date: '2020-06-03',
    afterCloseSeconds: 60,
    fundamental: {
      type: 'sparse_mean_reverting',
      meanCents: MEAN_CENTS,
      kappaPerNs: KAPPA,
      volatility: 1e-3,
      megashocks: RARE_SHOCKS,
    },
    traders: [
      { type: 'noise', count: 5000, wake: { type: 'once', from: '09:00', until: '16:00' } },
      {
        type: 'value',
        count: 100,
        meanIntervalSeconds: secondsOf(7e-11),
        meanCents: MEAN_CENTS,
        kappaPerNs: KAPPA_BELIEVED,
        observationVariance: MEAN_CENTS / 10,
        shockVariance: 100_000,
      },
      { ...MAKER, meanIntervalSeconds: 10, backstopQuantity: 50_000, priceSkewCents: 0 },
      { type: 'momentum', count: 25, meanIntervalSeconds: 20 },
      { type: 'pov', count: 1, side: 'buy', quantity: 1_200_000, share: 0.1 },
    ],
  };
}

/** In the templates, as wide as it begins; ABIDES and its fork have no limit, and prices that run away from their fundamental. */
const MOST_SPREAD_CENTS = 50;

type TemplateOptions = {
  /** Number and mean seconds between wake-ups. */
  readonly noise: readonly [number, number];
  readonly value: readonly [number, number];
  readonly momentum?: readonly [number, number];
  readonly maker?: Partial<Extract<TraderGroup, { type: 'market_maker' }>>;
  readonly volatility?: number;
  readonly kappaPerNs?: number;
  readonly megashocks?: { ratePerNs: number; meanCents: number; variance: number } | null;
};

function template(name: string, options: TemplateOptions): MarketConfigInput {
  const { noise, value, momentum, maker, volatility = 5e-5, kappaPerNs = KAPPA } = options;
  const orderSize = HASUFEL_ORDER_SIZE;
  const traders: GroupInput[] = [
    {
      type: 'noise',
      count: noise[0],
      wake: { type: 'poisson', meanIntervalSeconds: noise[1], begins: { from: '09:00', until: '16:00' } },
      orderSize,
    },
    {
      type: 'value',
      count: value[0],
      meanIntervalSeconds: value[1],
      meanCents: MEAN_CENTS,
      kappaPerNs: KAPPA_BELIEVED,
      observationVariance: MEAN_CENTS / 100,
      shockVariance: volatility * volatility,
      orderSize,
    },
  ];
  if (momentum !== undefined)
    traders.push({ type: 'momentum', count: momentum[0], meanIntervalSeconds: momentum[1], orderSize });
  if (maker !== undefined) traders.push({ ...MAKER, count: 1, mostSpreadCents: MOST_SPREAD_CENTS, ...maker });
  const megashocks = options.megashocks === undefined ? RARE_SHOCKS : options.megashocks;
  return {
    name,
    fundamental: { type: 'sparse_mean_reverting', meanCents: MEAN_CENTS, kappaPerNs, volatility, megashocks },
    traders,
  };
}

const VALUE_RMSC04 = secondsOf(5.7e-12);

/** Configurations before defaults and checks; the others are made from these by `MarketConfig.parse`. */
const PRESETS: Readonly<
  Record<string, { readonly description: string; readonly make: () => MarketConfigInput }>
> = {
  rmsc04: {
    description:
      'ABIDES reference configuration 4: 1,000 noise traders that come once, 102 value, 2 makers, 12 momentum',
    make: rmsc04,
  },
  rmsc03: {
    description:
      'ABIDES reference configuration 3: 5,000 noise, 100 value, 2 makers, 25 momentum, 1 execution',
    make: rmsc03,
  },
  rmsc04_poisson: {
    description: 'rmsc04 with noise traders that come again every 30 s',
    make: () =>
      template('rmsc04_poisson', {
        noise: [1000, 30],
        value: [102, VALUE_RMSC04],
        momentum: [12, 37],
        maker: { count: 2 },
      }),
  },
  liquid_market: {
    description: 'many traders, one maker',
    make: () =>
      template('liquid_market', { noise: [100, 120], value: [30, 240], momentum: [8, 120], maker: {} }),
  },
  thin_market: {
    description: 'few traders, no maker',
    make: () => template('thin_market', { noise: [50, 300], value: [10, 600] }),
  },
  stable_day: {
    description: 'little movement, no shocks',
    make: () =>
      template('stable_day', {
        noise: [100, 120],
        value: [25, 300],
        maker: {},
        volatility: 3e-5,
        megashocks: null,
      }),
  },
  volatile_day: {
    description: 'a shock every six hours',
    make: () =>
      template('volatile_day', {
        noise: [100, 120],
        value: [25, 240],
        momentum: [5, 120],
        maker: {},
        volatility: 2e-4,
        megashocks: { ratePerNs: PER_HOUR / 6, meanCents: 3000, variance: 200_000 },
      }),
  },
  low_liquidity: {
    description: 'very few traders, no maker',
    make: () => template('low_liquidity', { noise: [25, 300], value: [10, 600] }),
  },
  trending_day: {
    description: 'a fundamental that hardly reverts, and momentum traders',
    make: () =>
      template('trending_day', {
        noise: [75, 120],
        value: [20, 300],
        momentum: [10, 120],
        maker: {},
        volatility: 1e-4,
        // Half-life of 365 days.
        kappaPerNs: Math.LN2 / (365 * 8.64e13),
      }),
  },
  stress_test: {
    description: 'shocks every two hours, a thin maker',
    make: () =>
      template('stress_test', {
        noise: [50, 120],
        value: [15, 240],
        momentum: [5, 60],
        maker: { share: 0.015, levels: 5 },
        volatility: 3e-4,
        megashocks: { ratePerNs: PER_HOUR / 2, meanCents: 5000, variance: 500_000 },
      }),
  },
  realistic: {
    description: 'stylised facts of real markets at 50 dollars, with fees and latency; for strategies',
    make: () => realisticMarket({ name: 'realistic' }),
  },
  zero_intelligence: {
    description: 'orders, trades and cancels at random and nothing else: what the rules alone make',
    make: () => ({
      name: 'zero_intelligence',
      openingPriceCents: 5000,
      fundamental: { type: 'random_walk', meanCents: 5000, minuteVolatilityBps: 0 },
      traders: [
        {
          type: 'zero_intelligence',
          count: 150,
          limitsPerMinute: 0.6,
          marketsPerMinute: 0.2,
          cancelsPerMinute: 0.3,
          reachCents: 20,
        },
      ],
    }),
  },
};

export const PRESET_NAMES: readonly string[] = Object.keys(PRESETS);

export function describePreset(name: string): string {
  return PRESETS[name]!.description;
}

/** Groups that can be added to a preset: `rmsc04+with_execution`. */
const MODIFIERS: Readonly<Record<string, (config: MarketConfigInput) => MarketConfigInput>> = {
  with_momentum: (config) => withGroup(config, { type: 'momentum', count: 12, meanIntervalSeconds: 37 }),
  with_execution: (config) =>
    withGroup(config, { type: 'pov', count: 1, side: 'buy', quantity: 1_200_000, share: 0.1 }),
};
export const MODIFIER_NAMES: readonly string[] = Object.keys(MODIFIERS);

function withGroup(config: MarketConfigInput, group: GroupInput): MarketConfigInput {
  const others = config.traders.filter(({ type }) => type !== group.type);
  return { ...config, traders: [...others, group] };
}

/** @param name of a preset, with modifiers after it, each behind a `+`; null when there is none of that name */
export function presetConfig(name: string): MarketConfig | null {
  const [preset, ...modifiers] = name.split('+');
  if (!Object.hasOwn(PRESETS, preset!) || !modifiers.every((modifier) => Object.hasOwn(MODIFIERS, modifier)))
    return null;
  const config = modifiers.reduce((made, modifier) => MODIFIERS[modifier]!(made), PRESETS[preset!]!.make());
  return MarketConfig.parse({ ...config, name });
}
