import { mean } from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import { SearchModel } from './search-model.ts';
import type { Observation, Place } from './search-model.ts';

const key = RandomKey.of('model');
const hill = ([a, b]: Place): number => -4 * ((a! - 0.3) * (a! - 0.3) + (b! - 0.8) * (b! - 0.8));
const TOP = [0.3, 0.8];
const FOOT = [1, 0];

/** Forty places, each on one of four groups of seeds, with large effects of the groups. */
function seen(noise: number): Observation[] {
  return Array.from({ length: 40 }, (_, i) => {
    const place = [key.at('a', i).uniform(), key.at('b', i).uniform()];
    const value = hill(place) + 10 * key.at('group', i % 4).normal() + noise * key.at('run', i).normal();
    return { place, group: i % 4, value };
  });
}

test('it knows a hill by values on seeds of other levels, and shrinks it more when they are noisy', () => {
  const height = hill(TOP) - hill(FOOT);
  const [exact, noisy] = [seen(0), seen(1)].map((observations) => {
    const model = new SearchModel(observations);
    return model.mean(TOP) - model.mean(FOOT);
  });

  expect(exact).toBeGreaterThan(0.7 * height);
  expect(exact).toBeLessThan(1.1 * height);
  expect(noisy).toBeGreaterThan(0.3 * height);
  expect(noisy).toBeLessThan(exact!);
});

test('of mere noise it expects next to nothing', () => {
  const noise = seen(1).map(({ value, ...rest }) => ({ ...rest, value: value - hill(rest.place) }));
  const model = new SearchModel(noise);

  expect(Math.abs(model.mean(TOP) - model.mean(FOOT))).toBeLessThan(0.5);
});

test('another level of a group changes next to nothing', () => {
  const raised = seen(0.5).map((observation) =>
    observation.group === 2 ? { ...observation, value: observation.value + 1 } : observation,
  );
  const [before, after] = [seen(0.5), raised].map((observations) => {
    const model = new SearchModel(observations);
    return model.mean(TOP) - model.mean(FOOT);
  });

  expect(Math.abs(after! - before!)).toBeLessThan(0.05);
});

test('functions are drawn around what is expected, and vary less where more was seen', () => {
  const model = new SearchModel(
    seen(0.5).map(({ place: [a, b], ...rest }) => ({ ...rest, place: [a! / 2, b!] })),
  );
  const [middle, far] = [
    [0.25, 0.5],
    [1, 0.5],
  ];
  const draw = model.sampler([middle, far]);
  const draws = Array.from({ length: 400 }, (_, i) => draw(key.at('draw', i)));
  const errors = [middle, far].map((place, i) => draws.map((values) => values[i]! - model.mean(place)));
  const spread = errors.map((values) => Math.sqrt(mean(values.map((value) => value * value))));

  expect(Math.abs(mean(errors[0]!))).toBeLessThan((4 * spread[0]!) / 20);
  expect(Math.abs(mean(errors[1]!))).toBeLessThan((4 * spread[1]!) / 20);
  expect(spread[1]).toBeGreaterThan(1.3 * spread[0]!);
});

test('values without any difference say nothing', () => {
  const model = new SearchModel(seen(1).map((observation) => ({ ...observation, value: 0 })));

  expect(model.mean(TOP)).toBe(0);
  expect(model.sampler([TOP, FOOT])(key)).toEqual([0, 0]);
});
