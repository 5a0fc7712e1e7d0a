import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Category, Product, ProductPrice, Store } from '../domain/retail/catalog.ts';
import { Campaign, Coupon } from '../domain/retail/coupon.ts';
import { Persona } from '../domain/retail/persona.ts';
import { groupBy } from '../domain/group-by.ts';
import {
  DEFAULT_SEED,
  generateShippedDataset,
  moreShippedAgents,
  SHIPPED_AGENTS,
} from './shipped-dataset.ts';
import { NOTHING_KNOWN, parseWorkbook } from './workbook.ts';

const dataset = generateShippedDataset(DEFAULT_SEED);
const { agents, categories, coupons, prices, products } = dataset;

test('data/mercato.xlsx is what the generator writes: npx tsx scripts/generate-workbook.ts', () => {
  const file = readFileSync(path.join(__dirname, '..', 'data', 'mercato.xlsx'));
  const head = { title: '', notice: null, currency: 'EUR' };
  expect(parseWorkbook(file, { id: 'default', head, known: NOTHING_KNOWN })).toEqual({ dataset, issues: [] });
});

test('every row fits its schema', () => {
  const rows: [{ parse: (row: unknown) => unknown }, unknown[]][] = [
    [Store, dataset.stores],
    [Category, categories],
    [Product, products],
    [ProductPrice, prices],
    [Campaign, dataset.campaigns],
    [Coupon, coupons],
    [Persona, agents],
  ];
  for (const [schema, values] of rows) for (const value of values) expect(schema.parse(value)).toEqual(value);
});

test('there is enough of everything', () => {
  expect(agents).toHaveLength(SHIPPED_AGENTS);
  expect(categories).toHaveLength(30);
  expect(products.length).toBeGreaterThanOrEqual(1_500);
  expect(
    Math.min(
      ...[...groupBy(products, (product) => product.category).values()].map((members) => members.length),
    ),
  ).toBeGreaterThanOrEqual(50);
  expect(coupons.filter(({ scope }) => scope === 'frontstore').length).toBeGreaterThanOrEqual(100);
  expect(coupons.filter(({ scope }) => scope !== 'frontstore').length).toBeGreaterThanOrEqual(300);
  expect(new Set(coupons.map(({ kind }) => kind)).size).toBe(4);
});

test('every coupon can be used on some product', () => {
  for (const { category, brand, excludedBrands } of coupons) {
    const eligible = products.filter(
      (product) =>
        (category === null || product.category === category) &&
        (brand === null || product.brand === brand) &&
        !excludedBrands.includes(product.brand),
    );
    expect(eligible.length).toBeGreaterThan(0);
  }
});

test('a larger population begins with the smaller one', () => {
  const more = moreShippedAgents(dataset, 400);
  expect(more).toHaveLength(400);
  expect(more.slice(0, SHIPPED_AGENTS)).toEqual(agents);
});

