import type { Campaign, Coupon } from '../../domain/retail/coupon.ts';
import type { Persona } from '../../domain/retail/persona.ts';

// What a loyalty card knows, in memory: who bought what, when and for how much. The lines, which may be millions,
// lie in columns; households, products, coupons and campaigns are named by their position in their list.
// docs/panel.md describes the folder that this comes from.

export type Panel = {
  /** Dataset that it becomes, and what the names of its agents begin with. */
  id: string;
  agentPrefix: string;
  title: string;
  notice: string | null;
  /** ISO 4217 code. */
  currency: string;
  storeName: string;
  region: string;
  /** First and last day that the panel watched, whole days since 1970-01-01. */
  firstDay: number;
  lastDay: number;
  /** Weekday on which promotions begin; 0 = Sunday … 6 = Saturday. */
  promotionWeekStart: number;
  households: PanelHousehold[];
  products: PanelProduct[];
  lines: Lines;
  /** Null when all that is known of prices is in the lines. */
  prices: PanelPrices | null;
  campaigns: Pick<Campaign, 'code' | 'name'>[];
  coupons: PanelCoupon[];
  issues: CouponIssues;
  redemptions: CouponRedemptions;
};

/** What is known of a household; null where it is not. */
export type Demographics = {
  age: number | null;
  ageGroup: Persona['ageGroup'] | null;
  gender: Persona['gender'] | null;
  incomeBracket: Persona['incomeBracket'] | null;
  householdSize: number | null;
  hasChildren: boolean | null;
  region: string | null;
};

export type PanelHousehold = { id: string; demographics: Demographics };

export type PanelProduct = {
  id: string;
  name: string;
  /** Null for what is no merchandise: fuel, deposits, stamps. */
  category: string | null;
  brand: string;
  isPrivateLabel: boolean;
  /** In units of the currency; null where it is not known. */
  unitCost: number | null;
};

/**
 * One line of a receipt a row, in order of time. Amounts are for the whole line, in units of the currency, 0 or more
 * for purchases. Times are local.
 */
export type Lines = {
  count: number;
  household: Int32Array;
  basket: Int32Array;
  product: Int32Array;
  /** Units, or a weight; 0 or less is not a purchase. */
  quantity: Float64Array;
  /** What the household paid, after all discounts. */
  paid: Float64Array;
  /** Taken off by a promotion or the loyalty card, without coupons. */
  shelfDiscount: Float64Array;
  /** Taken off by coupons, whoever pays for them. */
  couponDiscount: Float64Array;
  /** Part of the coupon discount that a vendor pays back to the shop. */
  vendorPaid: Float64Array;
  /** Coupon used on the line; −1 for none, or where it is not known which. */
  coupon: Int32Array;
  /** Whole days since 1970-01-01. */
  day: Int32Array;
  hour: Uint8Array;
};

/** Prices and support of products from one day to another, both included. */
export type PanelPrices = {
  count: number;
  product: Int32Array;
  firstDay: Int32Array;
  lastDay: Int32Array;
  /** In units of the currency; NaN where it is not given. */
  regular: Float64Array;
  /** NaN for no promotion. Null as a whole where the lines have to tell which there were. */
  promotional: Float64Array | null;
  isFeatured: Uint8Array;
  isDisplayed: Uint8Array;
};

export type CouponTarget =
  | { type: 'frontstore' }
  | { type: 'category'; category: string }
  | { type: 'brand'; brand: string; category: string | null }
  | { type: 'products'; products: Int32Array };

export type PanelCoupon = {
  code: string;
  campaign: number;
  target: CouponTarget;
  /** Null where the panel does not say what it was worth. */
  value: Pick<Coupon, 'kind' | 'percentOff' | 'amountOffCents' | 'maxDiscountCents' | 'minSpendCents'> | null;
  /** Null where it does not say who paid. */
  funding: Pick<Coupon, 'funding' | 'vendorSharePercent' | 'feePerRedemptionCents'> | null;
};

/** Which household was given which coupon, from which day to which. */
export type CouponIssues = {
  count: number;
  household: Int32Array;
  campaign: Int32Array;
  /** −1 where only the campaign is known. */
  coupon: Int32Array;
  day: Int32Array;
  /** Last day on which it could be used; −1 where it is not known. */
  lastDay: Int32Array;
};

