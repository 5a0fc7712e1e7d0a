// `Math` of a strategy: the same last digit in every engine. What IEEE 754 fixes is the engine's own; the rest is the
// kernel's. Sine and its kin are not there.
import { cubeRoot, exp, expMinusOne, ln } from '../../domain/math.ts';
import { RandomKey } from '../../domain/random.ts';
import { raiseNumbers } from './meter.ts';

/** @param seed decides `Math.random`, and must say nothing of the market's own draws */
export function createMath(seed: string): Partial<Math> {
  const { abs, ceil, floor, round, trunc, sign, sqrt, min, max, imul, clz32, fround } = Math;
  const { E, LN2, LN10, LOG2E, LOG10E, PI, SQRT1_2, SQRT2 } = Math;
  const draws = RandomKey.of(seed);
  let drawn = 0;
  return Object.freeze({
    ...{ abs, ceil, floor, round, trunc, sign, sqrt, min, max, imul, clz32, fround },
    ...{ E, LN2, LN10, LOG2E, LOG10E, PI, SQRT1_2, SQRT2 },
    random: () => draws.uniformAt(drawn++),
    exp,
    expm1: expMinusOne,
    log: ln,
    log2: (x: number) => ln(x) / LN2,
    log10: (x: number) => ln(x) / LN10,
    // W. Kahan's: what rounding took from 1 + x is put back as a factor.
    log1p: (x: number) => (1 + x === 1 || x === Infinity ? x : (ln(1 + x) * x) / (1 + x - 1)),
    pow: raiseNumbers,
    cbrt: cubeRoot,
    hypot: (x: number, y: number) => sqrt(x * x + y * y),
    tanh: (x: number) => (x > 20 ? 1 : x < -20 ? -1 : expMinusOne(2 * x) / (expMinusOne(2 * x) + 2)),
  });
}
