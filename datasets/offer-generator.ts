import { roundHalfAway } from '../domain/money.ts';
import type { Category, Product } from '../domain/retail/catalog.ts';
import type { Campaign, Coupon } from '../domain/retail/coupon.ts';
import { Draws } from './draws.ts';
import { groupBy } from '../domain/group-by.ts';

// A pool of offers with the face values of a real panel: mean near 1.20, median 1.00, about a third of the price
// of what they are for. Frontstore offers act on the basket, from a minimum spend.

export type OfferGeneratorOptions = {
  seed: string;
  categories: readonly Category[];
  products: readonly Product[];
  /** How many coupons of each scope. */
  frontstore: number;
  category: number;
  brand: number;
};

const CAMPAIGNS: Campaign[] = [
  { code: 'WELCOME', name: 'Store welcome offers', budgetCents: null },
  { code: 'DELIVERY', name: 'Free delivery', budgetCents: null },
  { code: 'BASKET', name: 'Bigger baskets', budgetCents: 5_000_00 },
  { code: 'PANTRY', name: 'Pantry stock-up', budgetCents: null },
  { code: 'FRESH', name: 'Fresh and chilled', budgetCents: null },
  { code: 'CARE', name: 'Home and care', budgetCents: 2_500_00 },
  { code: 'OWN', name: 'Own-label favourites', budgetCents: null },
  { code: 'MAKERS-A', name: 'Makers, first wave', budgetCents: null },
  { code: 'MAKERS-B', name: 'Makers, second wave', budgetCents: 4_000_00 },
  { code: 'MAKERS-C', name: 'Makers, long run', budgetCents: null },
];

/** Minimum spend and what comes off it. */
const BASKET_STEPS = [
  { minSpendCents: 15_00, amountOffCents: 1_00 },
  { minSpendCents: 20_00, amountOffCents: 2_00 },
  { minSpendCents: 30_00, amountOffCents: 3_00 },
  { minSpendCents: 40_00, amountOffCents: 4_00 },
  { minSpendCents: 50_00, amountOffCents: 5_00 },
  { minSpendCents: 75_00, amountOffCents: 8_00 },
  { minSpendCents: 100_00, amountOffCents: 12_00 },
];
const FACE_VALUES = [25, 35, 50, 55, 75, 100, 125, 150, 200, 250, 300, 400, 500];
/** What a clearing house charges for one paper or card coupon of a maker. */
const CLEARING_FEE_CENTS = 8;

export function generateOffers(options: OfferGeneratorOptions): { campaigns: Campaign[]; coupons: Coupon[] } {
  const { seed, categories, products } = options;
  const targets = new Draws(seed, 'targets');
  const frontstore = numbered(options.frontstore, 'FS').map((code) =>
    frontstoreCoupon(new Draws(seed, code), code),
  );
  const byCategory = chooseTargets(
    targets,
    groupBy(products, (product) => product.category),
    options.category,
  );
  const byLine = chooseTargets(
    targets,
    groupBy(products, (product) => `${product.brand}/${product.category}`),
    options.brand,
  );
  const ownLabels = [
    ...new Set(products.filter((product) => product.isPrivateLabel).map((product) => product.brand)),
  ];
  const coupons = [
    ...frontstore,
    ...numbered(options.category, 'CAT').map((code, index) => {
      const category = categories.find(({ name }) => name === byCategory[index]!.name)!;
      return categoryCoupon(new Draws(seed, code), code, category, byCategory[index]!.products, ownLabels);
    }),
    ...numbered(options.brand, 'BR').map((code, index) =>
      brandCoupon(new Draws(seed, code), code, byLine[index]!.products, products),
    ),
  ];
  const used = new Set(coupons.map((coupon) => coupon.campaignCode));
  return { campaigns: CAMPAIGNS.filter(({ code }) => used.has(code)), coupons };
}

function frontstoreCoupon(draws: Draws, code: string): Coupon {
  const funding = draws.chance(0.15)
    ? ({ funding: 'shared', vendorSharePercent: 30 } as const)
    : RETAILER_FUNDING;
  const base = { ...EMPTY_COUPON, code, scope: 'frontstore', ...funding } as const;
  switch (draws.pickWeighted([0.5, 0.25, 0.25])) {
    case 0: {
      const step = draws.pick(BASKET_STEPS);
      return {
        ...base,
        campaignCode: step.minSpendCents >= 40_00 ? 'BASKET' : 'WELCOME',
        kind: 'fixed',
        ...step,
      };
    }
    case 1: {
      const percentOff = draws.pick([5, 10, 15]);
      const minSpendCents = draws.pick([10_00, 20_00, 30_00, 50_00]);
      return {
        ...base,
        campaignCode: 'BASKET',
        kind: 'percent',
        percentOff,
        minSpendCents,
        maxDiscountCents: percentOff * 100,
      };
    }
    default:
      return {
        ...base,
        ...RETAILER_FUNDING,
        campaignCode: 'DELIVERY',
        kind: 'free_shipping',
        minSpendCents: draws.pick([0, 15_00, 25_00, 35_00]),
      };
  }
}

