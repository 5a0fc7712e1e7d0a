import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { calibrate, openCalibrationPanel } from '../client/calibration.ts';
import type { Calibration } from '../client/calibration.ts';
import { liveAndObserve } from '../client/realism.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { RandomKey } from '../domain/random.ts';
import { ChoiceParameters } from '../domain/retail/choice-parameters.ts';
import { CALIBRATED } from '../domain/retail/realism-calibration.ts';
import { distancesOf, samplesOf } from '../domain/retail/realism-samples.ts';
import type { RealismMetric, RealismSamples } from '../domain/retail/realism-samples.ts';
import { aConfig } from './builders.ts';

// A panel that nobody has seen before, in a folder of two CSV files: 16 households, 14 weeks, two categories.

const HOUSEHOLDS = 16;
const WEEKS = 14;
const FIRST = Date.UTC(2024, 2, 4);
const CATEGORIES = ['Tea', 'Biscuits'];
const PRODUCTS = CATEGORIES.flatMap((category) =>
  Array.from({ length: 12 }, (_, i) => ({ id: `${category}-${i}`, category, brand: `Brand ${i % 3}` })),
);

type Line = { household: number; day: number; text: string };

/** One basket on some days of each household; the brand of a household's own number more often than others. */
function someLines(): Line[] {
  const lines: Line[] = [];
  for (let day = 0; day < 7 * WEEKS; day++)
    for (let household = 0; household < HOUSEHOLDS; household++) {
      const key = RandomKey.of('second panel').at(household, day);
      if (key.at('shops').uniform() > 0.15 + 0.02 * household) continue;
      const time = new Date(FIRST + day * 86_400_000 + (9 + (household % 9)) * 3_600_000);
      const count = 1 + Math.floor(4 * key.at('lines').uniform());
      for (let line = 0; line < count; line++) {
        const brand = key.at('loyal', line).uniform() < 0.6 ? household % 3 : line % 3;
        const number = 3 * Math.floor(4 * key.at('product', line).uniform()) + brand;
        const product = PRODUCTS[12 * Math.floor(2 * key.at('category', line).uniform()) + number]!;
        const isOnPromotion = key.at('promotion', line).uniform() < 0.3;
        const cells = [
          `H${household}`,
          `B${household}-${day}`,
          time.toISOString().slice(0, 19),
          product.id,
          1 + Math.floor(1.3 * key.at('quantity', line).uniform()),
          isOnPromotion ? 2 : 2.5,
          isOnPromotion ? 0.5 : 0,
        ];
        lines.push({ household, day, text: cells.join(',') });
      }
    }
  return lines;
}

async function writePanel(folder: string, lines: readonly Line[]): Promise<void> {
  const header = 'household_id,basket_id,time,product_id,quantity,paid,shelf_discount';
  await writeFile(
    path.join(folder, 'transactions.csv'),
    [header, ...lines.map(({ text }) => text), ''].join('\n'),
  );
  const rows = PRODUCTS.map(({ id, category, brand }) => `${id},${category},${brand}`);
  await writeFile(path.join(folder, 'products.csv'), ['product_id,category,brand', ...rows, ''].join('\n'));
  await writeFile(path.join(folder, 'panel.json'), JSON.stringify({ id: 'second', title: 'A second panel' }));
}

async function fit(folder: string): Promise<Calibration> {
  const panel = await openCalibrationPanel({ panel: folder, folder: null, cacheFolder: folder });
  return calibrate(panel, { households: HOUSEHOLDS, trials: 12, seed: '1' });
}

