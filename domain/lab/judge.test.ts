import { levelsOfLooks, powerOfLooks } from './alpha-spending.ts';
import { answerOf, cashRuns, judge, LEVEL } from './judge.ts';
import { comparePairs } from './paired-comparison.ts';
import type { ScoredRun } from './paired-runs.ts';
import type { Measure, Question, StopRule } from './question.ts';
import type { Answer, Verdict } from './verdict.ts';
import { RandomKey } from '../random.ts';

const KEY = RandomKey.of('judge');
const DRAWS = 399;

const PNL: Measure = {
  name: 'pnlCents',
  isMoreBetter: true,
  worst: -1000,
  unit: 'dollars a day',
  scale: 0.01,
  digits: 2,
};
const SLIPPAGE: Measure = {
  name: 'slippageBps',
  isMoreBetter: false,
  worst: 100,
  unit: 'basis points',
  scale: 1,
  digits: 1,
};

function aQuestion(changes: Partial<Question> = {}): Question {
  return {
    reference: { type: 'cash' },
    primary: PNL,
    secondary: [],
    stopRule: { type: 'fixed', seeds: 40 },
    relevantDifference: null,
    ...changes,
  };
}

/** Measured runs of seeds 1, 2, … in one scenario. */
function runs(values: readonly number[], scenario = 'calm', measure = PNL): ScoredRun[] {
  return values.map((value, i) => ({
    scenario,
    seed: i + 1,
    type: 'measured',
    values: { [measure.name]: value },
  }));
}

function normals(name: string | number, count: number, shift = 0): number[] {
  return Array.from({ length: count }, (_, i) => KEY.at(name, i).normal() + shift);
}

function against(values: readonly number[], reference: readonly number[], changes: Partial<Question> = {}) {
  const stopRule: StopRule = { type: 'fixed', seeds: values.length };
  return judge(aQuestion({ stopRule, ...changes }), runs(values), runs(reference), DRAWS);
}

describe('the answer', () => {
  const zeros = normals('zeros', 40).map(() => 0);

  test.each([
    ['better', 1],
    ['worse', -1],
    ['not_distinguishable', 0.05],
  ])('is %s where the true difference is %d', (answer, shift) => {
    expect(against(normals('answer', 40, shift), zeros).answer).toBe(answer);
  });

  test('less is better where the measure says so', () => {
    const question = aQuestion({ primary: SLIPPAGE });
    const values = normals('slippage', 40, -1);
    const verdict = judge(question, runs(values, 'calm', SLIPPAGE), runs(zeros, 'calm', SLIPPAGE), DRAWS);

    expect(verdict.answer).toBe('better');
    expect(verdict.sentence).toMatch(/^Better than cash: −0\.\d basis points/);
  });

  test('the same runs give the same verdict', () => {
    const values = normals('again', 40, 0.3);

    expect(against(values, zeros)).toEqual(against(values, zeros));
  });
});

