import { mean, sampleDeviation, skewness } from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import {
  deflatedSharpe,
  effectiveTrials,
  expectedBestSharpe,
  probabilisticSharpe,
  sharpeRatio,
} from './sharpe-ratio.ts';

const KEY = RandomKey.of('sharpe-ratio');
const VALUES = [1.2, -0.4, 3.1, 0.3, -1.5, 2.2, 0.8, -0.2, 5.4, 0.1];

function luck(name: string | number, count: number, seeds = 40): number[][] {
  return Array.from({ length: count }, (_, trial) =>
    Array.from({ length: seeds }, (_unused, seed) => KEY.at(name, trial, seed).normal()),
  );
}

// scipy 1.17.1: skew and kurtosis with bias=False; jsharpe 0.6.3: sharpe_ratio_variance, probabilistic_sharpe_ratio.
test('ratio, moments, error and probability are those of scipy and jsharpe', () => {
  const sharpe = sharpeRatio(VALUES)!;

  expect(skewness(VALUES)).toBeCloseTo(1.1072845643666234, 12);
  expect(sharpe.excessKurtosis).toBeCloseTo(1.2694860877597511, 12);
  expect(sharpe.ratio).toBeCloseTo(0.5489336646942353, 13);
  expect(sharpe.standardError).toBeCloseTo(0.26634799494399836, 13);
  expect(probabilisticSharpe(sharpe, 0.1)).toBeCloseTo(0.9540554182355402, 12);
});

// jsharpe 0.6.3: expected_maximum_sharpe_ratio(trials, deviation²).
test.each([
  [0.3, 10, 0.472379490403725],
  [1, 100, 2.5306028932016846],
  [0.05, 1000, 0.16275607568263617],
  [1, 1, 0],
])('with deviation %d the best of %d is expected at %d', (deviation, trials, expected) => {
  expect(expectedBestSharpe(deviation, trials)).toBeCloseTo(expected, 8);
});

test('the expected best is what simulated trials have', () => {
  const best = Array.from({ length: 2000 }, (_, session) =>
    Math.max(...Array.from({ length: 30 }, (_unused, trial) => KEY.at('best', session, trial).normal())),
  );

  expect(mean(best)).toBeCloseTo(expectedBestSharpe(1, 30), 1);
});

test('the error is what ratios of skewed values have', () => {
  const ratios = Array.from({ length: 1000 }, (_, sample) =>
    sharpeRatio(Array.from({ length: 100 }, (_unused, i) => KEY.at('error', sample, i).exponential() - 0.5))!,
  );
  const usual = mean(ratios.map(({ standardError }) => standardError));

  expect(usual / sampleDeviation(ratios.map(({ ratio }) => ratio))).toBeCloseTo(1, 1);
});

describe('effective trials', () => {
  const [a, b] = luck('effective', 2, 4000);

  test.each([
    ['none', [], 0],
    ['one', [a!], 1],
    ['copies of one', [a!, a!, a!], 1],
    ['opposites', [a!, a!.map((value) => -value)], 2],
    ['one that never varies, which is like no other', [a!, a!.map(() => 0)], 2],
  ])('of %s', (_, trials, expected) => {
    expect(effectiveTrials(trials)).toBeCloseTo(expected, 10);
  });

  test('of trials that share half of their variance', () => {
    const others = luck('shared', 10, 4000).map((own) =>
      own.map((value, i) => (value + b![i]!) / Math.SQRT2),
    );

    expect(effectiveTrials(others)).toBeCloseTo(0.5 + 0.5 * 10, 0);
  });
});

describe('the deflated ratio', () => {
  test('of a single trial is the probabilistic one', () => {
    expect(deflatedSharpe([VALUES], 0)).toMatchObject({
      benchmark: 0,
      trials: 1,
      probability: probabilisticSharpe(sharpeRatio(VALUES)!, 0),
    });
  });

  test('falls with every trial more, also with those that were rejected', () => {
    const trials = luck('falls', 40);
    const probabilities = [2, 10, 40].map((count) => {
      const first = trials
        .slice(0, count)
        .map((values, i) => (i === 0 ? values.map((v) => v + 0.5) : values));
      return deflatedSharpe(first, 0)!.probability;
    });

    expect(probabilities[0]).toBeGreaterThan(probabilities[1]!);
    expect(probabilities[1]).toBeGreaterThan(probabilities[2]!);
  });

  test('calls the best of many lucky trials sure in few cases, where the ratio alone does in most', () => {
    const sessions = 200;
    const sure = { deflated: 0, alone: 0 };
    for (let session = 0; session < sessions; session++) {
      const trials = luck(session, 20);
      const ratios = trials.map((values) => sharpeRatio(values)!);
      const best = ratios.reduce((top, { ratio }, i) => (ratio > ratios[top]!.ratio ? i : top), 0);
      if (deflatedSharpe(trials, best)!.probability > 0.95) sure.deflated += 1;
      if (probabilisticSharpe(ratios[best]!, 0) > 0.95) sure.alone += 1;
    }

    expect(sure.deflated / sessions).toBeLessThan(0.05);
    expect(sure.alone / sessions).toBeGreaterThan(0.5);
  });

  test('is not known of too few values, of what does not vary, and of a trial that is not there', () => {
    expect(deflatedSharpe([[1, 2, 3]], 0)).toBeNull();
    expect(deflatedSharpe([[1, 1, 1, 1]], 0)).toBeNull();
    expect(deflatedSharpe([VALUES], 1)).toBeNull();
    expect(() => expectedBestSharpe(1, 0.5)).toThrow('0.5 trials');
  });
});
