import { createHash } from 'node:crypto';

/**
 * Random draws that are a function of a key: the same key gives the same draws on every machine, and one
 * person's draws never depend on how many others were drawn before. For making datasets, not for simulating.
 */
export class Draws {
  readonly #key: string;
  #block = 0;
  #uniforms: number[] = [];

  constructor(...key: readonly (string | number)[]) {
    this.#key = JSON.stringify(key);
  }

  /** In [0, 1), 53 bits. */
  uniform(): number {
    if (this.#uniforms.length === 0) this.#refill();
    return this.#uniforms.pop()!;
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Gamma with scale 1, by Marsaglia and Tsang's rejection; shapes below 1 are boosted from shape + 1. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Positive shares that sum to 1, with the given means; a larger concentration spreads them less. */
  dirichlet(means: readonly number[], concentration: number): number[] {
    const parts = means.map((mean) => this.gamma(mean * concentration));
    const sum = parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => part / sum);
  }

  pick<T>(options: readonly T[]): T {
    return options[this.integer(0, options.length - 1)]!;
  }

  /** The index of one weight, drawn in proportion to the weights. */
  pickWeighted(weights: readonly number[]): number {
    let rest = this.uniform() * weights.reduce((a, b) => a + b, 0);
    for (const [index, weight] of weights.entries()) {
      rest -= weight;
      if (rest < 0) return index;
    }
    return weights.findLastIndex((weight) => weight > 0);
  }

  /** `count` different options, in the order drawn; fewer where there are not so many. */
  sampleWeighted<T>(options: readonly T[], weights: readonly number[], count: number): T[] {
    const left = [...weights];
    const chosen: T[] = [];
    while (chosen.length < Math.min(count, options.length)) {
      const index = this.pickWeighted(left);
      chosen.push(options[index]!);
      left[index] = 0;
    }
    return chosen;
  }

  shuffle<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, order: this.uniform() }))
      .sort((a, b) => a.order - b.order)
      .map(({ value }) => value);
  }

  #refill(): void {
    const digest = createHash('sha256').update(`${this.#key}/${this.#block++}`).digest();
    this.#uniforms = [24, 16, 8, 0].map((offset) => Number(digest.readBigUInt64BE(offset) >> 11n) / 2 ** 53);
  }
}
