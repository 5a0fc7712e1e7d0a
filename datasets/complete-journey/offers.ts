import type { Category, Product } from '../../domain/retail/catalog.ts';
import type { Campaign, Coupon } from '../../domain/retail/coupon.ts';
import { Draws } from '../draws.ts';
import { groupBy } from '../group-by.ts';
import {
  EMPTY_COUPON,
  generateOffers,
  MAKER_FUNDING,
  reduction,
  RETAILER_FUNDING,
} from '../offer-generator.ts';
import type { Panel } from './panel.ts';

// The panel's coupons, as far as they are for products of the catalogue. A panel coupon is for a list of products; here
// it is for the brand or category that most of them have. The panel does not say what a coupon was worth, so face
// values are drawn around the known mean, and it has no offers on whole baskets, so those are made up and say so.

const FRONTSTORE_COUPONS = 60;
/** The pool needs 150 at least; more where the panel has them. */
const FEWEST_COUPONS = 180;
const MOST_COUPONS = 400;

export function panelOffers(
  { campaigns, coupons }: Panel,
  categories: readonly Category[],
  products: readonly Product[],
  seed: string,
): { campaigns: Campaign[]; coupons: Coupon[] } {
  const bySku = new Map(products.map((product) => [product.sku, product]));
  const covered = coupons.filter(({ product }) => bySku.has(String(product)));
  const mapped = [...groupBy(covered, ({ campaign, upc }) => `${campaign}/${upc}`).values()]
    .sort((a, b) => b.length - a.length || a[0]!.campaign - b[0]!.campaign || a[0]!.upc - b[0]!.upc)
    .slice(0, MOST_COUPONS)
    .map((rows) =>
      couponOf(
        rows[0]!.campaign,
        rows[0]!.upc,
        rows.map(({ product }) => bySku.get(String(product))!),
        seed,
      ),
    );
  const short = Math.max(0, FEWEST_COUPONS - mapped.length);
  const invented = generateOffers({
    seed,
    categories,
    products,
    frontstore: FRONTSTORE_COUPONS,
    category: Math.ceil(short / 2),
    brand: Math.floor(short / 2),
  });
  const used = new Set(mapped.map(({ campaignCode }) => campaignCode));
  return {
    campaigns: [
      ...campaigns
        .map(({ id, type }) => ({
          code: campaignCode(id),
          name: `Panel campaign ${id}, ${type.toLowerCase()}`,
          budgetCents: null,
        }))
        .filter(({ code }) => used.has(code)),
      ...invented.campaigns.map((campaign) => ({
        ...campaign,
        name: `${campaign.name} (not from the panel)`,
        budgetCents: null,
      })),
    ],
    coupons: [...mapped, ...invented.coupons],
  };
}

function couponOf(campaign: number, upc: number, listed: readonly Product[], seed: string): Coupon {
  const brand = mostFrequent(listed, (product) => product.brand);
  const category = mostFrequent(listed, (product) => product.category);
  const isForBrand = brand.share >= 0.5;
  const eligible = listed.filter((product) =>
    isForBrand ? product.brand === brand.name : product.category === category.name,
  );
  const isOwnLabel = eligible[0]!.isPrivateLabel;
  return {
    ...EMPTY_COUPON,
    code: `CJ-${campaign}-${upc}`,
    campaignCode: campaignCode(campaign),
    ...(isForBrand ? { scope: 'brand' as const, brand: brand.name } : { scope: 'category' as const }),
    category: isForBrand && category.share < 1 ? null : category.name,
    ...(isForBrand && !isOwnLabel ? MAKER_FUNDING : RETAILER_FUNDING),
    ...reduction(new Draws(seed, 'coupon', campaign, upc), eligible),
  };
}

function campaignCode(id: number): string {
  return `CJ-${id}`;
}

function mostFrequent(
  products: readonly Product[],
  keyOf: (product: Product) => string,
): { name: string; share: number } {
  const [name, members] = [...groupBy(products, keyOf)].sort(
    (a, b) => b[1].length - a[1].length || a[0].localeCompare(b[0]),
  )[0]!;
  return { name, share: members.length / products.length };
}