describe('the sentence', () => {
  test('says what is seen and what it would take', () => {
    const values = normals('sentence', 40, 0.2).map((value) => 1000 * value);
    const verdict = judge(aQuestion(), runs(values), cashRuns(runs(values), [PNL]));

    expect(verdict.sentence).toMatch(
      /^Not distinguishable from cash: [+−]\d+\.\d\d dollars a day \(−\d+\.\d\d … \d+\.\d\d\), 40 seeds; [\d,]+ seeds would be needed to see this difference\.$/,
    );
    expect(verdict.sentence).toContain(`; ${verdict.seedsNeeded!.toLocaleString('en-US')} seeds`);
  });

  test.each([
    [{ type: 'absent' as const }, 'the market without it'],
    [{ type: 'strategy' as const, name: 'b.ts' }, 'b.ts'],
    [{ type: 'best_so_far' as const, name: 'version 7' }, 'the best so far (version 7)'],
    [{ type: 'turnover_matched' as const, name: 'a.ts' }, 'random trading with the turnover of a.ts'],
  ])('names the reference %j', (reference, name) => {
    const values = normals('names', 20);

    expect(against(values, values, { reference }).sentence).toBe(
      `Equal to ${name}: the difference is 0 in all of 20 seeds.`,
    );
  });

  test('says which look it is, and what went wrong', () => {
    const strategy = runs(normals('wrong', 20, 9));
    strategy[3] = { scenario: 'calm', seed: 4, type: 'failed', reason: 'fuel_exhausted' };
    strategy[5] = { scenario: 'calm', seed: 6, type: 'void', reason: 'killed by the clock' };
    const stopRule: StopRule = { type: 'looks', at: [20, 40] };
    const { sentence } = judge(
      aQuestion({ stopRule }),
      strategy,
      runs(normals('wrong reference', 20)),
      DRAWS,
    );

    expect(sentence).toContain(
      '19 seeds (look 1 of 2), 1 failed run counted as the worst, 1 void seed left out',
    );
  });

  test('says that two seeds bound nothing', () => {
    expect(against([1, 2], [0, 0]).sentence).toContain('(−∞ … ∞), 2 seeds');
  });

  test('asks for as many seeds as flipped signs need, however clear the difference is', () => {
    const five = against([1000, 1001, 1002, 1003, 1004], [0, 0, 0, 0, 0]);

    expect(five.sentence).toMatch(/^Not distinguishable .*, 5 seeds; 6 seeds would be needed/);
    expect(against([1000, 1001, 1002, 1003, 1004, 1005], [0, 0, 0, 0, 0, 0]).answer).toBe('better');
  });

  test('does not promise what is out of reach', () => {
    const values = normals('tiny', 40);
    const centre = values.reduce((sum, value) => sum + value, 0) / 40;

    expect(
      against(
        values.map((value) => value - centre + 1e-5),
        values.map(() => 0),
      ).sentence,
    ).toMatch(
      /^Not distinguishable from cash: \+0\.00 dollars a day .*more than a million seeds would be needed/,
    );
  });
});

describe('runs that went wrong', () => {
  const values = normals('went wrong', 20, 5);
  const zeros = values.map(() => 0);
  const stopRule: StopRule = { type: 'fixed', seeds: 20 };
  const judged = (strategy: readonly ScoredRun[], reference = runs(zeros)): Verdict =>
    judge(aQuestion({ stopRule }), strategy, reference, DRAWS);

  test('a failed one counts as the worst: not at all would be a reward for fragile code', () => {
    const strategy = runs(values);
    strategy[0] = { scenario: 'calm', seed: 1, type: 'failed', reason: 'threw' };
    const verdict = judged(strategy);

    expect(verdict.failedRuns).toEqual({ strategy: 1, reference: 0 });
    expect(verdict.comparison.difference).toBeLessThan((-1000 + 19 * 8) / 20);
    expect(verdict.answer).toBe('not_distinguishable');
  });

  test('failing is never better than the worst that was lived', () => {
    const strategy = runs(values);
    strategy[0] = { scenario: 'calm', seed: 1, type: 'failed', reason: 'threw' };
    const reference = runs(zeros.map((_, i) => (i === 9 ? -50_000 : 0)));

    expect(judged(strategy, reference).comparison.meanStrategy).toBeLessThan(-50_000 / 20 + 10);
  });

  test('nor than what it had lost itself when it failed', () => {
    const strategy = runs(values);
    strategy[0] = {
      scenario: 'calm',
      seed: 1,
      type: 'failed',
      reason: 'threw',
      values: { pnlCents: -50_000 },
    };
    strategy[1] = {
      scenario: 'calm',
      seed: 2,
      type: 'failed',
      reason: 'threw',
      values: { pnlCents: 50_000 },
    };

    expect(judged(strategy).comparison.meanStrategy).toBeLessThan(-100_000 / 20 + 10);
  });

  test('nor is a primary measure that is not known', () => {
    const strategy = runs(values);
    strategy[0] = { scenario: 'calm', seed: 1, type: 'measured', values: { pnlCents: null } };

    expect(judged(strategy)).toMatchObject({ failedRuns: { strategy: 1, reference: 0 }, unknownSeeds: 0 });
  });

  test('what a machine has lost takes its seed out for both', () => {
    const reference = runs(zeros);
    reference[7] = { scenario: 'calm', seed: 8, type: 'void', reason: 'killed by the clock' };
    const verdict = judged(runs(values), reference);

    expect(verdict).toMatchObject({ plannedSeeds: 20, voidSeeds: 1, comparison: { seeds: 19 } });
    expect(verdict.comparison.meanStrategy).toBeCloseTo(
      (values.reduce((sum, value) => sum + value, 0) - values[7]!) / 19,
      10,
    );
  });

  test('with more than one seed in ten lost there is no verdict: it need not be chance which', () => {
    const lost = (count: number): ScoredRun[] =>
      runs(values).map((run, i): ScoredRun =>
        i < count ? { scenario: 'calm', seed: run.seed, type: 'void', reason: 'killed' } : run,
      );

    expect(judged(lost(2)).voidSeeds).toBe(2);
    expect(() => judged(lost(3))).toThrow(
      '3 of 20 seeds were lost by the machine, not by a strategy (killed)',
    );
  });
});

