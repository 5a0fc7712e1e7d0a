const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;

type Chunk = Float64Array | Int32Array | Uint8Array;

/**
 * Numbers by index, of any length; 0 where none was set. They lie in chunks: a column that doubles leaves as much behind as
 * it has, and what is left behind stays in memory until V8 looks for it.
 */
export class ChunkedColumn {
  /** One more than the largest index that was set. */
  length = 0;
  private readonly chunks: Chunk[] = [];
  private readonly kind: new (length: number) => Chunk;

  constructor(kind: new (length: number) => Chunk) {
    this.kind = kind;
  }

  at(index: number): number {
    const chunk = this.chunks[index >>> CHUNK_BITS];
    return chunk === undefined ? 0 : chunk[index & (CHUNK - 1)]!;
  }

  set(index: number, value: number): void {
    const number = index >>> CHUNK_BITS;
    while (number >= this.chunks.length) this.chunks.push(new this.kind(CHUNK));
    this.chunks[number]![index & (CHUNK - 1)] = value;
    if (index >= this.length) this.length = index + 1;
  }

  push(value: number): void {
    this.set(this.length, value);
  }
}
