const CHUNK = 1024;

/**
 * Numbers in the order in which they were added. They lie in chunks: a column that doubles leaves as much behind as it has,
 * and what is left behind stays in memory until V8 looks for it.
 */
export class ChunkedColumn {
  length = 0;
  private readonly chunks: (Float64Array | Int32Array)[] = [];
  private readonly kind: typeof Float64Array | typeof Int32Array;

  constructor(kind: typeof Float64Array | typeof Int32Array) {
    this.kind = kind;
  }

  push(value: number): void {
    const at = this.length % CHUNK;
    if (at === 0) this.chunks.push(new this.kind(CHUNK));
    this.chunks.at(-1)![at] = value;
    this.length += 1;
  }

  /** @param index below `length` */
  at(index: number): number {
    return this.chunks[Math.floor(index / CHUNK)]![index % CHUNK]!;
  }
}
