// Evaluations and run cards through real processes, and the commands around them.
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { parquetReadObjects } from 'hyparquet';
import { registerLab } from '../cli/commands/lab.ts';
import { digestOf, readRunCard, runCardOf, verifyRunCard } from '../client/lab-card.ts';
import type { RunCard } from '../client/lab-card.ts';
import { capacityOf, crossingOf } from '../client/lab-capacity.ts';
import { evaluate } from '../client/lab-evaluation.ts';
import type { EvaluationPlan } from '../client/lab-evaluation.ts';
import type { EvaluationSummary } from '../client/lab-judgement.ts';
import { readOpenings } from '../client/lab-ledger.ts';
import { addTrial, bestSoFar, luckAmong, readTrials, trialOf, versionsOn } from '../client/lab-trials.ts';
import { PNL_PARTS } from '../domain/lab/pnl-anatomy.ts';
import { RUN_MEASURES } from '../domain/lab/run.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import { columnName } from '../recordings/write-recording.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';

const ROOT = path.join(__dirname, '..');
const MAKER = readFileSync(path.join(ROOT, 'examples', 'market-maker.ts'), 'utf8');
const run = promisify(execFile);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-lab-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function maker(given: Record<string, number> = {}): LabStrategy {
  return loadStrategy(MAKER, 'market-maker.ts', given);
}

function aPlan(given: Partial<EvaluationPlan> = {}): EvaluationPlan {
  return {
    strategy: maker(),
    against: { type: 'cash' },
    scenarios: ['realistic'],
    minutes: 5,
    targetInventory: 0,
    seeds: [1, 2, 3],
    stopRule: { type: 'fixed', seeds: 3 },
    ...given,
  };
}

