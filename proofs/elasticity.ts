// `npm run proof:elasticity`: price arms on the shipped population in memory. Exit code 0 when the interval of every
// elasticity holds the planted one, a price cut is followed by a dip, and by none when nobody minds what is at home.
import { parseArgs } from 'node:util';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import { pullForward, shortRunElasticities } from './price-arms.ts';
import type { MeasuredElasticity } from './price-arms.ts';
import { runProof, say } from './run.ts';

runProof(async () => {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
  });
  const count = Number(values.seeds);
  if (!Number.isInteger(count) || count < 1) {
    say(`--seeds must be a whole number from 1, not "${values.seeds}".`);
    return 2;
  }
  const { agents, ...dataset } = generateShippedDataset('mercato');
  const market = { catalog: indexCatalog(dataset), personas: agents };
  const seeds = Array.from({ length: count }, (_, i) => String(i + 1));
  say(`Prices -10 %, 0, +10 %: first trips of ${agents.length} agents, ${count} seeds.`);
  const planted = await shortRunElasticities(market, seeds);
  say('A cut of 10 % for two weeks, and eight weeks after it.');
  const fewer = seeds.slice(0, Math.ceil(count / 5));
  const cut = await pullForward(market, fewer, 0.9);
  const withoutStock = await pullForward(market, fewer, 0.9, { stockEffect: 0 });
  const { dip } = withoutStock;
  const isPassed =
    planted.every(({ holds }) => holds) &&
    cut.gross.interval[1] < 0 &&
    cut.dip.interval[0] > 0 &&
    cut.net.value > cut.gross.value &&
    dip.interval[0] <= 0 &&
    dip.interval[1] >= 0;
  if (values.json) console.log(JSON.stringify({ planted, cut, withoutStock, isPassed }, null, 2));
  else {
    console.log('| elasticity | planted | measured | 95 % |\n|---|---|---|---|');
    for (const each of planted)
      console.log(`| ${each.name} | ${each.planted.toFixed(3)} ${row(each.measured, each.interval)}`);
    for (const name of ['gross', 'dip', 'net'] as const) console.log(`| ${name} | ${measured(cut[name])}`);
    console.log(`| dip without an effect of stock | 0 ${row(dip.value, dip.interval)}`);
    console.log(isPassed ? 'Every interval holds what was planted.' : 'FAILED');
  }
  return isPassed ? 0 : 1;
});

function measured({ value, interval }: MeasuredElasticity): string {
  return row(value, interval);
}

function row(value: number, [low, high]: readonly [number, number]): string {
  return `| ${value.toFixed(3)} | ${low.toFixed(3)} … ${high.toFixed(3)} |`;
}
