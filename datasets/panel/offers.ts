import { median } from '../../domain/descriptive-statistics.ts';
import type { Category, Product } from '../../domain/retail/catalog.ts';
import type { Campaign, Coupon } from '../../domain/retail/coupon.ts';
import { Draws } from '../draws.ts';
import { groupBy } from '../../domain/group-by.ts';
import {
  amountOff,
  EMPTY_COUPON,
  generateOffers,
  MAKER_FUNDING,
  reduction,
  RETAILER_FUNDING,
} from '../offer-generator.ts';
import type { Panel, PanelCoupon } from './panel.ts';

// The panel's coupons, as far as they are for something that the catalogue sells. One for a list of products becomes one
// for the brand or category that most of them have. What a coupon was worth is seen where it was used; where the panel
// does not tell, it is drawn around the known mean. Where the pool is too small, coupons are made up and say so.

const FRONTSTORE_COUPONS = 60;
/** The pool needs 150 at least. */
const FEWEST_COUPONS = 180;
/** Before the codes of all that is made up, which keeps them apart from the panel's. */
const MADE_UP = 'MERCATO-';

export type PanelOffers = {
  campaigns: Campaign[];
  coupons: Coupon[];
  /** How many coupons of the panel are not for anything that the catalogue sells. */
  leftOut: number;
  madeUp: number;
};

export function panelOffers(
  panel: Panel,
  categories: readonly Category[],
  products: readonly Product[],
  seed: string,
): PanelOffers {
  const bySku = new Map(products.map((product) => [product.sku, product]));
  const values = valuesWhereUsed(panel);
  const own = panel.coupons.flatMap((coupon, position) => {
    const target = targetOf(panel, coupon, products, bySku);
    return target === null ? [] : [couponOf(panel, coupon, target, values.get(position) ?? [], seed)];
  });
  const frontstore = own.filter(({ scope }) => scope === 'frontstore').length;
  const short = Math.max(0, FEWEST_COUPONS - (own.length - frontstore));
  const invented = generateOffers({
    seed,
    categories,
    products,
    frontstore: Math.max(0, FRONTSTORE_COUPONS - frontstore),
    category: Math.ceil(short / 2),
    brand: Math.floor(short / 2),
  });
  const used = new Set(own.map(({ campaignCode }) => campaignCode));
  return {
    campaigns: [
      ...panel.campaigns
        .filter(({ code }) => used.has(code))
        .map(({ code, name }) => ({ code, name, budgetCents: null })),
      ...invented.campaigns.map(({ code, name }) => ({
        code: `${MADE_UP}${code}`,
        name: `${name} (not from the panel)`,
        budgetCents: null,
      })),
    ],
    coupons: [
      ...own,
      ...invented.coupons.map((coupon) => ({
        ...coupon,
        code: `${MADE_UP}${coupon.code}`,
        campaignCode: `${MADE_UP}${coupon.campaignCode}`,
      })),
    ],
    leftOut: panel.coupons.length - own.length,
    madeUp: invented.coupons.length,
  };
}

type Target = Pick<Coupon, 'scope' | 'category' | 'brand'> & { eligible: readonly Product[] };

/** Null for what the catalogue does not sell. */
function targetOf(
  panel: Panel,
  { target }: PanelCoupon,
  products: readonly Product[],
  bySku: ReadonlyMap<string, Product>,
): Target | null {
  switch (target.type) {
    case 'frontstore':
      return { scope: 'frontstore', category: null, brand: null, eligible: products };
    case 'category': {
      const { category } = target;
      const eligible = products.filter((product) => product.category === category);
      return eligible.length === 0 ? null : { scope: 'category', category, brand: null, eligible };
    }
    case 'brand': {
      const { brand, category } = target;
      const eligible = products.filter(
        (product) => product.brand === brand && (category === null || product.category === category),
      );
      return eligible.length === 0 ? null : { scope: 'brand', category, brand, eligible };
    }
    case 'products': {
      const listed = Array.from(target.products, (position) => bySku.get(panel.products[position]!.id));
      return mostOf(listed.filter((product) => product !== undefined));
    }
  }
}

function mostOf(listed: readonly Product[]): Target | null {
  if (listed.length === 0) return null;
  const brand = mostFrequent(listed, (product) => product.brand);
  const category = mostFrequent(listed, (product) => product.category);
  if (brand.share < 0.5)
    return {
      scope: 'category',
      category: category.name,
      brand: null,
      eligible: listed.filter((product) => product.category === category.name),
    };
  return {
    scope: 'brand',
    category: category.share < 1 ? null : category.name,
    brand: brand.name,
    eligible: listed.filter((product) => product.brand === brand.name),
  };
}

function couponOf(
  panel: Panel,
  { code, campaign, value, funding }: PanelCoupon,
  { eligible, ...target }: Target,
  amounts: readonly number[],
  seed: string,
): Coupon {
  const seen = amounts.length === 0 ? null : Math.max(1, Math.round(100 * median(amounts)));
  const usual = target.scope === 'brand' && !eligible[0]!.isPrivateLabel ? MAKER_FUNDING : RETAILER_FUNDING;
  return {
    ...EMPTY_COUPON,
    code,
    campaignCode: panel.campaigns[campaign]!.code,
    ...target,
    ...(funding ?? usual),
    ...(value ??
      (seen === null ? reduction(new Draws(seed, 'coupon', code), eligible) : amountOff(seen, eligible))),
  };
}

/**
 * What was taken off where a coupon was used, in units of the currency, by its position: on the lines that name it, and
 * for a redemption that no line names, on the household's lines of that day with a coupon and a product of its list.
 */
function valuesWhereUsed({ lines, coupons, redemptions }: Panel): Map<number, number[]> {
  const values = new Map<number, number[]>();
  const add = (coupon: number, line: number) => {
    const seen = values.get(coupon);
    if (seen === undefined) values.set(coupon, [lines.couponDiscount[line]!]);
    else seen.push(lines.couponDiscount[line]!);
  };
  const unnamed = new Map<string, number[]>();
  for (let line = 0; line < lines.count; line++) {
    if (lines.couponDiscount[line]! <= 0) continue;
    if (lines.coupon[line]! >= 0) add(lines.coupon[line]!, line);
    else {
      const key = `${lines.household[line]}/${lines.day[line]}`;
      const others = unnamed.get(key);
      if (others === undefined) unnamed.set(key, [line]);
      else others.push(line);
    }
  }
  for (let row = 0; row < redemptions.count; row++) {
    const { target } = coupons[redemptions.coupon[row]!]!;
    if (target.type !== 'products') continue;
    for (const line of unnamed.get(`${redemptions.household[row]}/${redemptions.day[row]}`) ?? [])
      if (target.products.includes(lines.product[line]!)) add(redemptions.coupon[row]!, line);
  }
  return values;
}

function mostFrequent(
  products: readonly Product[],
  keyOf: (product: Product) => string,
): { name: string; share: number } {
  const [name, members] = [...groupBy(products, keyOf)].sort(
    (a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1),
  )[0]!;
  return { name, share: members.length / products.length };
}
