import { zipSync } from 'fflate';
import fc from 'fast-check';
import { InvalidInputError } from '../domain/errors.ts';
import type { Persona } from '../domain/retail/persona.ts';
import {
  ageGroupOf,
  DEAL_SEEKING_BEHAVIORS,
  GENDERS,
  INCOME_BRACKETS,
  SHOPPING_FREQUENCIES,
} from '../domain/retail/persona.ts';
import { aPersona } from '../tests/builders.ts';
import {
  AGENT_HEADERS,
  aDataset,
  onlySheets,
  sheetsOf,
  withCell,
  withColumn,
  withHeader,
  withoutColumn,
  withoutResults,
  withRepeatedRow,
  workbookOf,
} from '../tests/workbooks.ts';
import type { SheetCell, SheetContent } from '../tests/workbooks.ts';
import { generatePersonas } from './persona-generator.ts';
import { NOTHING_KNOWN, parseWorkbook } from './workbook.ts';
import type { Known } from './workbook.ts';
import { writeWorkbook } from './workbook-writer.ts';

const HEAD = { title: 'Given', notice: null, currency: 'USD' };
const SHEETS = sheetsOf();

function parse(sheets: SheetContent, known: Known = NOTHING_KNOWN) {
  return parseFile(workbookOf(sheets), known);
}

function parseFile(file: Buffer, known: Known = NOTHING_KNOWN) {
  return parseWorkbook(file, { id: 'default', head: HEAD, known });
}

describe('a good workbook', () => {
  test('is read as the dataset that it was written from', () => {
    const dataset = aDataset();
    const { dataset: read, issues } = parseFile(
      writeWorkbook(dataset, { readMe: [], writtenAt: new Date(0) }),
    );
    expect(issues).toEqual([]);
    expect(read).toEqual(dataset);
  });

  test('gives back whatever persona was written', () => {
    const written = fc
      .array(persona, { minLength: 1, maxLength: 5 })
      .map((personas) => personas.map((one, index) => ({ ...one, agentId: `agent_${index}` })));
    fc.assert(
      fc.property(written, (agents) => {
        const { dataset, issues } = parseFile(
          writeWorkbook(aDataset({ agents }), { readMe: [], writtenAt: new Date(0) }),
        );
        expect(issues).toEqual([]);
        expect(dataset.agents).toEqual(agents);
      }),
      { numRuns: 30 },
    );
  });

  test('has exactly the 28 attributes when nothing more is known of its agents', () => {
    expect(SHEETS.Agents![0]).toHaveLength(28);
    expect(AGENT_HEADERS.slice(0, 28)).toEqual(SHEETS.Agents![0]);
  });

  test('may call columns by the words of the seed', () => {
    const aliases = [
      ['price_sensitivity', 'Price Consciousness'],
      ['coupon_affinity', 'discount_sensitivity'],
      ['avg_cart_value', 'basket-size'],
      ['shopping_frequency', 'Frequency'],
      ['location_region', 'location'],
      ['income_bracket', 'income'],
      ['preferred_categories', 'categories'],
    ] as const;
    const renamed = aliases.reduce((sheets, [from, to]) => withHeader(sheets, 'Agents', from, to), SHEETS);
    expect(parse(renamed)).toEqual(parse(SHEETS));
  });

  test('may have spaces around text, capitals in choices, and numbers stored as text', () => {
    const untidy = [
      ['agent_id', '  ann '],
      ['gender', ' Undisclosed'],
      ['has_children', 'no'],
      ['age', '40'],
      ['preferred_categories', ' Milk ;  Bread; '],
    ] as const;
    const { dataset, issues } = parse(
      untidy.reduce((sheets, [column, value]) => withCell(sheets, 'Agents', 2, column, value), SHEETS),
    );
    expect(issues).toEqual([]);
    expect(dataset.agents[0]).toMatchObject({
      agentId: 'ann',
      gender: 'undisclosed',
      age: 40,
      preferredCategories: ['Milk', 'Bread'],
    });
  });

  test('may have shares that miss 1 by the rounding of a person', () => {
    const { dataset, issues } = parse(withCell(SHEETS, 'Agents', 2, 'pref_time_morning', 0.19));
    expect(issues).toEqual([]);
    const { prefTimeMorning, prefTimeAfternoon, prefTimeEvening } = dataset.agents[0]!;
    expect(prefTimeMorning + prefTimeAfternoon + prefTimeEvening).toBeCloseTo(1, 9);
  });

  test('may hold a percentage in a cell that is formatted as one', () => {
    const { dataset, issues } = parse(
      withCell(SHEETS, 'Coupons', 3, 'percent_off', { t: 'n', v: 0.15, z: '0%' }),
    );
    expect(issues).toEqual([]);
    expect(dataset.coupons[1]).toMatchObject({ percentOff: 15 });
  });

  test('is read by the stored results of its formulas', () => {
    const { dataset } = parse(
      withCell(SHEETS, 'Products', 2, 'regular_price', { t: 'n', v: 2.49, f: '2+0.49' }),
    );
    expect(dataset.products[0]).toMatchObject({ regularPriceCents: 249 });
  });

  test('may have empty rows between its rows', () => {
    const [header, ...rows] = SHEETS.Agents!;
    const { dataset } = parse({ ...SHEETS, Agents: [header!, [], ...rows.flatMap((row) => [row, []])] });
    expect(dataset.agents).toHaveLength(3);
  });
});

