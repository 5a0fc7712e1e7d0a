import { readFileSync } from 'node:fs';
import { generateShippedDataset } from '../../datasets/shipped-dataset.ts';
import {
  START_DATE,
  aCatalog,
  aCatalogIndex,
  aConfig,
  aDay,
  aPersona,
  aPrice,
  aProduct,
  aTrip,
} from '../../tests/builders.ts';
import { simulateDirectly } from '../../graphs/retail/direct-simulation.ts';
import type { DirectSession } from '../../graphs/retail/direct-simulation.ts';
import { indexCatalog, shelfPriceOf } from './catalog-index.ts';
import { categoryNeeds, planTrip } from './category-choice.ts';
import { EventCalendar, effectsOn, shockedPrice, unknownNames } from './event-calendar.ts';
import type { CalendarEvent } from './event-calendar.ts';
import { shelfOf } from './product-choice.ts';
import { SimulationConfig } from './simulation.ts';
import { visitDecision } from './visit-choice.ts';

const anEvent = (given: Partial<CalendarEvent> = {}): CalendarEvent => ({
  name: 'fair',
  dates: [{ from: START_DATE }],
  ...given,
});
const namesOn = (date: string, dates: CalendarEvent['dates']): readonly string[] =>
  effectsOn([anEvent({ dates, visits: 2 })], date)?.names ?? [];

describe('an event is on', () => {
  test.each([
    ['its day', '2026-03-02', [{ from: '2026-03-02' }], true],
    ['the same day of another year, when it has a year', '2027-03-02', [{ from: '2026-03-02' }], false],
    ['its first day', '2026-03-02', [{ from: '2026-03-02', to: '2026-03-05' }], true],
    ['its last day', '2026-03-05', [{ from: '2026-03-02', to: '2026-03-05' }], true],
    ['the day after its last', '2026-03-06', [{ from: '2026-03-02', to: '2026-03-05' }], false],
    ['its day of any year, when it has no year', '2031-10-31', [{ from: '10-20', to: '10-31' }], true],
    [
      'a day after the end of the year that it goes over',
      '2027-01-02',
      [{ from: '12-27', to: '01-02' }],
      true,
    ],
    [
      'a day outside of one that goes over the end of the year',
      '2027-01-03',
      [{ from: '12-27', to: '01-02' }],
      false,
    ],
    ['29 February', '2028-02-29', [{ from: '02-29' }], true],
    ['the second of its dates', '2027-03-28', [{ from: '2026-04-05' }, { from: '2027-03-28' }], true],
  ])('%s', (_, date, dates, isOn) => {
    expect(namesOn(date, dates)).toEqual(isOn ? ['fair'] : []);
  });
});

describe('a calendar is refused', () => {
  const complaints = (event: object): string[] =>
    SimulationConfig.safeParse({
      simulationId: 'test',
      events: [{ ...anEvent(), ...event }],
    }).error!.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);

  test.each([
    [
      'a day that does not exist',
      { visits: 2, dates: [{ from: '2026-02-29' }] },
      'events.0.dates.0.from: a date like',
    ],
    ['a day of no month', { visits: 2, dates: [{ from: '13-01' }] }, 'events.0.dates.0.from: a date like'],
    [
      'an end before the beginning',
      { visits: 2, dates: [{ from: '2026-03-02', to: '2026-03-01' }] },
      'events.0.dates.0.to: before',
    ],
    [
      'a year at one end only',
      { visits: 2, dates: [{ from: '2026-03-02', to: '03-05' }] },
      'events.0.dates.0.to: `from` and `to` both',
    ],
    ['no dates', { visits: 2, dates: [] }, 'events.0.dates: '],
    ['no effect', {}, 'events.0: does nothing'],
    ['a factor of 0', { visits: 0 }, 'events.0.visits: '],
    ['a misspelt effect', { visit: 2 }, 'events.0: '],
    ['a price factor that is no number', { prices: [{ price: '10%' }] }, 'events.0.prices.0.price: '],
  ])('for %s, by its place', (_, event, complaint) => {
    expect(complaints(event)[0]).toContain(complaint);
  });

  test('names what the catalogue does not have, and where', () => {
    const calendar = [
      anEvent({ visits: 2 }),
      anEvent({
        name: 'harvest',
        demand: [
          { category: 'Milk', factor: 2 },
          { category: 'Wine', factor: 2 },
        ],
        prices: [
          { brand: 'Zorro', price: 0.9 },
          { sku: 'milk-99', price: 0.9 },
          { category: 'Milk', brand: 'Acme' },
        ],
      }),
    ];
    expect(unknownNames(calendar, aCatalogIndex())).toEqual([
      'events.1.demand.1.category (harvest): category "Wine"',
      'events.1.prices.0.brand (harvest): brand "Zorro"',
      'events.1.prices.1.sku (harvest): product "milk-99"',
    ]);
  });

  test('is stored and read back as it was, so that starting it twice is starting it once', () => {
    const events = [
      anEvent({ demand: [{ category: 'Soap', factor: 2 }], prices: [{ brand: 'Acme', price: 0.9 }] }),
    ];
    const config = aConfig({ events });
    expect(JSON.stringify(SimulationConfig.parse(JSON.parse(JSON.stringify(config))))).toBe(
      JSON.stringify(config),
    );
  });
});