function categoryCoupon(
  draws: Draws,
  code: string,
  category: Category,
  products: readonly Product[],
  ownLabels: string[],
): Coupon {
  const shared = draws.chance(0.35);
  return {
    ...EMPTY_COUPON,
    code,
    scope: 'category',
    category: category.name,
    campaignCode:
      category.repurchaseGapDays >= 24 ? 'CARE' : category.repurchaseGapDays >= 16 ? 'PANTRY' : 'FRESH',
    ...(shared
      ? ({ funding: 'shared', vendorSharePercent: 50, feePerRedemptionCents: CLEARING_FEE_CENTS } as const)
      : RETAILER_FUNDING),
    // Makers do not pay for own labels.
    excludedBrands: shared ? ownLabels : [],
    ...reduction(draws, products),
  };
}

/** For one line of a brand; a maker's coupon is at times for all that the brand sells, which own labels never are. */
function brandCoupon(
  draws: Draws,
  code: string,
  line: readonly Product[],
  products: readonly Product[],
): Coupon {
  const { brand, category, isPrivateLabel } = line[0]!;
  const isWhole = !isPrivateLabel && draws.chance(0.4);
  const eligible = isWhole ? products.filter((product) => product.brand === brand) : line;
  const makerFunding = draws.chance(0.3)
    ? ({ ...MAKER_FUNDING, funding: 'shared', vendorSharePercent: 60 } as const)
    : MAKER_FUNDING;
  return {
    ...EMPTY_COUPON,
    code,
    scope: 'brand',
    brand,
    category: isWhole ? null : category,
    campaignCode: isPrivateLabel ? 'OWN' : draws.pick(['MAKERS-A', 'MAKERS-B', 'MAKERS-C']),
    ...(isPrivateLabel ? RETAILER_FUNDING : makerFunding),
    ...reduction(draws, eligible),
  };
}

export type Reduction = Pick<
  Coupon,
  'kind' | 'percentOff' | 'amountOffCents' | 'maxDiscountCents' | 'minSpendCents'
>;

/** About a third off the usual price of what the coupon is for. */
export function reduction(draws: Draws, products: readonly Product[]): Reduction {
  const priceCents = averagePrice(products);
  const part = 0.32 * Math.exp(0.35 * draws.normal());
  const none = { percentOff: null, amountOffCents: null, maxDiscountCents: null, minSpendCents: 0 };
  switch (draws.pickWeighted([0.62, 0.26, 0.12])) {
    case 0:
      return amountOff(nearest(FACE_VALUES, priceCents * part), products);
    case 1: {
      const percentOff = Math.min(50, Math.max(10, Math.round((part * 100) / 5) * 5));
      return {
        ...none,
        kind: 'percent',
        percentOff,
        maxDiscountCents: roundHalfAway((2 * priceCents * percentOff) / 100),
      };
    }
    default:
      return { ...none, kind: 'bogo', maxDiscountCents: roundHalfAway(1.5 * priceCents) };
  }
}

/** So much off what the coupon is for; off two units where one unit would be nearly free. */
export function amountOff(amountOffCents: number, products: readonly Product[]): Reduction {
  const priceCents = averagePrice(products);
  return {
    kind: 'fixed',
    percentOff: null,
    amountOffCents,
    maxDiscountCents: null,
    minSpendCents: amountOffCents > 0.5 * priceCents ? roundHalfAway(2 * priceCents) : 0,
  };
}

type Target = { name: string; products: Product[] };

/** Each target once in turn before any comes twice, then the dearer ones oftener. */
function chooseTargets(draws: Draws, groups: Map<string, Product[]>, count: number): Target[] {
  const targets = [...groups].map(([name, products]) => ({ name, products }));
  const once = draws.shuffle(targets);
  const weights = targets.map(({ products }) => Math.sqrt(averagePrice(products)));
  return Array.from({ length: count }, (_, index) => once[index] ?? targets[draws.pickWeighted(weights)]!);
}

/** Mean price, each product weighted by its popularity. */
function averagePrice(products: readonly Product[]): number {
  const weight = products.reduce((sum, product) => sum + product.popularity, 0);
  return products.reduce((sum, product) => sum + product.popularity * product.regularPriceCents, 0) / weight;
}

export const RETAILER_FUNDING = { funding: 'retailer', vendorSharePercent: 0 } as const;
export const MAKER_FUNDING = {
  funding: 'vendor',
  vendorSharePercent: 100,
  feePerRedemptionCents: CLEARING_FEE_CENTS,
} as const;
/** Everything a coupon need not say. */
export const EMPTY_COUPON = {
  category: null,
  brand: null,
  percentOff: null,
  amountOffCents: null,
  maxDiscountCents: null,
  minSpendCents: 0,
  feePerRedemptionCents: 0,
  excludedBrands: [],
  redemptionLimit: null,
  isActive: true,
} satisfies Partial<Coupon>;

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(3, '0')}`);
}

function nearest(values: readonly number[], target: number): number {
  return values.reduce((best, value) => (Math.abs(value - target) < Math.abs(best - target) ? value : best));
}