describe('several scenarios', () => {
  const calm = normals('calm', 20);
  const wild = normals('wild', 20).map((value) => 10 * value);
  const strategy = [...runs(calm, 'calm'), ...runs(wild, 'wild')];
  const reference = cashRuns(strategy, [PNL]);
  const stopRule: StopRule = { type: 'fixed', seeds: 20 };

  test('have the same weight, and a seed is one unit in all of them together', () => {
    const verdict = judge(aQuestion({ stopRule }), strategy, reference, DRAWS);
    const means = calm.map((value, i) => (value + wild[i]!) / 2);

    expect(verdict.comparison.seeds).toBe(20);
    expect(verdict.comparison.difference).toBeCloseTo(means.reduce((sum, value) => sum + value, 0) / 20, 10);
    expect(verdict.scenarios.map(({ scenario }) => scenario)).toEqual(['calm', 'wild']);
    expect(verdict.scenarios.reduce((sum, { comparison }) => sum + comparison.difference, 0) / 2).toBeCloseTo(
      verdict.comparison.difference,
      10,
    );
  });

  test('must be the same for both, each seed once', () => {
    const judged = (one: readonly ScoredRun[], other: readonly ScoredRun[]) => () =>
      judge(aQuestion({ stopRule }), one, other, DRAWS);

    expect(judged(strategy.slice(1), reference)).toThrow('the strategy has no run of seed 1 in calm');
    expect(judged(strategy, reference.slice(0, -1))).toThrow('the reference has no run of seed 20 in wild');
    expect(judged(runs(calm), reference)).toThrow('the strategy has no run of seed 1 in wild');
    expect(judged([...strategy, strategy[4]!], reference)).toThrow(
      'the strategy has two runs of seed 5 in calm',
    );
  });
});

describe('when to stop', () => {
  const looks: StopRule = { type: 'looks', at: [20, 40, 80] };
  const at = (seeds: number, shift: number): Verdict['stop'] =>
    against(normals('stop', seeds, shift), new Array<number>(seeds).fill(0), { stopRule: looks }).stop;

  test('when it is clear, or nothing comes after', () => {
    expect(at(20, 2)).toMatchObject({ look: 1, looks: 3, shouldStop: true });
    expect(at(20, 0)).toMatchObject({ look: 1, shouldStop: false });
    expect(at(80, 0)).toMatchObject({ look: 3, shouldStop: true });
    expect(at(20, 0).levelOfLook).toBeLessThan(at(80, 0).levelOfLook);
  });

  test('nobody looks in between', () => {
    expect(() => at(30, 0)).toThrow('there are runs of 30 seeds: looks are planned at 20, 40, 80');
  });

  test('power is that of the plan, for the difference that was said to matter', () => {
    const values = normals('power', 20);
    const power = (relevantDifference: number | null): number | null =>
      against(
        values,
        values.map(() => 0),
        { stopRule: looks, relevantDifference },
      ).power;

    expect(power(null)).toBeNull();
    expect(power(0.5)!).toBeGreaterThan(0.9);
    expect(power(0.1)!).toBeLessThan(0.3);
  });
});