describe('a wrong cell is named by sheet, row and column, with what was found and what is allowed', () => {
  type Case = [name: string, sheet: string, row: number, column: string, value: SheetCell, problem: RegExp];
  const cases: Case[] = [
    ['text in a number', 'Agents', 3, 'age', 'old', /not a number; a whole number from 18 to 100/],
    ['a fraction in a whole number', 'Agents', 3, 'age', 40.5, /not a whole number/],
    ['a decimal comma', 'Agents', 2, 'impulsivity', '0,5', /not a number; a number from 0 to 1/],
    ['a date in a number', 'Agents', 2, 'impulsivity', new Date(Date.UTC(2025, 0, 1)), /not a number/],
    ['a number out of range', 'Agents', 4, 'age', 17, /^a whole number from 18 to 100$/],
    ['a share above 1', 'Agents', 4, 'price_sensitivity', 1.2, /a number from 0 to 1/],
    ['an unknown choice', 'Agents', 2, 'gender', 'robot', /one of female, male/],
    ['neither yes nor no', 'Agents', 2, 'has_children', 'perhaps', /true or false/],
    ['an empty cell', 'Agents', 2, 'age', null, /empty; a whole number/],
    ['an error value', 'Agents', 2, 'age', { t: 'e', v: 7, w: '#DIV/0!' }, /an error value/],
    ['an id with a space', 'Agents', 2, 'agent_id', 'a b', /letters, digits/],
    ['money with three decimals', 'Agents', 2, 'weekly_budget', 12.345, /more than two decimals/],
    ['money below nothing', 'Agents', 2, 'avg_cart_value', -1, /money from 0.01/],
    ['an age outside its group', 'Agents', 2, 'age_group', '65+', /age 40 is not in 65\+/],
    ['shares that are not shares', 'Agents', 2, 'pref_day_weekday', 0.1, /day shares sum to 0.386, not 1/],
    ['times that are not shares', 'Agents', 3, 'pref_time_morning', 0.6, /time shares sum to 1.400, not 1/],
    ['an unknown category of an agent', 'Agents', 4, 'preferred_categories', 'Bred', /did you mean "Bread"/],
    ['a store without a code', 'Stores', 2, 'store_code', null, /empty; letters, digits/],
    ['a category without weight', 'Categories', 2, 'basket_weight', 0, /a number above 0/],
    [
      'a product of an unknown category',
      'Products',
      2,
      'category',
      'Wine',
      /not among the categories of the dataset \(Milk, Bread\)/,
    ],
    ['a cost above the price', 'Products', 4, 'unit_cost', 9.99, /unit cost above the regular price/],
    ['a price of an unknown product', 'Prices', 2, 'sku', 'milk-9', /did you mean "milk-1"/],
    ['a week that no year has', 'Prices', 2, 'week', 54, /1 to 53/],
    ['a promotion that costs more', 'Prices', 3, 'promotional_price', 3, /promotional price above/],
    ['a budget of nothing', 'Campaigns', 2, 'budget', 0, /empty for unlimited/],
    ['a coupon of an unknown campaign', 'Coupons', 2, 'campaign_code', 'AUTUMN', /not among the campaigns/],
    ['a coupon for an unknown brand', 'Coupons', 4, 'brand', 'Brovo', /did you mean "Bravo"/],
    ['an unknown excluded brand', 'Coupons', 3, 'excluded_brands', 'Bravo; Zulu', /not among the brands/],
    ['a frontstore coupon by the piece', 'Coupons', 2, 'kind', 'bogo', /bogo needs a category or a brand/],
    ['an amount off a percentage', 'Coupons', 3, 'amount_off', 1, /for fixed coupons|only for them/],
    ['a vendor who pays half', 'Coupons', 4, 'vendor_share_percent', 50, /100 when the vendor pays/],
  ];

  test.each(cases)('%s', (_name, sheet, row, column, value, problem) => {
    const { dataset, issues } = parse(withCell(SHEETS, sheet, row, column, value));
    const about = issues.filter(
      (issue) => issue.sheet === sheet && issue.row === row && issue.column === column,
    );
    expect(about).toEqual([
      expect.objectContaining({ severity: 'error', problem: expect.stringMatching(problem) as string }),
    ]);
    expect(issues.every(({ severity }) => severity === 'error')).toBe(true);
    const table = sheet.toLowerCase() as
      'agents' | 'stores' | 'categories' | 'products' | 'prices' | 'campaigns' | 'coupons';
    expect(dataset[table]).toHaveLength(SHEETS[sheet]!.length - 2);
  });

  test('a formula whose result was never stored', () => {
    const { issues } = parseFile(
      withoutResults(workbookOf(withCell(SHEETS, 'Agents', 2, 'age', { t: 'n', v: 40, f: '20+20' }))),
    );
    expect(issues).toEqual([
      expect.objectContaining({ sheet: 'Agents', row: 2, column: 'age', value: '=20+20' }),
    ]);
    expect(issues[0]!.problem).toContain('without a stored result');
  });

  test('shows the value as it stands in the cell', () => {
    const { issues } = parse(withCell(SHEETS, 'Agents', 3, 'age', 17));
    expect(issues[0]).toMatchObject({ sheet: 'Agents', row: 3, column: 'age', value: '17' });
  });
});

