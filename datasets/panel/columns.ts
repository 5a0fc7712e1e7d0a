// Tables of millions of rows as typed arrays, filled row by row.

const KINDS = { int: Int32Array, real: Float64Array, byte: Uint8Array };
type Kinds = { int: Int32Array; real: Float64Array; byte: Uint8Array };
type Shape = Record<string, keyof Kinds>;

export type ColumnsOf<S extends Shape> = { count: number } & { [Name in keyof S]: Kinds[S[Name]] };
export type RowOf<S extends Shape> = { [Name in keyof S]: number };

/** Rows are added one at a time; `finish` gives the columns at their true length. */
export class ColumnBuilder<S extends Shape> {
  readonly #shape: S;
  #columns: Record<string, Int32Array | Float64Array | Uint8Array>;
  #capacity: number;
  #count = 0;

  constructor(shape: S, capacity = 1_024) {
    this.#shape = shape;
    this.#capacity = capacity;
    this.#columns = Object.fromEntries(
      Object.entries(shape).map(([name, kind]) => [name, new KINDS[kind](capacity)]),
    );
  }

  get count(): number {
    return this.#count;
  }

  add(row: RowOf<S>): void {
    if (this.#count === this.#capacity) this.#grow();
    for (const name in this.#columns) this.#columns[name]![this.#count] = row[name]!;
    this.#count += 1;
  }

  finish(): ColumnsOf<S> {
    const columns = Object.entries(this.#columns).map(([name, column]) => [
      name,
      column.slice(0, this.#count),
    ]);
    return { count: this.#count, ...Object.fromEntries(columns) } as ColumnsOf<S>;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const [name, column] of Object.entries(this.#columns)) {
      const larger = new KINDS[this.#shape[name]!](this.#capacity);
      larger.set(column);
      this.#columns[name] = larger;
    }
  }
}

export const LINE_COLUMNS = {
  household: 'int',
  basket: 'int',
  product: 'int',
  quantity: 'real',
  paid: 'real',
  shelfDiscount: 'real',
  couponDiscount: 'real',
  vendorPaid: 'real',
  coupon: 'int',
  day: 'int',
  hour: 'byte',
} as const;

export const PRICE_COLUMNS = {
  product: 'int',
  firstDay: 'int',
  lastDay: 'int',
  regular: 'real',
  promotional: 'real',
  isFeatured: 'byte',
  isDisplayed: 'byte',
} as const;

export const ISSUE_COLUMNS = {
  household: 'int',
  campaign: 'int',
  coupon: 'int',
  day: 'int',
  lastDay: 'int',
} as const;

export const REDEMPTION_COLUMNS = { household: 'int', coupon: 'int', day: 'int' } as const;

/** Positions of ids in the order in which they first come. */
export class Positions<Id extends string | number> {
  readonly #positions = new Map<Id, number>();

  /** Of an id that may be new. */
  of(id: Id): number {
    let position = this.#positions.get(id);
    if (position === undefined) this.#positions.set(id, (position = this.#positions.size));
    return position;
  }

  /** −1 for one that has not come. */
  find(id: Id): number {
    return this.#positions.get(id) ?? -1;
  }

  ids(): Id[] {
    return [...this.#positions.keys()];
  }
}