describe('secondary measures', () => {
  const withBoth = (name: string, shift: number): ScoredRun[] =>
    normals(name, 40, shift).map((value, i) => ({
      scenario: 'calm',
      seed: i + 1,
      type: 'measured',
      values: { pnlCents: value, slippageBps: i < 2 ? null : -value, other: value },
    }));
  const other = { ...SLIPPAGE, name: 'other', isMoreBetter: true };
  const verdict = judge(
    aQuestion({ secondary: [SLIPPAGE, other] }),
    withBoth('secondary', 1.2),
    withBoth('secondary reference', 0),
    1999,
  );

  test('are judged by Holm, each in its own direction', () => {
    const [slippage, more] = verdict.secondary;

    expect([slippage!.answer, more!.answer]).toEqual(['better', 'better']);
    const least = Math.min(slippage!.comparison!.pValue, more!.comparison!.pValue);
    expect(Math.min(slippage!.adjustedPValue!, more!.adjustedPValue!)).toBe(2 * least);
  });

  test('leave out seeds in which they are not known, and say so', () => {
    expect(verdict.secondary[0]).toMatchObject({ unknownSeeds: 2, comparison: { seeds: 38 } });
    expect(verdict.unknownSeeds).toBe(0);
  });

  test('that nobody knows have no answer', () => {
    const unknown = judge(
      aQuestion({ secondary: [SLIPPAGE] }),
      runs(normals('unknown', 40)),
      runs(normals('unknown', 40)),
      DRAWS,
    );

    expect(unknown.secondary[0]).toMatchObject({
      comparison: null,
      adjustedPValue: null,
      answer: 'not_distinguishable',
    });
  });
});

describe('sessions that look after 20, 40 and 80 seeds', () => {
  const at = [20, 40, 80];
  const sessions = 400;
  const zeros = new Array<number>(80).fill(0);

  const levels = levelsOfLooks(at, LEVEL);

  /** The answer at the look that stops the session, and whether p ≤ 5 % at any of them: what peeking would have said. */
  function live(values: readonly number[]): { answer: Answer; hasPeeked: boolean } {
    let answer: Answer = 'not_distinguishable';
    const comparisons = at.map((seeds, look) => {
      const comparison = comparePairs(
        values.slice(0, seeds),
        zeros.slice(0, seeds),
        levels[look]!,
        KEY,
        DRAWS,
      );
      if (answer === 'not_distinguishable')
        answer = answerOf(comparison, comparison.pValue, levels[look]!, PNL);
      return comparison;
    });
    return { answer, hasPeeked: comparisons.some(({ pValue }) => pValue <= LEVEL) };
  }

  const shareOf = (lives: readonly boolean[]): number => lives.filter(Boolean).length / lives.length;
  const chance = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / sessions);

  // Skewness 0, 2, and 0 with infinite kurtosis (Student's t of 3 degrees of freedom).
  test.each([
    ['normal', (key: RandomKey) => key.normal()],
    ['skewed', (key: RandomKey) => key.exponential() - 1],
    [
      'heavy-tailed',
      (key: RandomKey) => {
        const squares = [1, 2, 3].map((i) => key.at('below', i).normal()).map((value) => value * value);
        return key.normal() / Math.sqrt((squares[0]! + squares[1]! + squares[2]!) / 3);
      },
    ],
  ])(
    'and %s values without an edge raise 5 false alarms of 100, where peeking raises many more',
    (name, draw) => {
      const lives = Array.from({ length: sessions }, (_, session) =>
        live(Array.from({ length: 80 }, (_unused, seed) => draw(KEY.at('no edge', name, session, seed)))),
      );

      expect(shareOf(lives.map(({ answer }) => answer !== 'not_distinguishable'))).toBeLessThan(
        0.05 + chance(0.05),
      );
      expect(shareOf(lives.map(({ hasPeeked }) => hasPeeked))).toBeGreaterThan(0.05 + chance(0.05));
    },
  );

  test('find a planted edge as often as the power says, ± 10 points', () => {
    const found = Array.from({ length: 200 }, (_, session) => live(normals(`planted ${session}`, 80, 0.3)));

    expect(
      Math.abs(shareOf(found.map(({ answer }) => answer === 'better')) - powerOfLooks(at, 0.05, 0.3, 1)),
    ).toBeLessThan(0.1);
  });
});