describe('all that is wrong is told at once', () => {
  test('in different sheets and in the same row', () => {
    const wrong: [string, number, string, SheetCell][] = [
      ['Agents', 2, 'gender', 'robot'],
      ['Agents', 2, 'age', 17],
      ['Agents', 2, 'pref_day_weekday', 0.1],
      ['Agents', 4, 'preferred_categories', 'Wine'],
      ['Products', 3, 'popularity', 'high'],
      ['Coupons', 4, 'funding', 'nobody'],
    ];
    const { issues } = parse(wrong.reduce((sheets, change) => withCell(sheets, ...change), SHEETS));
    const places = issues.map(({ sheet, row, column }) => `${sheet}/${row}/${column}`);
    expect(places).toEqual(
      expect.arrayContaining(wrong.map(([sheet, row, column]) => `${sheet}/${row}/${column}`)),
    );
  });

  test('and rows that refer to a bad row are told of it', () => {
    const { dataset, issues } = parse(withCell(SHEETS, 'Categories', 3, 'basket_weight', -1));
    const referring = issues.find(({ sheet }) => sheet === 'Products');
    expect(referring).toMatchObject({
      row: 4,
      column: 'category',
      value: 'Bread',
      problem: 'its row 3 is bad',
    });
    expect(dataset.products.map(({ sku }) => sku)).toEqual(['milk-1', 'milk-2']);
  });
});

describe('what must be unique', () => {
  test.each([
    ['Agents', 'agent_id', 'ann'],
    ['Stores', 'store_code', 'north'],
    ['Categories', 'category', 'Milk'],
    ['Products', 'sku', 'milk-1'],
    ['Campaigns', 'campaign_code', 'SPRING'],
    ['Coupons', 'coupon_code', 'FS-1'],
    ['Prices', 'sku', 'milk-1, week 2'],
  ])('a second row of %s is refused by its %s', (sheet, column, value) => {
    const { issues } = parse(withRepeatedRow(SHEETS, sheet, 2));
    const last = SHEETS[sheet]!.length + 1;
    expect(issues).toEqual([
      expect.objectContaining({
        severity: 'error',
        sheet,
        row: last,
        column,
        value,
        problem: 'is already in row 2; it must be unique',
      }),
    ]);
  });

  test('an agent of another dataset is refused', () => {
    const { issues } = parse(SHEETS, { ...NOTHING_KNOWN, agentsElsewhere: new Map([['bob', 'panel']]) });
    expect(issues).toEqual([
      expect.objectContaining({ sheet: 'Agents', row: 3, column: 'agent_id', value: 'bob' }),
    ]);
    expect(issues[0]!.problem).toContain('dataset panel');
  });
});

