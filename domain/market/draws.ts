// Random numbers of traders, keyed by who draws, for what, and at which of its wake-ups: one draw more shifts no other.
// The key of a trader is made from the seed and its name by RandomKey; a draw mixes in two numbers and no strings.
import { ln, normalQuantile } from '../math.ts';
import { uniformOf } from '../random.ts';
import type { RandomKey } from '../random.ts';

const { imul } = Math;

/** What a number is drawn for. Equal ones at the same wake-up of a trader are the same number. */
export const WAKE_INTERVAL = 0;
export const SIDE = 1;
export const SIZE_COMPONENT = 2;
export const SIZE = 3;
export const AGGRESSION = 4;
export const OFFSET = 5;
export const OBSERVATION = 6;
export const LATENCY = 7;
export const PLACE = 8;
export const PARENT_SIZE = 9;
export const ACTION = 10;
export const CHOICE = 11;

/** The keys of many traders, in columns. */
export class Draws {
  private readonly low: Int32Array;
  private readonly high: Int32Array;

  constructor(keys: readonly RandomKey[]) {
    this.low = Int32Array.from(keys, (key) => key.words()[0]);
    this.high = Int32Array.from(keys, (key) => key.words()[1]);
  }

  /** Uniform on the open interval (0, 1), 52 bits. */
  uniform(trader: number, purpose: number, n: number): number {
    const low = this.low[trader]! ^ imul(n + 1, 0x9e3779b1) ^ imul(purpose + 1, 0x85ebca77);
    const high = (this.high[trader]! + imul(n + 1, 0xc2b2ae3d)) ^ imul(purpose + 1, 0x27d4eb2f);
    return uniformOf(low, high);
  }

  /** Exponential with mean 1. */
  exponential(trader: number, purpose: number, n: number): number {
    return -ln(this.uniform(trader, purpose, n));
  }

  /** Standard normal. */
  normal(trader: number, purpose: number, n: number): number {
    return normalQuantile(this.uniform(trader, purpose, n));
  }
}
