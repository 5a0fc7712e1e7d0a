import { COUPON_KINDS, FUNDINGS } from '../../domain/retail/coupon.ts';
import type { Coupon } from '../../domain/retail/coupon.ts';
import { AGE_GROUPS, GENDERS, INCOME_BRACKETS } from '../../domain/retail/persona.ts';
import { isSimulatedDate } from '../../domain/retail/calendar.ts';
import {
  BadCell,
  choice,
  column,
  flag,
  integer,
  optionalMoney,
  optionalPercent,
  optionalReal,
  optionalText,
  real,
  text,
} from '../cells.ts';
import type { Cell, Column, Options } from '../cells.ts';
import { dayOf } from './days.ts';
import { localTimeOf } from './local-time.ts';
import type { LocalTime } from './local-time.ts';
import type { Demographics } from './panel.ts';

// The panel folder, table by table: which columns, and what they hold. docs/panel.md says the same to the user.

export type PanelTable<Row> = {
  name: string;
  isRequired: boolean;
  columns: { [Field in keyof Row]-?: Column<Row[Field]> };
};

const CODE = 'letters, digits, _ . - only, at most 64';
const AMOUNT = 'an amount in units of the currency, 0 or more';
const OPTIONAL = { isOptional: true };

export type TransactionRow = {
  household: string;
  basket: string;
  time: LocalTime;
  product: string;
  quantity: number;
  paid: number;
  shelfDiscount: number;
  couponDiscount: number;
  vendorPaid: number;
  coupon: string | null;
};

/** @param clock from an instant to the time of the shops; null where their time zone is not known */
export function transactionsTable(clock: ((instant: Date) => LocalTime) | null): PanelTable<TransactionRow> {
  return {
    name: 'transactions',
    isRequired: true,
    columns: {
      household: householdId(),
      basket: text('basket_id', 'text that all lines of one receipt share', { aliases: ['receipt_id'] }),
      time: time('time', clock, { aliases: ['timestamp', 'transaction_timestamp'] }),
      product: code('product_id', { aliases: ['sku'] }),
      quantity: real('quantity', 'a number of units or a weight; 0 or less for what is not a purchase', 1),
      paid: real('paid', 'what the household paid for the line, in units of the currency', 0),
      shelfDiscount: optionalAmount('shelf_discount'),
      couponDiscount: optionalAmount('coupon_discount'),
      vendorPaid: optionalAmount('vendor_paid'),
      coupon: optionalText('coupon_id', 'a coupon of the table coupons, or empty', OPTIONAL),
    },
  };
}

export type ProductRow = {
  product: string;
  name: string | null;
  category: string | null;
  brand: string;
  isPrivateLabel: boolean;
  unitCost: number | null;
};

export const PRODUCTS: PanelTable<ProductRow> = {
  name: 'products',
  isRequired: true,
  columns: {
    product: code('product_id', { aliases: ['sku'] }),
    name: ofLength(
      optionalText('name', 'text of at most 200 characters, or empty', {
        aliases: ['product_name'],
        ...OPTIONAL,
      }),
    ),
    category: ofLength(
      optionalText('category', 'text of at most 200 characters; empty for what is no merchandise'),
    ),
    brand: where(text('brand', 'text of 1 to 200 characters'), (value) => value.length <= 200),
    isPrivateLabel: orElse(flag('is_private_label', { aliases: ['private_label'], ...OPTIONAL }), false),
    unitCost: where(
      optionalReal('unit_cost', `${AMOUNT}, or empty`, OPTIONAL),
      (value) => value === null || value >= 0,
    ),
  },
};

export type HouseholdRow = { household: string } & Demographics;

export const HOUSEHOLDS: PanelTable<HouseholdRow> = {
  name: 'households',
  isRequired: false,
  columns: {
    household: householdId(),
    age: where(optionalInteger('age', 'a whole number from 18 to 100, or empty'), isWithin(18, 100)),
    ageGroup: orElse(choice('age_group', AGE_GROUPS, OPTIONAL), null),
    gender: orElse(choice('gender', GENDERS, OPTIONAL), null),
    incomeBracket: orElse(choice('income_bracket', INCOME_BRACKETS, OPTIONAL), null),
    householdSize: where(
      optionalInteger('household_size', 'a whole number from 1 to 10, or empty'),
      isWithin(1, 10),
    ),
    hasChildren: orElse(flag('has_children', OPTIONAL), null),
    region: where(
      optionalText('region', 'text of at most 100 characters, or empty', OPTIONAL),
      (value) => value === null || value.length <= 100,
    ),
  },
};

