import { exp, ln, normalQuantile } from './math.ts';

// As constants: in a vm context (Jest, Temporal's workflow sandbox) each look-up of a global costs more than the rest.
const { floor, imul } = Math;
const { isSafeInteger } = Number;

/**
 * Every random number is a function of a key: (seed, agent, day, trip, stage, category, product …), never of how
 * many numbers were drawn before it. So one draw more or less anywhere moves no other, and two simulations that
 * differ in one thing share all the luck that is not about that thing.
 *
 * A key is a pair of 32-bit lanes; each part is mixed in with the constants of MurmurHash3 (A. Appleby, public
 * domain), and a number is read off after its 32-bit finalizer has run over both lanes.
 */
export class RandomKey {
  private readonly low: number;
  private readonly high: number;

  private constructor(low: number, high: number) {
    this.low = low;
    this.high = high;
  }

  /** The root of a simulation's draws. */
  static of(seed: string): RandomKey {
    return new RandomKey(0x9747b28c | 0, 0x3c6ef372).at(seed);
  }

  /** The key one or more steps below this one. Strings and safe integers only; 1 and '1' are different steps. */
  at(...parts: readonly (string | number)[]): RandomKey {
    let low = this.low;
    let high = this.high;
    // No closure here: captured variables would be boxed, and most of a shopping day is spent in this loop.
    for (const part of parts) {
      if (typeof part === 'number') {
        if (!isSafeInteger(part)) throw new RangeError(`a key part must be a safe integer, not ${part}`);
        low = mixLow(low, 1);
        high = mixHigh(high, 1, low);
        low = mixLow(low, part | 0);
        high = mixHigh(high, part | 0, low);
        const upper = floor(part / 0x100000000) | 0;
        low = mixLow(low, upper);
        high = mixHigh(high, upper, low);
      } else {
        low = mixLow(low, 2);
        high = mixHigh(high, 2, low);
        low = mixLow(low, part.length);
        high = mixHigh(high, part.length, low);
        for (let i = 0; i < part.length; i++) {
          const unit = part.charCodeAt(i);
          low = mixLow(low, unit);
          high = mixHigh(high, unit, low);
        }
      }
    }
    return new RandomKey(low, high);
  }

  /** Uniform on the open interval (0, 1), 52 bits: with 53, the half that keeps it open would round up to 1. */
  uniform(): number {
    return uniformOf(this.low, this.high);
  }

  /** The n-th of many numbers under this key, without a key for each; n ≥ 0. */
  uniformAt(n: number): number {
    return uniformOf(this.low ^ imul(n + 1, 0x9e3779b1), (this.high + imul(n + 1, 0xc2b2ae3d)) | 0);
  }

  /** The key itself, for whoever draws many numbers below it: two 32-bit words. */
  words(): readonly [number, number] {
    return [this.low, this.high];
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -ln(this.uniform());
  }

  /** Standard Gumbel (maximum): adding it to utilities and taking the largest samples a multinomial logit. */
  gumbel(): number {
    return -ln(-ln(this.uniform()));
  }

  /** Standard normal. */
  normal(): number {
    return normalQuantile(this.uniform());
  }
}

/** Uniform on the open interval (0, 1), 52 bits, from the two words of a key. */
export function uniformOf(low: number, high: number): number {
  const a = finalize(low ^ imul(high, 0x85ebca6b));
  const b = finalize(high ^ a);
  return ((b >>> 6) * 67108864 + (a >>> 6) + 0.5) / 4503599627370496;
}

/**
 * Poisson count by inversion of one uniform, so that a larger mean never gives a smaller count for the same draw.
 * @param uniform in (0, 1)
 * @param mean non-negative, below 700
 */
export function poissonQuantile(uniform: number, mean: number): number {
  let probability = exp(-mean);
  let cumulative = probability;
  let count = 0;
  while (uniform > cumulative) {
    count += 1;
    probability *= mean / count;
    // Summing up may end a little below 1, and below the largest draws: what is left then is no more than rounding.
    if (cumulative + probability === cumulative) break;
    cumulative += probability;
  }
  return count;
}

function mixLow(low: number, word: number): number {
  return (imul(rotateLeft(low ^ scramble(word), 13), 5) + 0xe6546b64) | 0;
}

/** `low` is the low lane after it has taken in the same word. */
function mixHigh(high: number, word: number, low: number): number {
  return (imul(rotateLeft(high ^ scramble(word ^ 0x5bd1e995), 17), 9) + (low >>> 3)) | 0;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function scramble(word: number): number {
  return imul(rotateLeft(imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function finalize(word: number): number {
  let h = word ^ (word >>> 16);
  h = imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