describe('the figures of the panel', () => {
  const weightOf = new Map(categories.map(({ name, basketWeight }) => [name, basketWeight]));
  const popularityOf = new Map(
    [...groupBy(products, ({ category }) => category)].map(([name, members]) => [
      name,
      sum(members.map(({ popularity }) => popularity)),
    ]),
  );
  /** Part of the lines that a product has at regular prices. */
  const volumeOf = (product: Product) =>
    (weightOf.get(product.category)! * product.popularity) / popularityOf.get(product.category)!;

  test('prices: median about 2.20, a tenth below 0.79 and above 5.19', () => {
    const priced = products.map((product) => ({
      value: product.regularPriceCents,
      weight: volumeOf(product),
    }));
    expectWithin(quantile(priced, 0.1), 70, 110);
    expectWithin(quantile(priced, 0.5), 200, 240);
    expectWithin(quantile(priced, 0.9), 470, 570);
  });

  test('own labels: about 28 % of value', () => {
    const value = products.map((product) => ({
      value: volumeOf(product) * product.regularPriceCents,
      isOwn: product.isPrivateLabel,
    }));
    expectWithin(
      sum(value.filter(({ isOwn }) => isOwn).map((one) => one.value)) / sum(value.map((one) => one.value)),
      0.26,
      0.31,
    );
  });

  test('promotions: half of the lines are sold below the shelf price, at a median of 24 % off', () => {
    const lines = boughtLines();
    const promoted = lines.filter(({ value }) => value > 0);
    expectWithin(
      sum(promoted.map(({ weight }) => weight)) / sum(lines.map(({ weight }) => weight)),
      0.45,
      0.55,
    );
    expectWithin(quantile(promoted, 0.5), 0.2, 0.28);
  });

  test('face values: mean about 1.20, about a third of the price', () => {
    const fixed = coupons.filter(({ kind, scope }) => kind === 'fixed' && scope !== 'frontstore');
    expectWithin(sum(fixed.map(({ amountOffCents }) => amountOffCents!)) / fixed.length, 105, 140);
  });

  test('agents: frequency classes, coupon use, budgets and households of a large population', () => {
    const many = moreShippedAgents(dataset, 3_000);
    const shareOf = (test: (persona: Persona) => boolean) => many.filter(test).length / many.length;
    expectWithin(
      shareOf(({ shoppingFrequency }) => shoppingFrequency === 'frequent'),
      0.1,
      0.15,
    );
    expectWithin(
      shareOf(({ shoppingFrequency }) => shoppingFrequency === 'rare'),
      0.14,
      0.19,
    );
    expectWithin(
      shareOf(({ couponAffinity }) => couponAffinity === 0),
      0.34,
      0.4,
    );
    expectWithin(
      shareOf(({ hasChildren }) => hasChildren),
      0.33,
      0.39,
    );
    const affinities = many.map(({ couponAffinity }) => couponAffinity).sort((a, b) => b - a);
    expectWithin(sum(affinities.slice(0, 300)) / sum(affinities), 0.63, 0.77);
    const budgets = many.map(({ weeklyBudgetCents }) => ({ value: weeklyBudgetCents, weight: 1 }));
    expectWithin(quantile(budgets, 0.5), 4_300, 5_100);
    expectWithin(quantile(budgets, 0.9), 9_600, 11_600);
    expectWithin(
      correlation(
        many.map(({ age }) => age),
        many.map(({ techSavviness }) => techSavviness),
      ),
      -0.7,
      -0.45,
    );
    expectWithin(
      correlation(
        many.map(({ priceSensitivity }) => priceSensitivity),
        many.map(({ couponAffinity }) => couponAffinity),
      ),
      0.1,
      0.35,
    );
  });

  /** Lines of the year, if shoppers answer a price change of 1 % by 3.5 % inside the category, as the panels say. */
  function boughtLines(): { value: number; weight: number }[] {
    const calendar = new Map(prices.map((price) => [`${price.sku}/${price.week}`, price]));
    return categories.flatMap(({ name, basketWeight }) => {
      const shelf = products.filter(({ category }) => category === name);
      return Array.from({ length: 53 }, (_, index) => index + 1).flatMap((week) => {
        const demand = shelf.map((product) => {
          const price = calendar.get(`${product.sku}/${week}`);
          const depth = price?.promotionalPriceCents
            ? 1 - price.promotionalPriceCents / price.regularPriceCents
            : 0;
          const support = (price?.isFeatured ? 0.5 : 0) + (price?.isDisplayed ? 0.4 : 0);
          return { value: depth, weight: product.popularity * Math.exp(3.5 * depth + support) };
        });
        const total = sum(demand.map(({ weight }) => weight));
        return demand.map(({ value, weight }) => ({ value, weight: (basketWeight * weight) / total }));
      });
    });
  }
});

function expectWithin(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function quantile(values: readonly { value: number; weight: number }[], share: number): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  let rest = share * sum(sorted.map(({ weight }) => weight));
  return sorted.find(({ weight }) => (rest -= weight) <= 0)!.value;
}

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const center = (values: readonly number[]) => values.map((value) => value - sum(values) / values.length);
  const [a, b] = [center(xs), center(ys)];
  const dot = (one: readonly number[], other: readonly number[]) =>
    sum(one.map((value, index) => value * other[index]!));
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