export type PriceRow = {
  product: string;
  firstDay: number;
  lastDay: number | null;
  regular: number | null;
  promotional: number | null;
  isFeatured: boolean;
  isDisplayed: boolean;
};

const OPTIONAL_PRICE = 'an amount above 0 in units of the currency, or empty';

export const PRICES: PanelTable<PriceRow> = {
  name: 'prices',
  isRequired: false,
  columns: {
    product: code('product_id', { aliases: ['sku'] }),
    firstDay: day('first_day'),
    lastDay: orElse(day('last_day', OPTIONAL), null),
    regular: where(optionalReal('regular_price', OPTIONAL_PRICE, OPTIONAL), isPriceOrEmpty),
    promotional: where(
      optionalReal('promotional_price', OPTIONAL_PRICE, { aliases: ['promo_price'], ...OPTIONAL }),
      isPriceOrEmpty,
    ),
    isFeatured: orElse(flag('is_featured', { aliases: ['feature'], ...OPTIONAL }), false),
    isDisplayed: orElse(flag('is_displayed', { aliases: ['display'], ...OPTIONAL }), false),
  },
};

export const PANEL_SCOPES = ['frontstore', 'category', 'brand', 'products'] as const;

export type CouponRow = {
  coupon: string;
  campaign: string;
  campaignName: string | null;
  scope: (typeof PANEL_SCOPES)[number];
  category: string | null;
  brand: string | null;
  kind: Coupon['kind'] | null;
  percentOff: number | null;
  amountOffCents: number | null;
  maxDiscountCents: number | null;
  minSpendCents: number | null;
  funding: Coupon['funding'] | null;
  vendorSharePercent: number | null;
  feePerRedemptionCents: number | null;
};

export const COUPONS: PanelTable<CouponRow> = {
  name: 'coupons',
  isRequired: false,
  columns: {
    coupon: code('coupon_id'),
    campaign: code('campaign_id'),
    campaignName: ofLength(
      optionalText('campaign_name', 'text of at most 200 characters, or empty', OPTIONAL),
    ),
    scope: choice('scope', PANEL_SCOPES),
    category: optionalText('category', 'a category of the products, or empty', OPTIONAL),
    brand: optionalText('brand', 'a brand of the products, or empty', OPTIONAL),
    kind: orElse(choice('kind', COUPON_KINDS, OPTIONAL), null),
    percentOff: optionalPercent('percent_off', 'above 0, at most 100, for percent coupons only', OPTIONAL),
    amountOffCents: optionalMoney('amount_off', 'money from 0.01, for fixed coupons only', OPTIONAL),
    maxDiscountCents: optionalMoney('max_discount', 'money from 0.01, or empty', OPTIONAL),
    minSpendCents: optionalMoney('min_spend', 'money from 0.00, or empty', OPTIONAL),
    funding: orElse(choice('funding', FUNDINGS, OPTIONAL), null),
    vendorSharePercent: optionalPercent('vendor_share_percent', '0 to 100, for shared coupons', OPTIONAL),
    feePerRedemptionCents: optionalMoney(
      'fee_per_redemption',
      'money from 0.00 to 100.00, or empty',
      OPTIONAL,
    ),
  },
};

export type CouponProductRow = { coupon: string; product: string };

export const COUPON_PRODUCTS: PanelTable<CouponProductRow> = {
  name: 'coupon_products',
  isRequired: false,
  columns: { coupon: code('coupon_id'), product: code('product_id', { aliases: ['sku'] }) },
};

export type IssueRow = {
  household: string;
  coupon: string | null;
  campaign: string | null;
  issuedOn: number;
  expiresOn: number | null;
};

export const ISSUES: PanelTable<IssueRow> = {
  name: 'issues',
  isRequired: false,
  columns: {
    household: householdId(),
    coupon: optionalText(
      'coupon_id',
      'a coupon of the table coupons; empty where only the campaign is known',
    ),
    campaign: optionalText(
      'campaign_id',
      'a campaign of the table coupons; needed where coupon_id is empty',
      OPTIONAL,
    ),
    issuedOn: day('issued_on'),
    expiresOn: orElse(day('expires_on', OPTIONAL), null),
  },
};