describe('columns', () => {
  test('a missing one is fatal', () => {
    const { issues } = parse(withoutColumn(SHEETS, 'Agents', 'impulsivity'));
    expect(issues).toEqual([
      expect.objectContaining({ severity: 'fatal', sheet: 'Agents', row: 1, column: 'impulsivity' }),
    ]);
  });

  test('a misspelt one is missing, and the misspelling is pointed out', () => {
    const { issues } = parse(withHeader(SHEETS, 'Agents', 'impulsivity', 'impulsivty'));
    expect(issues).toEqual([
      expect.objectContaining({
        severity: 'fatal',
        column: 'impulsivity',
        problem: 'column is missing; is it "impulsivty"?',
      }),
      expect.objectContaining({
        severity: 'error',
        column: 'impulsivty',
        problem: 'column is not known; did you mean "impulsivity"?',
      }),
    ]);
  });

  test('one too many is an error, and can be left out', () => {
    const { dataset, issues } = parse(withColumn(SHEETS, 'Stores', 'manager', 'Eve'));
    expect(issues).toEqual([
      expect.objectContaining({ severity: 'error', sheet: 'Stores', row: 1, column: 'manager' }),
    ]);
    expect(dataset.stores).toHaveLength(1);
  });

  test('two of the same are fatal', () => {
    const { issues } = parse(withColumn(SHEETS, 'Agents', 'income', 'low'));
    expect(issues).toEqual([
      expect.objectContaining({ severity: 'fatal', sheet: 'Agents', column: 'income' }),
    ]);
  });
});

describe('sheets', () => {
  test('an unknown one is a warning', () => {
    const { issues } = parse({ ...SHEETS, Cupons: [['x']] });
    expect(issues).toEqual([expect.objectContaining({ severity: 'warning', sheet: 'Cupons' })]);
    expect(issues[0]!.problem).toContain('did you mean "Coupons"?');
  });

  test('none that is known is fatal', () => {
    const { issues } = parse({ Sheet1: [['hello']] });
    expect(issues[0]).toMatchObject({
      severity: 'fatal',
      problem: expect.stringContaining('Agents') as string,
    });
  });

  test('an empty one is fatal', () => {
    expect(parse({ ...SHEETS, Coupons: [] }).issues).toEqual([
      expect.objectContaining({ severity: 'fatal', sheet: 'Coupons' }),
    ]);
  });

  test('one with headers only is fatal', () => {
    const { issues } = parse({ ...SHEETS, Coupons: SHEETS.Coupons!.slice(0, 1) });
    expect(issues).toEqual([expect.objectContaining({ severity: 'fatal', sheet: 'Coupons' })]);
  });

  test('agents alone go with a catalogue that is known already', () => {
    const known = { ...NOTHING_KNOWN, categories: new Set(['Milk']) };
    const { dataset, issues } = parse(onlySheets(SHEETS, 'Agents'), known);
    expect(issues).toEqual([]);
    expect(dataset).toMatchObject({ title: 'Given', products: [], coupons: [] });
    expect(dataset.agents).toHaveLength(3);
  });

  test('agents alone, without a known catalogue, are refused', () => {
    const { issues } = parse(onlySheets(SHEETS, 'Agents'));
    expect(issues).toHaveLength(3);
    expect(issues[0]).toMatchObject({ sheet: 'Agents', row: 2, column: 'preferred_categories' });
    expect(issues[0]!.problem).toContain('load a workbook with them first');
  });

  test('agents spread over the four sheets of the public original are joined by agent_id', () => {
    const all = ['generated_at', 'backstory', 'sample_shopping_patterns'].reduce(
      (sheets, column) => withoutColumn(sheets, 'Agents', column),
      SHEETS,
    );
    const { issues, dataset } = parse({
      ...onlySheets(SHEETS, 'Categories'),
      Summary: [['Agent ID']],
      'All Attributes': all.Agents!,
      Backstories: [
        ['Agent ID', 'Age', 'Gender', 'Backstory'],
        ['bob', 40, 'male', 'Bakes bread.'],
      ],
      'Behavioral Profile': [
        ['Agent ID', 'Age', 'Impulsivity'],
        ['ann', 99, 0.99],
      ],
      'Shopping Patterns': [
        ['Agent ID', 'Age', 'Income', 'Shopping Patterns'],
        ['ann', 40, 'low', '• Milk on Mondays\n• Rarely bread'],
      ],
    });
    expect(issues).toEqual([]);
    expect(dataset.agents[0]).toMatchObject({
      age: 40,
      impulsivity: 0.4,
      backstory: '',
      sampleShoppingPatterns: ['Milk on Mondays', 'Rarely bread'],
    });
    expect(dataset.agents[1]).toMatchObject({ agentId: 'bob', backstory: 'Bakes bread.' });
  });
});