describe('a price under shocks', () => {
  const product = aProduct({
    sku: 'milk-1',
    category: 'Milk',
    brand: 'Acme',
    regularPriceCents: 200,
    unitCostCents: 100,
  });
  const shelf = indexCatalog(
    aCatalog({
      categoryNames: ['Milk'],
      products: [product],
      prices: [aPrice({ regularPriceCents: 200, promotionalPriceCents: 155 })],
    }),
  ).categories[0]!;
  const price = shelfPriceOf(shelf, product, 1);
  const of = (...shocks: Parameters<typeof shockedPrice>[2]) => {
    const { regularPriceCents, unitPriceCents, unitCostCents } = shockedPrice(price, product, shocks);
    return [regularPriceCents, unitPriceCents, unitCostCents];
  };

  test('has its factor on the regular and the promotional price, rounded to cents', () => {
    expect(of({ price: 1.1 })).toEqual([220, 171, 100]);
  });

  test('has a factor of its own on the cost', () => {
    expect(of({ price: 1.1, cost: 1.25 })).toEqual([220, 171, 125]);
  });

  test.each([
    ['its product', { sku: 'milk-1' }, true],
    ['another product', { sku: 'milk-2' }, false],
    ['its category', { category: 'Milk' }, true],
    ['another category', { category: 'Soap' }, false],
    ['its brand', { brand: 'Acme' }, true],
    ['its brand in another category', { brand: 'Acme', category: 'Soap' }, false],
  ])('is or is not what is said about %s', (_, about, isMeant) => {
    expect(of({ ...about, price: 0.5 })[0]).toBe(isMeant ? 100 : 200);
  });

  test('takes the product of all factors', () => {
    expect(of({ price: 0.5 }, { brand: 'Acme', price: 3 })).toEqual([300, 233, 100]);
  });

  test('is at least one cent', () => {
    expect(of({ price: 0.01 }, { price: 0.01 })).toEqual([1, 1, 100]);
  });
});

describe('a day of an event', () => {
  const catalog = aCatalogIndex();
  const on = (event: Partial<CalendarEvent>) => ({
    catalog,
    effects: effectsOn([anEvent(event)], START_DATE),
  });
  const odds = (probability: number): number => probability / (1 - probability);
  const needs = (context: ReturnType<typeof aTrip>) => {
    const shelves = new Map(catalog.categories.map((shelf) => [shelf.name, shelfOf(context, shelf, [])]));
    return new Map(
      categoryNeeds(context, planTrip(context), shelves).map((need) => [need.category, need.mean]),
    );
  };

  test('has its factor on the odds of a visit, and says so', () => {
    const [ordinary, special] = [visitDecision(aDay({ catalog })), visitDecision(aDay(on({ visits: 1.5 })))];
    expect(odds(special.probability) / odds(ordinary.probability)).toBeCloseTo(1.5, 10);
    expect(special.terms['events']).toBeCloseTo(Math.log(1.5), 12);
    expect(ordinary.terms).not.toHaveProperty('events');
  });

  test('sees nobody when the store is closed', () => {
    const decision = visitDecision(
      aDay({ ...on({ isClosed: true, visits: 100 }), persona: { visitRate: 0.95 } }),
    );
    expect([decision.probability, decision.isYes]).toEqual([0, false]);
  });

  test('has its factor on the mean lines of a trip', () => {
    const mean = (context: ReturnType<typeof aTrip>) =>
      Array.from({ length: 4_000 }, (_, trip) => planTrip({ ...context, trip }).size).reduce(
        (a, b) => a + b,
      ) / 4_000;
    expect(mean(aTrip(on({ basketSize: 1.5 }))) / mean(aTrip({ catalog }))).toBeCloseTo(1.5, 1);
  });

  test('has its factor on the lines of a category, and leaves the others alone', () => {
    const [ordinary, special] = [
      needs(aTrip({ catalog })),
      needs(aTrip(on({ demand: [{ category: 'Milk', factor: 3 }] }))),
    ];
    expect(special.get('Milk')! / ordinary.get('Milk')!).toBeCloseTo(3, 10);
    expect(special.get('Soap')).toBe(ordinary.get('Soap'));
  });

  test('shows the same products at shocked prices', () => {
    const milk = catalog.categoryByName.get('Milk')!;
    const [ordinary, special] = [
      shelfOf(aTrip({ catalog }), milk, []),
      shelfOf(aTrip(on({ prices: [{ category: 'Milk', price: 0.9 }] })), milk, []),
    ];
    expect(special.map(({ product, price }) => [product.sku, price.unitPriceCents])).toEqual(
      ordinary.map(({ product, price }) => [product.sku, Math.round(price.unitPriceCents * 0.9)]),
    );
    expect(special.every((item, i) => item.utility > ordinary[i]!.utility)).toBe(true);
  });
});

