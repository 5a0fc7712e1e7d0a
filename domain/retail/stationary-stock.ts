import { exp } from '../math.ts';
import { RandomKey, poissonQuantile } from '../random.ts';

/**
 * Units at home in the long run. A household consumes what it usually buys; the more it has at home, the less it buys:
 * its purchase rate is exp(offset − effect · units at home) times the usual one. In units of the mean time between two
 * purchases this is the same process for every household and category, so it is worked out once: the offset for which
 * the mean purchase rate is the usual one, and the distribution of units at home, from which households start. A
 * simulation so begins where it would be after a long time, without a trend of its own.
 */
export type StationaryStock = {
  readonly offset: number;
  /** Units at home at the quantiles (i + 0.5) / length. */
  readonly quantiles: readonly number[];
};

const STEP = 0.1; // of the mean time between two purchases
const STEPS = 40_000;
const QUANTILES = 200;

const known = new Map<string, StationaryStock>();

/**
 * @param effect log purchase rate lost per unit at home, at least 0
 * @param extraUnits mean units of a purchase beyond the first
 */
export function stationaryStock(effect: number, extraUnits: number): StationaryStock {
  const name = `${effect}/${extraUnits}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  let [low, high] = [0, 5];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (run(effect, extraUnits, middle).purchaseRate > 1) high = middle;
    else low = middle;
  }
  const offset = (low + high) / 2;
  const units = run(effect, extraUnits, offset).units.sort((a, b) => a - b);
  const quantiles = Array.from(
    { length: QUANTILES },
    (_, i) => units[Math.floor(((i + 0.5) / QUANTILES) * units.length)]!,
  );
  const stock = { offset, quantiles };
  known.set(name, stock);
  return stock;
}

/** One long history of one household and category, always with the same draws. */
function run(effect: number, extraUnits: number, offset: number): { purchaseRate: number; units: number[] } {
  const key = RandomKey.of('stationary_stock');
  const units: number[] = [];
  let atHome = 1;
  let purchases = 0;
  for (let step = 0; step < STEPS; step++) {
    atHome = Math.max(0, atHome - STEP * (1 + extraUnits));
    units.push(atHome);
    if (key.at(step, 0).uniform() >= 1 - exp(-STEP * exp(offset - effect * atHome))) continue;
    purchases += 1;
    atHome += 1 + poissonQuantile(key.at(step, 1).uniform(), extraUnits);
  }
  return { purchaseRate: purchases / (STEPS * STEP), units };
}