describe('a second, unseen panel', () => {
  let folder: string;
  let fitted: Calibration;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mercato-panel-'));
    await writePanel(folder, someLines());
    fitted = await fit(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  test('goes through as it is, half of its households and weeks held out', () => {
    expect(fitted).toMatchObject({
      panel: 'A second panel',
      households: { training: 8, heldOut: 8 },
      days: { training: ['2024-03-18', '2024-04-21'], heldOut: ['2024-04-22', '2024-06-09'] },
    });
    const known = fitted.rows.filter(({ verdict }) => verdict !== 'unknown');
    expect(known.map(({ metric }) => metric).sort()).toEqual(
      expect.arrayContaining(['basketValue', 'gaps', 'linesPerBasket', 'promotedLines', 'repeatBrand']),
    );
    for (const row of known)
      expect([row.metric, row.distance! >= 0, row.defaultDistance! >= 0]).toEqual([row.metric, true, true]);
  });

  test('is fitted better than by the defaults where it was trained', () => {
    const { training } = fitted.score;
    expect(training.fitted).toBeLessThan(training.default);
  });

  test('gives parameters that a simulation takes', () => {
    const choice = ChoiceParameters.parse(fitted.choice);
    expect(Object.keys(fitted.choice).sort()).toEqual(CALIBRATED.map(({ name }) => name).sort());
    expect(aConfig({ choice: fitted.choice }).choice).toEqual(choice);
  });

  test('gives the same fit again', async () => {
    const { seconds: _, ...again } = await fit(folder);
    const { seconds: __, ...first } = fitted;
    expect(again).toEqual(first);
  }, 120_000);

  test('is not looked at before the end where it is held out: other later weeks, the same fit', async () => {
    const other = await mkdtemp(path.join(os.tmpdir(), 'mercato-panel-'));
    const isKept = ({ household, day }: Line): boolean => day < 7 * 7 || (day + household) % 3 > 0;
    await writePanel(other, someLines().filter(isKept));
    const changed = await fit(other);
    await rm(other, { recursive: true });
    expect([changed.choice, changed.score.training]).toEqual([fitted.choice, fitted.score.training]);
    expect(changed.score.heldOut).not.toEqual(fitted.score.heldOut);
  }, 120_000);

  test('that is too short is refused with what it needs', async () => {
    const short = await mkdtemp(path.join(os.tmpdir(), 'mercato-panel-'));
    await writePanel(
      short,
      someLines().filter(({ day }) => day < 7 * 11),
    );
    await expect(fit(short)).rejects.toThrow('has 11 weeks; to be split it needs 12');
    expect(await readFile(path.join(short, 'panel.json'), 'utf8')).toContain('second');
    await rm(short, { recursive: true });
  });
});

/** retail.md §6, model honesty: no fitted parameter may be bypassed. Its ends, on the same agents with the same luck. */
describe('a fitted parameter moves its metric', () => {
  const METRIC_OF: Record<(typeof CALIBRATED)[number]['name'], RealismMetric> = {
    visitWeeklyRhythm: 'shopDays',
    visitWalletValue: 'shopDays',
    extraTrip: 'basketsPerShopDay',
    cartAtRegularPrices: 'linesPerBasket',
    stockUpShare: 'linesPerBasket',
    fillInLines: 'linesPerBasket',
    stockUpLines: 'linesPerBasket',
    stockUpByBasketScale: 'basketValue',
    impulseLines: 'basketValue',
    stockEffect: 'linesPerBasket',
    categoryInclusiveValue: 'promotedLines',
    feature: 'promotedLines',
    display: 'promotedLines',
    brandSpreadBase: 'repeatBrand',
    brandSpreadSlope: 'repeatBrand',
    brandCarryOverWeight: 'repeatBrand',
    extraUnits: 'singleUnitLines',
    extraUnitsByDiscount: 'singleUnitLines',
    openWallet: 'couponLinesPerWeek',
    noticeCoupon: 'couponLinesPerWeek',
    useCoupon: 'couponLinesPerWeek',
    returnLines: 'couponLinesPerWeek',
    budgetStretch: 'linesPerBasket',
  };
  const shipped = generateShippedDataset('mercato');
  const live = async (name: string, value: number): Promise<RealismSamples> => {
    const config = aConfig({ seed: '1', days: 21, agents: 40, choice: { [name]: value } });
    return samplesOf(await liveAndObserve(config, shipped, { from: 0, to: 21 }));
  };

  test.each(CALIBRATED)(
    '$name',
    async ({ name, low, high }) => {
      const distances = distancesOf(await live(name, high), await live(name, low));
      expect(distances[METRIC_OF[name]]).toBeGreaterThan(0.02);
    },
    60_000,
  );
});