export type RedemptionRow = { household: string; coupon: string; redeemedOn: number };

export const REDEMPTIONS: PanelTable<RedemptionRow> = {
  name: 'redemptions',
  isRequired: false,
  columns: {
    household: householdId(),
    coupon: code('coupon_id'),
    redeemedOn: day('redeemed_on'),
  },
};

/** In the order in which they refer to each other. */
export const PANEL_TABLES = [
  'products',
  'households',
  'coupons',
  'coupon_products',
  'transactions',
  'prices',
  'issues',
  'redemptions',
] as const;
export type PanelTableName = (typeof PANEL_TABLES)[number];

function where<T>(base: Column<T>, isGood: (value: T) => boolean): Column<T> {
  const read = (cell: Cell) => {
    const value = base.read(cell);
    if (!isGood(value)) throw new BadCell();
    return value;
  };
  return { ...base, read };
}

/** An empty cell is `empty`, others are as they were. */
function orElse<T, E>(base: Column<T>, empty: E): Column<T | E> {
  return {
    ...base,
    allowed: `${base.allowed}, or empty`,
    read: (cell) => (cell === null ? empty : base.read(cell)),
    write: (value) => (value === empty ? null : base.write(value as T)),
    filler: empty,
  };
}

function code(header: string, options: Options = {}): Column<string> {
  return where(text(header, CODE, options), (value) => /^[A-Za-z0-9_.-]{1,64}$/.test(value));
}

/** Shorter, since the agent's name has the panel's before it. */
function householdId(): Column<string> {
  const base = text('household_id', 'letters, digits, _ . - only, at most 43', { aliases: ['customer_id'] });
  return where(base, (value) => /^[A-Za-z0-9_.-]{1,43}$/.test(value));
}

function optionalAmount(header: string): Column<number> {
  return where(orElse(real(header, AMOUNT, 0, OPTIONAL), 0), (value) => value >= 0);
}

function optionalInteger(header: string, allowed: string): Column<number | null> {
  return { ...orElse(integer(header, allowed, 0, OPTIONAL), null), allowed };
}

function isWithin(low: number, high: number): (value: number | null) => boolean {
  return (value) => value === null || (value >= low && value <= high);
}

function isPriceOrEmpty(value: number | null): boolean {
  return value === null || (value > 0 && value <= 100_000);
}

function ofLength(base: Column<string | null>): Column<string | null> {
  return where(base, (value) => value === null || value.length <= 200);
}

/** A date, in days since 1970. */
function day(header: string, options: Options = {}): Column<number> {
  const read = (cell: Cell) => {
    const date = /^(\d{4}-\d{2}-\d{2})(T00:00(:00(\.0+)?)?Z?)?$/.exec(contentOf(cell))?.[1];
    if (!isSimulatedDate(date)) throw new BadCell('not a date');
    return dayOf(date);
  };
  return column(header, options, {
    allowed: 'a date like 2024-03-08',
    read,
    write: (value) => value,
    filler: 0,
  });
}

const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

function time(
  header: string,
  clock: ((instant: Date) => LocalTime) | null,
  options: Options,
): Column<LocalTime> {
  const read = (cell: Cell) => {
    const content = contentOf(cell);
    const [, date, hour, minute, , , zone] = TIME.exec(content) ?? [];
    if (!isSimulatedDate(date) || Number(hour) > 23 || Number(minute) > 59)
      throw new BadCell('not a date with a time');
    if (zone === undefined) return localTimeOf((dayOf(date) * 24 + Number(hour)) * 60 + Number(minute));
    if (clock === null)
      throw new BadCell('a time with a zone; name the time zone of the shops in panel.json');
    return clock(new Date(content.replace(' ', 'T')));
  };
  return column(header, options, {
    allowed: 'the local date and time, like 2024-03-08T17:42',
    read,
    write: (value) => value.day,
    filler: { day: 0, hour: 0, minute: 0 },
  });
}

function contentOf(cell: Cell): string {
  if (cell === null) throw new BadCell('empty');
  return String(cell.value);
}
