import { z } from 'zod';
import { ln } from '../math.ts';
import { isSimulatedDate } from './calendar.ts';
import type { CatalogIndex, ShelfPrice } from './catalog-index.ts';
import type { Product } from './catalog.ts';

/**
 * What is not like other days: seasons, holidays, days on which the store is closed, price shocks. An event says when it
 * is and what it does; where events meet, their factors multiply. Simulations without events have none of this.
 */

const factor = z.number().min(0.01).max(100);
const label = z.string().min(1).max(200);

/** `2026-12-24` is one day; `12-24` comes again each year. */
const EventDate = z
  .string()
  .refine(
    (value) => isSimulatedDate(/^\d\d-\d\d$/.test(value) ? inLeapYear(value) : value),
    'a date like 2026-12-24, or 12-24 for each year',
  );

function inLeapYear(monthAndDay: string): string {
  return `2028-${monthAndDay}`;
}

/** Both days included; without `to` a single day. A span of each year may go over the end of the year. */
const EventDates = z
  .strictObject({ from: EventDate, to: EventDate.optional() })
  .refine(({ from, to }) => to === undefined || to.length === from.length, {
    path: ['to'],
    message: '`from` and `to` both have a year, or neither',
  })
  .refine(({ from, to }) => to === undefined || from.length === 5 || from <= to, {
    path: ['to'],
    message: 'before `from`',
  });

/**
 * Factors on what products cost to shoppers and to the store. It is about the products that fit all of `sku`, `category`
 * and `brand` that are given; with none of them, about all products.
 */
export const PriceShock = z.strictObject({
  sku: label.optional(),
  category: label.optional(),
  brand: label.optional(),
  /** On shelf prices, regular and promotional. */
  price: factor.optional(),
  /** On unit costs. */
  cost: factor.optional(),
});
export type PriceShock = z.infer<typeof PriceShock>;

export const CalendarEvent = z
  .strictObject({
    name: label,
    dates: z.array(EventDates).min(1).max(100),
    /** On the odds of a visit. */
    visits: factor.optional(),
    /** On the mean number of lines of a trip. */
    basketSize: factor.optional(),
    /** On the mean number of lines of single categories. */
    demand: z
      .array(z.strictObject({ category: label, factor }))
      .max(200)
      .optional(),
    prices: z.array(PriceShock).max(200).optional(),
    /** Nobody shops on these days. */
    isClosed: z.boolean().optional(),
  })
  .refine(
    ({ visits, basketSize, demand = [], prices = [], isClosed }) =>
      visits !== undefined ||
      basketSize !== undefined ||
      demand.length > 0 ||
      prices.length > 0 ||
      isClosed === true,
    'does nothing: give visits, basketSize, demand, prices or isClosed',
  );
export type CalendarEvent = z.infer<typeof CalendarEvent>;

export const EventCalendar = z.array(CalendarEvent).max(1_000);
export type EventCalendar = z.infer<typeof EventCalendar>;

/** All that the events of one day do together. */
export type DayEffects = {
  /** Of the events, as in the calendar. */
  readonly names: readonly string[];
  readonly isClosed: boolean;
  readonly visitLogOdds: number;
  readonly basketSize: number;
  readonly demand: ReadonlyMap<string, number>;
  readonly prices: readonly PriceShock[];
  /** Equal for days with equal shocks; empty without. */
  readonly pricesKey: string;
};

const known = new WeakMap<EventCalendar, Map<string, DayEffects | null>>();

/** What is special about a date; null on an ordinary day. Worked out once for each date of a calendar. */
export function effectsOn(calendar: EventCalendar, date: string): DayEffects | null {
  if (calendar.length === 0) return null;
  const byDate = known.get(calendar) ?? new Map<string, DayEffects | null>();
  known.set(calendar, byDate);
  const before = byDate.get(date);
  if (before !== undefined) return before;
  const effects = effectsOf(calendar.filter((event) => event.dates.some((dates) => isWithin(dates, date))));
  byDate.set(date, effects);
  return effects;
}

function isWithin({ from, to = from }: z.infer<typeof EventDates>, date: string): boolean {
  const day = from.length === 5 ? date.slice(5) : date;
  return from <= to ? from <= day && day <= to : day >= from || day <= to;
}

function effectsOf(events: readonly CalendarEvent[]): DayEffects | null {
  if (events.length === 0) return null;
  const demand = new Map<string, number>();
  for (const { category, factor } of events.flatMap((event) => event.demand ?? []))
    demand.set(category, (demand.get(category) ?? 1) * factor);
  const prices = events.flatMap((event) => event.prices ?? []);
  return {
    names: events.map((event) => event.name),
    isClosed: events.some((event) => event.isClosed === true),
    visitLogOdds: ln(events.reduce((product, event) => product * (event.visits ?? 1), 1)),
    basketSize: events.reduce((product, event) => product * (event.basketSize ?? 1), 1),
    demand,
    prices,
    pricesKey: prices.length === 0 ? '' : JSON.stringify(prices),
  };
}

/** A shelf price under shocks, rounded to cents, at least one cent. */
export function shockedPrice(price: ShelfPrice, product: Product, shocks: readonly PriceShock[]): ShelfPrice {
  const own = shocks.filter(
    ({ sku, category, brand }) =>
      (sku === undefined || sku === product.sku) &&
      (category === undefined || category === product.category) &&
      (brand === undefined || brand === product.brand),
  );
  if (own.length === 0) return price;
  const onPrice = own.reduce((all, shock) => all * (shock.price ?? 1), 1);
  const onCost = own.reduce((all, shock) => all * (shock.cost ?? 1), 1);
  return {
    ...price,
    regularPriceCents: Math.max(1, Math.round(price.regularPriceCents * onPrice)),
    unitPriceCents: Math.max(1, Math.round(price.unitPriceCents * onPrice)),
    unitCostCents: Math.round(price.unitCostCents * onCost),
  };
}

/** Categories, brands and products that a calendar names and the catalogue does not have, each with its place. */
export function unknownNames(calendar: EventCalendar, catalog: CatalogIndex): string[] {
  const brands = new Set([...catalog.productBySku.values()].map((product) => product.brand));
  return calendar.flatMap((event, i) => {
    const at = (path: string, kind: string, name: string | undefined, isKnown: (name: string) => boolean) =>
      name === undefined || isKnown(name) ? [] : [`events.${i}.${path} (${event.name}): ${kind} "${name}"`];
    const isCategory = (name: string) => catalog.categoryByName.has(name);
    return [
      ...(event.demand ?? []).flatMap(({ category }, j) =>
        at(`demand.${j}.category`, 'category', category, isCategory),
      ),
      ...(event.prices ?? []).flatMap(({ sku, category, brand }, j) => [
        ...at(`prices.${j}.sku`, 'product', sku, (name) => catalog.productBySku.has(name)),
        ...at(`prices.${j}.category`, 'category', category, isCategory),
        ...at(`prices.${j}.brand`, 'brand', brand, (name) => brands.has(name)),
      ]),
    ];
  });
}