describe('a file that is no workbook is refused', () => {
  const good = workbookOf(SHEETS);
  test.each([
    ['nothing', Buffer.alloc(0), /empty/],
    [
      'a table as text under the name .xlsx',
      Buffer.from('agent_id,age\nann,40\n'),
      /not an \.xlsx workbook.*agent_id,age/i,
    ],
    ['one with a password', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /password/],
    ['one that was cut off', good.subarray(0, good.length - 100), /damaged or cut off/],
    [
      'another zip archive',
      Buffer.from(zipSync({ 'notes.txt': Buffer.from('hello') })),
      /no xl\/workbook\.xml/,
    ],
    [
      'a zip bomb',
      Buffer.from(zipSync({ 'xl/workbook.xml': new Uint8Array(30_000_000) })),
      /inflate \d+ times/,
    ],
    [
      'a zip with something else inside',
      Buffer.from(zipSync({ 'xl/workbook.xml': Buffer.from('<nonsense') })),
      /cannot be parsed|no sheet/,
    ],
  ])('%s', (_name, file, message) => {
    let problem: string;
    try {
      problem = parseFile(file)
        .issues.map((issue) => issue.problem)
        .join();
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInputError);
      problem = (error as Error).message;
    }
    expect(problem).toMatch(message);
  });
});

test('the shipped kind of agents survives being written and read', () => {
  const { categories, stores } = aDataset();
  const agents = generatePersonas({ seed: 'test', count: 20, categories, stores });
  const { dataset, issues } = parseFile(
    writeWorkbook(aDataset({ agents }), { readMe: [], writtenAt: new Date(0) }),
  );
  expect(issues).toEqual([]);
  expect(dataset.agents).toEqual(agents);
});

const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
/** Three shares in thousandths that sum to 1. */
const shares = fc
  .tuple(fc.nat(500), fc.nat(500))
  .map(([a, b]) => [a / 1000, b / 1000, (1000 - a - b) / 1000] as const);
const cents = fc.integer({ min: 1, max: 10_000_000 });
const words = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' })
  .map((text) => text.replaceAll(/[|;,\n]/g, '-').trim() || 'x');

const persona: fc.Arbitrary<Persona> = fc
  .record({
    age: fc.integer({ min: 18, max: 100 }),
    gender: fc.constantFrom(...GENDERS),
    incomeBracket: fc.constantFrom(...INCOME_BRACKETS),
    householdSize: fc.integer({ min: 1, max: 10 }),
    hasChildren: fc.boolean(),
    locationRegion: words,
    priceSensitivity: share,
    brandLoyalty: share,
    impulsivity: share,
    techSavviness: share,
    couponAffinity: share,
    preferredCategories: fc.constantFrom<string[]>(['Milk'], ['Bread', 'Milk']),
    weeklyBudgetCents: cents,
    avgCartValueCents: cents,
    shoppingFrequency: fc.constantFrom(...SHOPPING_FREQUENCIES),
    dealSeekingBehavior: fc.constantFrom(...DEAL_SEEKING_BEHAVIORS),
    backstory: fc.oneof(fc.constant(''), words),
    sampleShoppingPatterns: fc.array(words, { maxLength: 3 }),
    visitRate: fc.option(fc.double({ min: 0.001, max: 0.999, noNaN: true }), { nil: null }),
    days: shares,
    times: shares,
  })
  .map(({ days, times, ...rest }) =>
    aPersona({
      ...rest,
      ageGroup: ageGroupOf(rest.age),
      prefDayWeekday: days[0],
      prefDaySaturday: days[1],
      prefDaySunday: days[2],
      prefTimeMorning: times[0],
      prefTimeAfternoon: times[1],
      prefTimeEvening: times[2],
    }),
  );
