import { RandomKey } from '../random.ts';
import { luckOfTrials } from './trial-luck.ts';

const SEEDS = 40;
const NOTHING = Array.from({ length: SEEDS }, () => 0);

/** Normal values with this mean, in standard deviations. */
function version(name: string, mean = 0): number[] {
  const key = RandomKey.of(name);
  return NOTHING.map((_, i) => mean + key.at(i).normal());
}

const among = (others: number, own: readonly number[]) => {
  const versions = [own, ...Array.from({ length: others }, (_, i) => version(`other ${i}`))];
  return luckOfTrials(NOTHING, versions, 0, RandomKey.of('luck'));
};

test('the same result is worth less, the more versions were tried', () => {
  // Better than each of the others, so that it is the best among few and among many.
  const own = version('own', 0.5);
  const [alone, few, many] = [among(0, own), among(5, own), among(60, own)];

  expect([alone.trials, few.trials, many.trials]).toEqual([1, 6, 61]);
  expect(alone.realityCheck).toBeLessThan(few.realityCheck!);
  expect(few.realityCheck).toBeLessThan(many.realityCheck!);
  expect(alone.deflatedSharpe!.benchmark).toBe(0);
  expect(many.deflatedSharpe!.probability).toBeLessThan(few.deflatedSharpe!.probability);
  expect(few.deflatedSharpe!.probability).toBeLessThan(alone.deflatedSharpe!.probability);
});

test('an edge that is real stays one among many', () => {
  const { realityCheck, deflatedSharpe, overfitting } = among(60, version('own', 2));

  expect(realityCheck).toBeLessThan(0.01);
  expect(deflatedSharpe!.probability).toBeGreaterThan(0.99);
  expect(overfitting).toMatchObject({ type: 'known', probability: 0 });
});

test('overfitting is not guessed from few versions, and versions that were not run on all days count as tried', () => {
  const own = version('own', 0.4);
  const half = version('half').map((value, i) => (i < SEEDS / 2 ? value : undefined));
  const luck = luckOfTrials(NOTHING, [own, half], 0, RandomKey.of('luck'));

  expect(luck).toMatchObject({ trials: 2, completeTrials: 1 });
  expect(luck.realityCheck).toBeGreaterThan(among(0, own).realityCheck!);
  expect(luck.overfitting).toEqual({ type: 'refused', reason: 'too_few_versions', given: 1, needed: 20 });
});