/** The command line with a data folder of its own. */
async function mercato(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, MERCATO_HOME: path.join(folder, 'home') };
  const options = { env, cwd: folder, maxBuffer: 2 ** 26 };
  try {
    const { stdout, stderr } = await run(
      process.execPath,
      [path.join(ROOT, 'dist', 'mercato.cjs'), ...args],
      options,
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('an evaluation', () => {
  test('of a strategy against itself differs by exactly 0', async () => {
    const { verdict, runs } = await evaluate(aPlan({ against: { type: 'strategy', strategy: maker() } }));
    expect(verdict.comparison).toMatchObject({ difference: 0, interval: [0, 0], isEqual: true });
    expect(verdict.answer).toBe('not_distinguishable');
    expect(verdict.sentence).toMatch(
      /^Equal to market-maker.ts \([0-9a-f]{8}\): the difference is 0 in all of 3 seeds/,
    );
    const digests = (side: string) => runs.filter((one) => one.side === side).map(({ digest }) => digest);
    expect(digests('strategy')).toEqual(digests('reference'));
    expect(new Set(digests('strategy')).size).toBe(3);
  }, 60_000);

  test('has parts that sum to the mean gain, and the days without it beside them', async () => {
    const { verdict, anatomy, footprint, runs } = await evaluate(aPlan({ scenarios: ['realistic', 'thin'] }));
    for (const [i, { parts }] of anatomy.entries())
      expect(PNL_PARTS.reduce((sum, part) => sum + parts[part], 0)).toBeCloseTo(
        verdict.scenarios[i]!.comparison.meanStrategy,
        6,
      );
    expect(footprint.map(({ measure }) => measure)).toContain('marketSpreadBps');
    expect(runs.filter(({ side }) => side === 'absent')).toHaveLength(6);
  }, 60_000);

  test('stops at the first look at which it is clear', async () => {
    // A strategy that gives a dollar of spread away at each tick.
    const source = `export function createStrategy() {
      return { onTick: ({ bestAsk, bestBid }) => bestAsk === null || bestBid === null ? [] : [
        { actionType: 'place', side: 'buy', orderType: 'market', quantity: 20 },
        { actionType: 'place', side: 'sell', orderType: 'market', quantity: 20 },
      ] };
    }`;
    const compiled = compileStrategy(source, 'payer.js');
    const seeds = Array.from({ length: 40 }, (_, i) => i + 1);
    const { verdict } = await evaluate(
      aPlan({ strategy: { compiled, parameters: {} }, seeds, stopRule: { type: 'looks', at: [12, 40] } }),
    );
    expect(verdict).toMatchObject({ answer: 'worse', plannedSeeds: 12, stop: { look: 1, looks: 2 } });
  }, 60_000);

  test('counts a day on which the strategy throws as the worst', async () => {
    const source = 'export function createStrategy() { return { onTick() { throw new Error("lost"); } }; }';
    const compiled = compileStrategy(source, 'thrower.js');
    const { verdict, failures, runs } = await evaluate(aPlan({ strategy: { compiled, parameters: {} } }));
    expect(verdict.failedRuns.strategy).toBe(3);
    expect(verdict.comparison.meanStrategy).toBe(-100_000);
    expect(runs.find(({ side }) => side === 'strategy')!.ended).toMatchObject({
      type: 'failed',
      reason: 'threw',
    });
    expect(failures).toEqual([
      {
        side: 'strategy',
        message: expect.stringContaining('lost') as string,
        days: 3,
        scenario: 'realistic',
        seed: 1,
      },
    ]);
  }, 60_000);

  test('of an execution is about its shortfall, against another one that has the same to buy', async () => {
    const other = { type: 'strategy', strategy: maker({ quantity: 1 }) } as const;
    const { verdict } = await evaluate(aPlan({ targetInventory: 200, against: other }));
    expect(verdict.measure).toBe('shortfallBps');
    await expect(evaluate(aPlan({ targetInventory: 200 }))).rejects.toThrow(/compared with another one/);
  }, 60_000);

  test('against random trading with its turnover is what stands beside one against cash', async () => {
    const luck = await evaluate(aPlan({ against: { type: 'turnover_matched' } }));
    const { luck: beside } = await evaluate(aPlan());
    expect(luck.luck).toBeNull();
    expect(luck.verdict.reference).toEqual({ type: 'turnover_matched', name: 'market-maker.ts' });
    expect(luck.verdict.comparison).toEqual(beside!.comparison);
    expect(luck.values.reference.some((value) => value !== 0)).toBe(true);
  }, 60_000);

  test('says seed by seed what it is about', async () => {
    const { verdict, values } = await evaluate(aPlan());
    expect(values.seeds).toEqual([1, 2, 3]);
    expect(values.strategy.reduce((sum, value) => sum + value, 0) / 3).toBeCloseTo(
      verdict.comparison.meanStrategy,
      9,
    );
    expect(values.reference).toEqual([0, 0, 0]);
  }, 60_000);

  test('refuses a scenario that there is not, before anything runs', async () => {
    await expect(evaluate(aPlan({ scenarios: ['realistic', 'quiet'] }))).rejects.toThrow(
      /no scenario "quiet". There are realistic, /,
    );
  });

  test('at other costs: more fees for a strategy that takes are worse, cell by cell', async () => {
    const source = `export function createStrategy() {
      return { onTick: ({ bestAsk, bestBid, inventory }) => bestAsk === null || bestBid === null ? [] : [
        { actionType: 'place', side: inventory > 0 ? 'sell' : 'buy', orderType: 'market', quantity: 10 },
      ] };
    }`;
    const compiled = compileStrategy(source, 'taker.js');
    const { grid, sizes, breakEven } = await capacityOf(
      aPlan({ strategy: { compiled, parameters: {} }, minutes: 2 }),
      2,
      {},
    );
    expect(grid).toHaveLength(12);
    for (let i = 0; i < 4; i++) expect(grid[i + 4]!.cell!.value).toBeLessThan(grid[i]!.cell!.value);
    expect(sizes.map(({ size }) => size)).toEqual([0.5, 1, 2, 5]);
    expect(sizes[3]!.cell!.value).toBeLessThan(sizes[0]!.cell!.value);
    expect(breakEven.map(({ feeFactor }) => feeFactor)).toEqual([null, null, null, null]);
  }, 60_000);
});

test('fees at which nothing is left lie on the line between the cells around', () => {
  expect(
    crossingOf([
      [0, 30],
      [1, 10],
      [2, -10],
    ]),
  ).toBe(1.5);
  expect(
    crossingOf([
      [0, 0],
      [1, 10],
    ]),
  ).toBe(0);
  expect(
    crossingOf([
      [0, 30],
      [1, null],
      [2, 10],
    ]),
  ).toBeNull();
});

describe('trials', () => {
  const trialsFolder = () => mkdtempSync(path.join(folder, 'trials-'));
  const now = new Date('2026-01-05T09:30:00Z');
  const valuesOf = (strategy: readonly number[]) => ({
    values: { seeds: [1, 2, 3], strategy, reference: [0, 0, 0] },
  });
  /** As if it had been evaluated and had come to these values. */
  const tried = (
    at: string,
    quantity: number,
    values: readonly number[],
    given: Partial<EvaluationPlan> = {},
  ) =>
    addTrial(at, trialOf(aPlan({ strategy: maker({ quantity }), ...given }), valuesOf(values), MAKER, now));

  test('are kept by ground, a version once however often it is tried', () => {
    const at = trialsFolder();
    expect(readTrials(at)).toEqual([]);
    tried(at, 1, [1, 2, 3]);
    tried(at, 1, [1, 2, 3]);
    tried(at, 2, [4, 5, 6]);
    tried(at, 2, [7, 8, 9], { scenarios: ['thin'] });
    expect(readTrials(at)).toHaveLength(4);
    expect(versionsOn(aPlan(), readTrials(at)).map(({ values }) => [...values.values()])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test('the best so far is the best mean on these days, and another version than the one in question', () => {
    const at = trialsFolder();
    tried(at, 1, [1, 2, 3]);
    tried(at, 2, [4, 5, 6]);
    const own = (quantity: number) => {
      const { compiled, parameters } = maker({ quantity });
      return { hash: compiled.hash, parameters };
    };
    const best = (quantity: number, seeds = [1, 2, 3]) =>
      bestSoFar(aPlan(), seeds, readTrials(at), own(quantity)).parameters.quantity;
    expect([best(3), best(1), best(2)]).toEqual([2, 2, 1]);
    expect(() => best(3, [1, 2, 3, 4])).toThrow(/No other version has been tried on these 4 days/);
    const ofExecution = aPlan({ targetInventory: 100 });
    tried(at, 1, [1, 2, 3], { targetInventory: 100 });
    tried(at, 2, [4, 5, 6], { targetInventory: 100 });
    expect(bestSoFar(ofExecution, [1, 2, 3], readTrials(at), own(3)).parameters.quantity).toBe(1);
  });

  test('of another build count as tried, and their values are not compared', () => {
    const at = trialsFolder();
    const trial = trialOf(aPlan({ strategy: maker({ quantity: 1 }) }), valuesOf([1, 2, 3]), MAKER, now);
    addTrial(at, { ...trial, build: '0'.repeat(64) });
    tried(at, 2, [4, 5, 6]);
    const plan = aPlan({ strategy: maker({ quantity: 2 }) });
    const luck = luckAmong(readTrials(at), plan, valuesOf([4, 5, 6]));
    expect(luck).toMatchObject({ trials: 2, completeTrials: 1 });
  });

  test('a line that was left unfinished is passed over, one of another kind is refused by its number', () => {
    const at = trialsFolder();
    tried(at, 1, [1, 2, 3]);
    appendFileSync(path.join(at, 'trials.jsonl'), '{"at":"2026-01');
    tried(at, 2, [4, 5, 6]);
    expect(readTrials(at)).toHaveLength(2);
    appendFileSync(path.join(at, 'trials.jsonl'), '{"at":"2026-01-05T09:30:00Z"}\n');
    expect(() => readTrials(at)).toThrow(/trials.jsonl, line \d+ is no trial: .*build/s);
  });
});

test('processes that open at the same time have a block each, and all are remembered', async () => {
  const at = path.join(folder, 'at-once');
  const script = `
    const { openNextBlock } = require(${JSON.stringify(path.join(ROOT, 'client', 'lab-ledger.ts'))});
    for (let i = 0; i < 20; i++)
      openNextBlock(process.argv[1], 'sealed', { session: process.argv[2],
        strategy: 'a', reason: 'test', at: new Date().toISOString() });`;
  await Promise.all(
    ['one', 'two', 'three'].map((session) =>
      run(process.execPath, ['--import', 'tsx', '--eval', script, at, session], { cwd: ROOT }),
    ),
  );
  const numbers = readOpenings(at).openings.map(({ block }) => block.number);
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(existsSync(path.join(at, 'openings.lock'))).toBe(false);
}, 60_000);

describe('a run card', () => {
  let card: RunCard;
  beforeAll(async () => {
    const plan = aPlan();
    const evaluation = await evaluate(plan);
    card = runCardOf(plan, evaluation, {
      kind: 'quickjs',
      sources: { strategy: MAKER, against: null },
      block: null,
      openings: [],
      now: new Date('2026-01-05T09:30:00Z'),
      summary: null,
    });
  }, 60_000);

  /** As somebody would who also mends the checksum. */
  const changed = (change: Partial<RunCard>): RunCard => {
    const { checksum: _, ...content } = { ...card, ...change };
    return { ...content, checksum: digestOf(content) };
  };

  test('is verified by running it again', async () => {
    expect(await verifyRunCard(card, { processes: 1 })).toEqual({
      divergence: null,
      isWhole: true,
      differences: [],
      runs: 9,
    });
  }, 60_000);

  test('says that it was changed, and what diverges first', async () => {
    const runs = card.runs.map((one, i) => (i === 4 ? { ...one, events: '0'.repeat(16) } : one));
    const { divergence, isWhole } = await verifyRunCard({ ...card, runs });
    expect(isWhole).toBe(false);
    expect(divergence).toMatchObject({
      what: 'the events of absent in realistic, seed 2',
      card: '0'.repeat(16),
    });
  }, 60_000);

  test('with another source, market or verdict is found out even with a new checksum', async () => {
    const source = MAKER.replace('default: 10', 'default: 11');
    const { divergence: ofSource } = await verifyRunCard(changed({ strategy: { ...card.strategy, source } }));
    expect(ofSource!.what).toBe('the source of strategy (market-maker.ts)');
    const { divergence: ofMarket } = await verifyRunCard(changed({ ground: { ...card.ground, minutes: 6 } }));
    expect(ofMarket!.what).toBe('the market of realistic, seed 1');
    const verdict = { ...card.verdict, sentence: 'Better than cash.' };
    const { divergence: ofVerdict } = await verifyRunCard(changed({ verdict }));
    expect(ofVerdict).toMatchObject({ what: 'the verdict', card: 'Better than cash.' });
    const block = { purpose: 'sealed', number: 7 } as const;
    const { divergence: ofSeeds } = await verifyRunCard(changed({ block }));
    expect(ofSeeds).toEqual({ what: 'the seeds', card: 'block 7 of sealed', here: '1, of none' });
    const { divergence: ofOpenings } = await verifyRunCard(changed({ block, seeds: seedsOf(block, 3) }));
    expect(ofOpenings).toMatchObject({ what: 'the openings', card: 'none' });
  }, 60_000);

  test('made by another build is run all the same, and the build is named', async () => {
    const { divergence, differences } = await verifyRunCard(
      changed({ made: { ...card.made, node: 'v99.0.0' } }),
    );
    expect([divergence, differences]).toEqual([
      null,
      [{ what: 'node', card: 'v99.0.0', here: process.version }],
    ]);
  }, 60_000);

  test('that is none is refused by its place', () => {
    const file = path.join(folder, 'none.json');
    writeFileSync(file, JSON.stringify({ ...card, seeds: ['a'] }));
    expect(() => readRunCard(file)).toThrow(/is no run card: .*seeds/s);
  });
});

describe('the commands', () => {
  const before = process.env.MERCATO_HOME;
  beforeAll(() => (process.env.MERCATO_HOME = path.join(folder, 'home')));
  afterAll(() => {
    if (before === undefined) delete process.env.MERCATO_HOME;
    else process.env.MERCATO_HOME = before;
  });

  const short = ['--minutes', '5', '--seeds', '2'];
  const example = path.join(ROOT, 'examples', 'market-maker.ts');

  test('evaluate writes a folder whole: card, runs, report; verify agrees with it', async () => {
    const out = path.join(folder, 'evaluation');
    const done = await mercato('lab', 'evaluate', example, ...short, '--out', out);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout.trimEnd().split('\n').at(-1)).toMatch(/cash: /);
    expect(readdirSync(out).toSorted()).toEqual([
      'card.json',
      'evaluation.json',
      'report.html',
      'runs.parquet',
    ]);
    const rows = await parquetReadObjects({ file: readFileSync(path.join(out, 'runs.parquet')).buffer });
    expect(rows).toHaveLength(6);
    for (const name of Object.keys(RUN_MEASURES)) expect(Object.keys(rows[0]!)).toContain(columnName(name));
    const page = readFileSync(path.join(out, 'report.html'), 'utf8');
    const { verdict } = JSON.parse(readFileSync(path.join(out, 'evaluation.json'), 'utf8')) as {
      verdict: { sentence: string };
    };
    expect(page).toContain(verdict.sentence);
    expect(page).not.toMatch(/<script|<link|src=/);
    for (const title of [
      'Luck of the best of many',
      'Risk',
      'How it traded',
      'Six axes',
      'The market without it',
    ])
      expect(page).toContain(`<h2>${title}</h2>`);
    const again = await mercato('lab', 'evaluate', example, ...short, '--out', out);
    expect(again.stderr).toContain('it is there already');
    expect(await mercato('lab', 'verify', path.join(out, 'card.json'))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The same: 6 runs/) as string,
    });
  }, 120_000);

  test('evaluate writes an opening down before it looks at sealed seeds, and takes other ones the next time', async () => {
    const blocks: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { code } = await mercato('lab', 'evaluate', example, ...short, '--sealed', '--json');
      expect(code).toBe(0);
      blocks.push(readOpenings(path.join(folder, 'home', 'lab')).openings.at(-1)!.block);
    }
    expect(blocks).toEqual([
      { purpose: 'sealed', number: 1 },
      { purpose: 'sealed', number: 2 },
    ]);
  }, 120_000);

  test('evaluate on all that is held back has evidence and a card of each, and only its known days are a trial', async () => {
    const out = path.join(folder, 'sealed-all');
    const home = path.join(folder, 'home', 'lab');
    const before = [readTrials(home).length, readOpenings(home).openings.length];
    const { code, stdout } = await mercato(
      'lab',
      'evaluate',
      example,
      ...short,
      '--sealed',
      'all',
      '--out',
      out,
    );
    expect(code).toBe(0);
    const { evidence, trials } = JSON.parse(
      readFileSync(path.join(out, 'evaluation.json'), 'utf8'),
    ) as EvaluationSummary;
    expect(evidence.map(({ days }) => days)).toEqual([
      'sealed',
      'validation',
      'sealed_parameters',
      'sealed_mechanism',
    ]);
    expect(trials.luck).toBeNull();
    expect([readTrials(home).length, readOpenings(home).openings.length]).toEqual([
      before[0]! + 1,
      before[1]! + 3,
    ]);
    for (const { verdict } of evidence) expect(stdout).toContain(verdict.sentence);
    expect(
      readdirSync(out)
        .filter((name) => name.startsWith('card'))
        .toSorted(),
    ).toEqual([
      'card-sealed-mechanism.json',
      'card-sealed-parameters.json',
      'card-validation.json',
      'card.json',
    ]);
    const types = (name: string) => readRunCard(path.join(out, name)).block!.purpose;
    expect(types('card-sealed-mechanism.json')).toBe('sealed_mechanism');
    const verified = await mercato('lab', 'verify', path.join(out, 'card-sealed-mechanism.json'));
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^The same: 6 runs/) as string });
  }, 120_000);

  test('report writes the same page again, with the search that a strategy came from if asked, and not of what was changed', async () => {
    const out = path.join(folder, 'reported');
    expect(await mercato('lab', 'evaluate', example, ...short, '--out', out)).toMatchObject({ code: 0 });
    const page = readFileSync(path.join(out, 'report.html'), 'utf8');
    const again = path.join(folder, 'again.html');
    expect(await mercato('lab', 'report', out, '--out', again)).toMatchObject({ code: 0 });
    expect(readFileSync(again, 'utf8')).toBe(page);
    const file = path.join(out, 'evaluation.json');
    const written = readFileSync(file, 'utf8');
    for (const [from, to] of [
      ['istinguishable from cash', 'quite distinguishable'],
      ['"versions": ', '"versions": 1'],
    ] as const) {
      writeFileSync(file, written.replace(from, to));
      const changed = await mercato('lab', 'report', out);
      expect(changed.stderr).toContain('is not what card.json was written with');
    }
    const neither = await mercato('lab', 'report', folder);
    expect(neither.stderr).toContain('search.json cannot be read');
  }, 120_000);

  test('evaluate against the best so far needs one, and takes it', async () => {
    const ground = ['--minutes', '4', '--seeds', '2'];
    const none = await mercato('lab', 'evaluate', example, ...ground, '--against', 'best');
    expect(none.stderr).toMatch(/No other version has been tried on these 2 days of realistic/);
    await mercato('lab', 'evaluate', example, ...ground);
    const parameters = ['--parameters', '{"quantity":20}'];
    const { stdout } = await mercato(
      'lab',
      'evaluate',
      example,
      ...ground,
      ...parameters,
      '--against',
      'best',
    );
    expect(stdout).toContain('the best so far (market-maker.ts');
    expect(stdout).toContain('2 versions have been tried on these days');
  }, 120_000);

  test.each([
    [['--seeds', '3000001000001-3000001000005'], /is held back: it belongs to block 1 of sealed/],
    [['--seeds', '1-5', '--sealed'], /take a number of seeds/],
    [['--against', 'nothing.ts'], /nothing.ts cannot be read/],
    [['--scenarios', 'quiet'], /no scenario "quiet"/],
    [['--parameters', '{"quantity":"many"}'], /object of numbers/],
    [['--parameters', '{"size":1}'], /"size" is no parameter of the strategy/],
    [['--sandbox', 'direct'], /--sandbox is quickjs, isolated_vm; "direct" is none of them/],
    [['--target', '100'], /compared with another one/],
    [['--scenarios', 'no_edge', '--capacity', '2'], /does not go with no_edge/],
    [['--looks', '8,4', '--sealed'], /ascending numbers of seeds/],
    [['--sealed', 'all', '--scenarios', 'rmsc04'], /rmsc04 is a preset, the same for every seed/],
    [['--sealed', 'mechanism', '--scenarios', 'no_edge'], /no_edge works in one way only/],
    [['--sealed', 'everything'], /--sealed is seeds, parameters, mechanism, all; "everything" is none/],
    [['--looks', '4,8', '--seeds', '8'], /leave --seeds out/],
  ])(
    'evaluate refuses %j before anything is run, opened or written',
    async (flags, message) => {
      const home = path.join(folder, 'home', 'lab');
      const before = readOpenings(home).openings.length;
      const out = path.join(folder, 'refused');
      // In this process: nothing is run, and the command line takes a second to load.
      const program = new Command().exitOverride();
      registerLab(program);
      const args = ['lab', 'evaluate', example, '--minutes', '5', ...flags, '--out', out];
      await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(message);
      expect([existsSync(out), existsSync(`${out}.unfinished`)]).toEqual([false, false]);
      expect(readOpenings(home).openings).toHaveLength(before);
    },
    60_000,
  );
});
