// Is a search over the parameters of a library strategy worth anything on seeds that it has not seen, and more than as many runs of
// simpler searches? Two goals, five sessions each; session seeds, seeds and budget are fixed here, before the first run. Any
// answer is a result: prints the table, and fails only when something could not be run. With names of goals after the command it
// is those alone.
//
// Sessions are the first 30 minutes of `realistic`, and each method has 128 runs: 16 evaluations on 8 seeds. All 10 sessions (128 × 3 runs
// to search and 100 × 4 to judge) took 29 minutes on two processors beside other work. Whole days would take 13 times as many
// minutes of market. What is found holds for such sessions.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SEARCH_GOALS } from '../client/lab-search-goals.ts';
import { searchLab } from '../client/lab-search.ts';
import type { SearchGoalName } from '../client/lab-search-goals.ts';
import type { LabSearchResult } from '../client/lab-search.ts';
import { median } from '../domain/descriptive-statistics.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import type { Verdict } from '../domain/lab/verdict.ts';

/** 1 to 5 were seen by the methods that came before this one, and 101 while it was made. */
const SESSION_SEEDS = [11, 12, 13, 14, 15];
const MINUTES = 30;
const BUDGET = 128;
const SEALED_SEEDS = 100;
/** Far from the blocks that a ledger gives out, so that no session of a user has been burnt by this proof. */
const FIRST_BLOCK = 910_000;
const AGAINST = ['default', 'best_of_n', 'random_search'] as const;

async function main(): Promise<void> {
  const all = Object.keys(SEARCH_GOALS) as SearchGoalName[];
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !all.includes(name as SearchGoalName));
  if (unknown !== undefined) throw new Error(`"${unknown}" is no goal: there are ${all.join(', ')}`);
  const seconds = (from: number): string => ((Date.now() - from) / 1000).toFixed(0);
  const start = Date.now();
  for (const [position, goal] of all.entries()) {
    if (wanted.length > 0 && !wanted.includes(goal)) continue;
    const { unit } = primaryMeasure(SEARCH_GOALS[goal].targetInventory);
    console.log(
      `\n${goal}: gain of the search in ${unit}, ${SEALED_SEEDS} sealed seeds of ${MINUTES} minutes, 95 % intervals; ${BUDGET} runs a method`,
    );
    console.log(row('seed', 'default', ...AGAINST.map((name) => `against ${name}`), 'found'));
    const results: LabSearchResult[] = [];
    for (const seed of SESSION_SEEDS) {
      const from = Date.now();
      const result = await session(goal, seed, FIRST_BLOCK + 100 * position + seed);
      results.push(result);
      console.log(`${renderSession(result)}   ${seconds(from)} s`);
    }
    for (const name of AGAINST) console.log(summary(name, results));
  }
  console.log(`\n${seconds(start)} s in all`);
}

function session(goal: SearchGoalName, sessionSeed: number, block: number): Promise<LabSearchResult> {
  const file = SEARCH_GOALS[goal].library;
  return searchLab({
    goal,
    source: readFileSync(file, 'utf8'),
    fileName: path.basename(file),
    scenarios: ['realistic'],
    budget: BUDGET,
    sessionSeed,
    sealedSeeds: SEALED_SEEDS,
    minutes: MINUTES,
    open: () => ({ purpose: 'sealed', number: block }),
  });
}

function renderSession({ sessionSeed, verdicts, measure, methods }: LabSearchResult): string {
  const found = Object.entries(methods.search.parameters).map(([name, value]) => `${name} ${value}`);
  return row(
    String(sessionSeed),
    (verdicts.default.comparison.meanReference * measure.scale).toFixed(measure.digits),
    ...AGAINST.map((name) => gainText(verdicts[name], measure)),
    found.join(', '),
  );
}

/** In units of the measure, such that more is better. */
function gainOf({ comparison }: Verdict, { scale, isMoreBetter }: LabSearchResult['measure']) {
  const sign = isMoreBetter ? scale : -scale;
  const [low, high] = comparison.interval.map((end) => sign * end).sort((a, b) => a - b);
  return { gain: sign * comparison.difference, low: low!, high: high! };
}

function gainText(verdict: Verdict, measure: LabSearchResult['measure']): string {
  const { gain, low, high } = gainOf(verdict, measure);
  const [value, from, to] = [gain, low, high].map((number) => (number + 0).toFixed(measure.digits));
  const mark = { better: ' +', worse: ' -', not_distinguishable: '' }[verdict.answer];
  return `${value} (${from} to ${to})${mark}`;
}

function summary(name: (typeof AGAINST)[number], results: readonly LabSearchResult[]): string {
  const count = (answer: Verdict['answer']): number =>
    results.filter(({ verdicts }) => verdicts[name].answer === answer).length;
  const gains = results.map(({ verdicts, measure }) => gainOf(verdicts[name], measure).gain);
  const { unit, digits } = results[0]!.measure;
  return `against ${name}: better in ${count('better')}, worse in ${count('worse')}, not distinguishable in ${count('not_distinguishable')} of ${results.length} sessions; median gain ${median(gains).toFixed(digits)} ${unit}`;
}

function row(seed: string, usual: string, ...cells: readonly string[]): string {
  return `${seed.padStart(4)} ${usual.padStart(9)}   ${cells.map((cell) => cell.padEnd(26)).join('  ')}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