describe('simulated weeks with events', () => {
  const catalog = indexCatalog(aCatalog({ productsEach: 12 }));
  const personas = Array.from({ length: 40 }, (_, i) =>
    aPersona({ agentId: `agent_${i}`, shoppingFrequency: 'frequent' }),
  );
  const shop = (events: EventCalendar): Promise<DirectSession[]> =>
    simulateDirectly(aConfig({ days: 28, offerPolicy: 'none', events }), catalog, [], personas);
  const linesOf = (sessions: readonly DirectSession[]) =>
    sessions.flatMap(({ session }) => session.priced.lines);
  const units = (sessions: readonly DirectSession[], category: string): number =>
    linesOf(sessions).reduce((sum, line) => sum + (line.category === category ? line.quantity : 0), 0);
  const fairWeek = { from: '2026-01-12', to: '2026-01-18' };
  let ordinary: DirectSession[];

  beforeAll(async () => {
    ordinary = await shop([]);
  });

  test('are the same as without while no event is on', async () => {
    expect(
      await shop([anEvent({ dates: [{ from: '2027-01-01' }], visits: 5, prices: [{ price: 5 }] })]),
    ).toEqual(ordinary);
  });

  test('are the same as without before an event', async () => {
    const special = await shop([anEvent({ dates: [fairWeek], prices: [{ price: 0.5 }] })]);
    const before = (sessions: readonly DirectSession[]) => sessions.filter(({ day }) => day < 7);
    expect(before(special)).toEqual(before(ordinary));
    expect(special).not.toEqual(ordinary);
  });

  test('have no trips on days on which the store is closed', async () => {
    const special = await shop([anEvent({ dates: [fairWeek], isClosed: true })]);
    expect(special.filter(({ day }) => day >= 7 && day < 14)).toEqual([]);
    expect(special.length).toBeGreaterThan(0);
  });

  test('sell more of what is cheaper, at the prices that are recorded, and with the costs of the shock', async () => {
    const always = [{ from: '01-01', to: '12-31' }];
    const cheap = await shop([
      anEvent({ dates: always, prices: [{ category: 'Milk', price: 0.7, cost: 0.5 }] }),
    ]);
    const dear = await shop([anEvent({ dates: always, prices: [{ category: 'Milk', price: 1.3 }] })]);
    expect([
      units(cheap, 'Milk') > units(ordinary, 'Milk'),
      units(ordinary, 'Milk') > units(dear, 'Milk'),
    ]).toEqual([true, true]);
    const wrong = linesOf(cheap).filter(({ sku, category, unitPriceCents, unitCostCents }) => {
      const product = catalog.productBySku.get(sku)!;
      const [onPrice, onCost] = category === 'Milk' ? [0.7, 0.5] : [1, 1];
      return (
        unitPriceCents !== Math.round(product.regularPriceCents * onPrice) ||
        unitCostCents !== Math.round(product.unitCostCents * onCost)
      );
    });
    expect(wrong).toEqual([]);
    const shown = cheap.flatMap(({ session }) => session.choices.flatMap((choice) => choice.items));
    expect(
      shown.filter(
        ({ product, price }) =>
          price.unitPriceCents !==
          Math.round(product.regularPriceCents * (product.category === 'Milk' ? 0.7 : 1)),
      ),
    ).toEqual([]);
  });
});

describe('the shipped calendar of the United States', () => {
  const shipped = EventCalendar.parse(
    (JSON.parse(readFileSync('data/us-calendar.json', 'utf8')) as { events: unknown }).events,
  );

  test('names only what the shipped catalogue has', () => {
    expect(unknownNames(shipped, indexCatalog(generateShippedDataset('mercato')))).toEqual([]);
  });

  test.each([
    ['2026-04-04', ['Easter']],
    ['2026-04-05', []],
    ['2027-11-24', ['Thanksgiving']],
    ['2028-02-13', ['Winter', 'Super Bowl', "Valentine's Day"]],
    ['2029-07-04', ['Summer', 'Independence Day']],
    ['2030-12-31', ["New Year's Eve"]],
  ])('on %s has %j', (date, names) => {
    expect(effectsOn(shipped, date)?.names ?? []).toEqual(names);
  });
});