export type CouponRedemptions = {
  count: number;
  household: Int32Array;
  coupon: Int32Array;
  day: Int32Array;
};

export const NOTHING_KNOWN_OF_HOUSEHOLD: Demographics = {
  age: null,
  ageGroup: null,
  gender: null,
  incomeBracket: null,
  householdSize: null,
  hasChildren: null,
  region: null,
};

/** A line that counts: a product that was taken home. */
export function isPurchase(lines: Lines, index: number): boolean {
  return lines.quantity[index]! > 0;
}

export function hasCoupon(lines: Lines, index: number): boolean {
  return lines.couponDiscount[index]! > 0 || lines.coupon[index]! >= 0;
}

/** What the line would have cost without promotion and coupons, in units of the currency. */
export function regularAmount(lines: Lines, index: number): number {
  return lines.paid[index]! + lines.shelfDiscount[index]! + lines.couponDiscount[index]!;
}

/** What the shop received for it, from the household and from vendors. */
export function receivedAmount(lines: Lines, index: number): number {
  return lines.paid[index]! + lines.vendorPaid[index]!;
}

/** Days watched. */
export function daysOf({ firstDay, lastDay }: Pick<Panel, 'firstDay' | 'lastDay'>): number {
  return lastDay - firstDay + 1;
}

/** Part of a panel: some of its households, on some of its days; what is left out of either is as it was. */
export type PanelWindow = { households?: Iterable<string>; firstDay?: number; lastDay?: number };

/**
 * The panel as if it had watched only these households on only these days, with the coupons that they could use then.
 * What was sold, at which prices and with which coupons stays as it was. For keeping apart what is fitted on and what is tested on.
 */
export function windowOf(panel: Panel, window: PanelWindow): Panel {
  const firstDay = Math.max(panel.firstDay, window.firstDay ?? panel.firstDay);
  const lastDay = Math.min(panel.lastDay, window.lastDay ?? panel.lastDay);
  if (lastDay < firstDay)
    throw new RangeError(`The panel has no day from ${window.firstDay} to ${window.lastDay}.`);
  const wanted = window.households === undefined ? null : new Set(window.households);
  const households: PanelHousehold[] = [];
  const positions = Int32Array.from(panel.households, (household) =>
    wanted === null || wanted.has(household.id) ? households.push(household) - 1 : -1,
  );
  if (wanted !== null && households.length < wanted.size) {
    const known = new Set(households.map(({ id }) => id));
    const missing = [...wanted].find((id) => !known.has(id));
    throw new RangeError(`The panel has no household ${JSON.stringify(missing)}.`);
  }
  const pick = <Table extends Lines | CouponIssues | CouponRedemptions>(
    table: Table,
    isWithin = (row: number) => table.day[row]! >= firstDay && table.day[row]! <= lastDay,
  ): Table => {
    const picked = rowsOf(table, (row) => positions[table.household[row]!]! >= 0 && isWithin(row));
    for (let i = 0; i < picked.count; i++) picked.household[i] = positions[picked.household[i]!]!;
    return picked;
  };
  const { issues } = panel;
  const couldBeUsed = (row: number) =>
    issues.day[row]! <= lastDay && (issues.lastDay[row] === -1 || issues.lastDay[row]! >= firstDay);
  return {
    ...panel,
    firstDay,
    lastDay,
    households,
    lines: pick(panel.lines),
    issues: pick(issues, couldBeUsed),
    redemptions: pick(panel.redemptions),
  };
}

type Column = Int32Array | Float64Array | Uint8Array;

/** The rows of a table of columns that are to be kept, in their order. */
function rowsOf<Table extends { count: number }>(table: Table, isKept: (row: number) => boolean): Table {
  const kept: number[] = [];
  for (let row = 0; row < table.count; row++) if (isKept(row)) kept.push(row);
  return rowsAt(table, kept);
}

/** The rows of a table of columns at these positions. */
export function rowsAt<Table extends { count: number }>(table: Table, rows: ArrayLike<number>): Table {
  const columns = Object.entries(table).map(([name, column]: [string, number | Column]) => {
    if (typeof column === 'number') return [name, rows.length];
    const picked = new (column.constructor as new (length: number) => Column)(rows.length);
    for (let i = 0; i < rows.length; i++) picked[i] = column[rows[i]!]!;
    return [name, picked];
  });
  return Object.fromEntries(columns) as Table;
}
