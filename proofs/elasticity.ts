// `npm run proof:elasticity`: price arms on the shipped population in memory. Exit code 0 when the interval of every
// elasticity holds the planted one, a price cut is followed by a dip, and by none when nobody minds what is at home.
import { parseArgs } from 'node:util';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import { pullForward, shortRunElasticities } from './price-arms.ts';
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
  const rows = [...planted, cut.gross, cut.dip, cut.net, { ...dip, name: 'dip without an effect of stock' }];
  const isPassed = rows.every(({ holds }) => holds) && cut.gross.interval[1] < 0 && cut.dip.interval[0] > 0;
  if (values.json) console.log(JSON.stringify({ planted, cut, withoutStock, isPassed }, null, 2));
  else {
    console.log('| elasticity | planted | measured | 95 % |\n|---|---|---|---|');
    for (const { name, planted, measured, interval } of rows) {
      const [low, high] = interval.map((end) => end.toFixed(3));
      console.log(`| ${name} | ${planted.toFixed(3)} | ${measured.toFixed(3)} | ${low} … ${high} |`);
    }
    console.log(isPassed ? 'Every interval holds what was planted.' : 'FAILED');
  }
  return isPassed ? 0 : 1;
});
