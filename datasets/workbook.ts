import type { Dataset } from '../domain/retail/dataset.ts';
import { cellText, readCell } from './cells.ts';
import type { Cell, Column } from './cells.ts';
import type { Issue } from './issue.ts';
import { didYouMean } from './spelling.ts';
import { readTables } from './workbook-file.ts';
import type { Table } from './workbook-file.ts';
import {
  AGENT_SIDE_SHEETS,
  AGENTS,
  CAMPAIGNS,
  CATEGORIES,
  COUPONS,
  DATASET,
  IGNORED_SHEETS,
  normalisedName,
  PRICES,
  PRODUCTS,
  sheetKey,
  SHEETS,
  STORES,
} from './workbook-sheets.ts';
import type { DatasetHead, Sheet } from './workbook-sheets.ts';

// From an .xlsx workbook to a dataset and everything that is wrong with it, all at once. Good rows are in the
// dataset whatever is wrong with others; whether they may be used without the bad ones is for the caller to say.

/** What the database already has of the dataset, which rows of the file may refer to. */
export type Known = {
  categories: ReadonlySet<string>;
  products: ReadonlySet<string>;
  brands: ReadonlySet<string>;
  campaigns: ReadonlySet<string>;
  /** Agents of other datasets, with the dataset's id. */
  agentsElsewhere: ReadonlyMap<string, string>;
};

export const NOTHING_KNOWN: Known = {
  categories: new Set(),
  products: new Set(),
  brands: new Set(),
  campaigns: new Set(),
  agentsElsewhere: new Map(),
};

export type ParsedWorkbook = { dataset: Dataset; issues: Issue[] };

/** `head` counts where no sheet says it. */
export type WorkbookContext = { id: string; head: DatasetHead; known: Known };

export function parseWorkbook(file: Buffer, context: WorkbookContext): ParsedWorkbook {
  return parseTables(readTables(file), context);
}

/** The same sheets from wherever they come: a workbook, or a CSV file each. */
export function parseTables(tables: readonly Table[], { id, head, known }: WorkbookContext): ParsedWorkbook {
  const reader = new WorkbookReader(tables, known);
  const [ownHead = head] = reader.rowsOf(DATASET, () => []);
  const stores = reader.rowsOf(STORES, () => []);
  const categories = reader.rowsOf(CATEGORIES, () => []);
  const products = reader.rowsOf(PRODUCTS, (product) => [
    { field: 'category', table: 'categories', name: product.category },
  ]);
  reader.define('brands', new Set(products.map((product) => product.brand)));
  const prices = reader.rowsOf(PRICES, (price) => [{ field: 'sku', table: 'products', name: price.sku }]);
  const campaigns = reader.rowsOf(CAMPAIGNS, () => []);
  const coupons = reader.rowsOf(COUPONS, (coupon) => [
    { field: 'campaignCode', table: 'campaigns', name: coupon.campaignCode },
    ...(coupon.category === null
      ? []
      : [{ field: 'category', table: 'categories', name: coupon.category } as const]),
    ...(coupon.brand === null ? [] : [{ field: 'brand', table: 'brands', name: coupon.brand } as const]),
    ...coupon.excludedBrands.map(
      (brand) => ({ field: 'excludedBrands', table: 'brands', name: brand }) as const,
    ),
  ]);
  const agents = reader.rowsOf(AGENTS, (agent) =>
    agent.preferredCategories.map(
      (name) => ({ field: 'preferredCategories', table: 'categories', name }) as const,
    ),
  );
  return {
    dataset: {
      id,
      title: ownHead.title,
      notice: ownHead.notice,
      currency: ownHead.currency,
      stores,
      categories,
      products,
      prices,
      campaigns,
      coupons,
      agents,
      reference: null,
    },
    issues: reader.issues(),
  };
}

type ReferenceTable = 'categories' | 'products' | 'brands' | 'campaigns';
type Reference<Row> = { field: keyof Row & string; table: ReferenceTable; name: string };

/** A row as read. Unreadable fields hold a filler; `isBad` rows are not used. */
type Reading<Row> = {
  number: number;
  cells: Map<string, Cell>;
  row: Row;
  unreadable: ReadonlySet<string>;
  isBad: boolean;
};

/** Reads sheet after sheet, and remembers what may be referred to and what went wrong. */
class WorkbookReader {
  readonly #tables: Map<string, Table>;
  readonly #issues: Issue[] = [];
  readonly #known: Known;
  readonly #defined = new Map<ReferenceTable, ReadonlySet<string>>();
  /** Rows that exist but are bad, so that what refers to them is told so. */
  readonly #badRows = new Map<string, number>();

  constructor(tables: readonly Table[], known: Known) {
    this.#known = known;
    this.#tables = new Map(tables.map((table) => [sheetKey(table.sheet), table]));
    this.#checkSheetNames(tables);
  }

  issues(): Issue[] {
    const order = { fatal: 0, error: 1, warning: 2 };
    return this.#issues.toSorted((a, b) => order[a.severity] - order[b.severity]);
  }

  define(table: ReferenceTable, names: ReadonlySet<string>): void {
    this.#defined.set(table, names);
  }

  /** The good rows of a sheet; none when the workbook does not have it. */
  rowsOf<Row>(sheet: Sheet<Row>, references: (row: Row) => Reference<Row>[]): Row[] {
    const table = this.#tableOf(sheet);
    if (table === undefined) return [];
    const columns = this.#locate(sheet, table);
    if (columns === null) return [];
    if (table.rows.length === 0)
      this.#report('fatal', {
        sheet: table.sheet,
        problem: 'no rows below the headers: fill the sheet or delete it',
      });
    const readings = table.rows.map((raw) => this.#read(sheet, table.sheet, columns, raw));
    this.#checkKeys(sheet, table.sheet, readings);
    for (const reading of readings)
      for (const reference of references(reading.row))
        this.#checkReference(sheet, table.sheet, reading, reference);
    const good = readings.filter((reading) => !reading.isBad).map(({ row }) => row);
    this.#remember(sheet, readings);
    return good;
  }

  #checkSheetNames(tables: readonly Table[]): void {
    const readable = [DATASET, ...Object.values(SHEETS)].flatMap(({ name, aliases }) => [name, ...aliases]);
    const isOneOf = (names: readonly string[], sheet: string) =>
      names.some((name) => sheetKey(name) === sheetKey(sheet));
    const unknown = tables
      .map(({ sheet }) => sheet)
      .filter((sheet) => !isOneOf([...readable, ...AGENT_SIDE_SHEETS, ...IGNORED_SHEETS], sheet));
    const known = Object.values(SHEETS).map(({ name }) => name);
    for (const sheet of unknown)
      this.#report('warning', {
        sheet,
        problem: `sheet is not read; known sheets: ${known.join(', ')}${didYouMean(sheet, known)}`,
      });
    if (!tables.some(({ sheet }) => isOneOf(readable, sheet)))
      this.#report('fatal', {
        problem: `no sheet of the workbook is known; it needs at least one of ${known.join(', ')}`,
      });
  }

  #tableOf<Row>(sheet: Sheet<Row>): Table | undefined {
    const [found, ...others] = [sheet.name, ...sheet.aliases]
      .map((name) => this.#tables.get(sheetKey(name)))
      .filter((table) => table !== undefined);
    for (const other of others)
      this.#report('warning', { sheet: other.sheet, problem: `not read: ${found!.sheet} is the same sheet` });
    if (found === undefined || sheet.name !== AGENTS.name) return found;
    const side = AGENT_SIDE_SHEETS.map((name) => this.#tables.get(sheetKey(name))).filter(
      (table) => table !== undefined,
    );
    return side.reduce(joinAgentSheet, found);
  }

  /** Where each field stands in the rows, or null when the sheet cannot be read. */
  #locate<Row>(sheet: Sheet<Row>, table: Table): Map<keyof Row & string, number> | null {
    const place = { sheet: table.sheet, row: table.headerRow };
    if (table.headerRow === null) {
      this.#report('fatal', { sheet: table.sheet, problem: 'the sheet is empty: fill it or delete it' });
      return null;
    }
    const columns = new Map<keyof Row & string, number>();
    const extra: string[] = [];
    for (const { name, column } of table.headers) {
      const field = fieldOf(sheet, name);
      if (field === null) extra.push(name);
      else if (columns.has(field))
        this.#report('fatal', {
          ...place,
          column: name,
          problem: `a second column for ${sheet.columns[field].header}: delete one`,
        });
      else columns.set(field, column);
    }
    const missing = fieldsOf(sheet).filter(
      (field) => !columns.has(field) && !sheet.columns[field].isOptional,
    );
    const missingHeaders = missing.map((field) => sheet.columns[field].header);
    for (const header of missingHeaders)
      this.#report('fatal', {
        ...place,
        column: header,
        problem: `column is missing${didYouMean(header, extra, 'is it')}`,
      });
    const headers = fieldsOf(sheet).map((field) => sheet.columns[field].header);
    for (const name of extra) {
      const hint = didYouMean(name, missingHeaders) || `; columns: ${headers.join(', ')}`;
      this.#report('error', { ...place, column: name, problem: `column is not known${hint}` });
    }
    return missing.length > 0 ? null : columns;
  }

  #read<Row>(
    sheet: Sheet<Row>,
    name: string,
    columns: Map<keyof Row & string, number>,
    raw: Table['rows'][number],
  ): Reading<Row> {
    const unreadable = new Set<string>();
    const cells = new Map<string, Cell>();
    const values: Partial<Row> = {};
    /** Also those with a readable value that is out of range: a rule over several columns would only repeat it. */
    const bad = new Set<string>();
    const report = (field: string, problem: string) => {
      bad.add(field);
      const column = (sheet.columns as Record<string, Column<unknown>>)[field];
      this.#report('error', {
        sheet: name,
        row: raw.number,
        column: column?.header ?? field,
        value: cellText(cells.get(field) ?? null),
        problem,
      });
    };
    for (const field of fieldsOf(sheet)) {
      const position = columns.get(field);
      const cell = position === undefined ? null : (raw.cells[position] ?? null);
      cells.set(field, cell);
      const result = readCell(sheet.columns[field], cell);
      values[field] = result.value;
      if (result.problem === null) continue;
      unreadable.add(field);
      report(field, result.problem);
    }
    const row = sheet.prepare?.(values as Row) ?? (values as Row);
    const parsed = sheet.schema.safeParse(row);
    for (const { code, path, message } of parsed.error?.issues ?? []) {
      const field = String(path[0]);
      const involved = [field, ...(sheet.involves[field as keyof Row & string] ?? [])];
      if (code === 'custom' ? involved.some((name) => bad.has(name)) : unreadable.has(field)) continue;
      report(
        field,
        code === 'custom' ? message : (sheet.columns as Record<string, Column<unknown>>)[field]!.allowed,
      );
    }
    return {
      number: raw.number,
      cells,
      row: parsed.success ? parsed.data : row,
      unreadable,
      isBad: bad.size > 0,
    };
  }

  #checkKeys<Row>(sheet: Sheet<Row>, name: string, readings: Reading<Row>[]): void {
    const seen = new Map<string, number>();
    for (const reading of readings) {
      if (reading.unreadable.has(sheet.keyField)) continue;
      const key = sheet.keyOf(reading.row);
      const earlier = seen.get(key);
      const elsewhere = sheet.name === AGENTS.name ? this.#known.agentsElsewhere.get(key) : undefined;
      if (earlier !== undefined)
        this.#reject(
          sheet,
          name,
          reading,
          sheet.keyField,
          key,
          `is already in row ${earlier}; it must be unique`,
        );
      else if (elsewhere !== undefined)
        this.#reject(
          sheet,
          name,
          reading,
          sheet.keyField,
          key,
          `is an agent of dataset ${elsewhere} already; agents are unique over all datasets`,
        );
      else seen.set(key, reading.number);
    }
  }

  #checkReference<Row>(
    sheet: Sheet<Row>,
    name: string,
    reading: Reading<Row>,
    { field, table, name: target }: Reference<Row>,
  ): void {
    if (reading.unreadable.has(field)) return;
    const defined = this.#defined.get(table) ?? new Set<string>();
    if (defined.has(target) || this.#known[table].has(target)) return;
    const badRow = this.#badRows.get(`${table}/${target}`);
    const names = [...defined, ...this.#known[table]];
    const problem =
      badRow !== undefined
        ? `its row ${badRow} is bad`
        : names.length === 0
          ? `the dataset has no ${table}: load a workbook with them first`
          : `not among the ${table} of the dataset${didYouMean(target, names) || ` (${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''})`}`;
    this.#reject(sheet, name, reading, field, target, problem);
  }

  #remember<Row>(sheet: Sheet<Row>, readings: readonly Reading<Row>[]): void {
    const table = REFERENCE_TABLES.get(sheet.name);
    if (table === undefined) return;
    this.define(table, new Set(readings.filter(({ isBad }) => !isBad).map(({ row }) => sheet.keyOf(row))));
    for (const { isBad, unreadable, row, number } of readings)
      if (isBad && !unreadable.has(sheet.keyField)) this.#badRows.set(`${table}/${sheet.keyOf(row)}`, number);
  }

  #reject<Row>(
    sheet: Sheet<Row>,
    name: string,
    reading: Reading<Row>,
    field: keyof Row & string,
    value: string,
    problem: string,
  ): void {
    reading.isBad = true;
    this.#report('error', {
      sheet: name,
      row: reading.number,
      column: sheet.columns[field].header,
      value,
      problem,
    });
  }

  #report(severity: Issue['severity'], issue: Partial<Issue> & { problem: string }): void {
    this.#issues.push({ sheet: null, row: null, column: null, value: null, ...issue, severity });
  }
}

const REFERENCE_TABLES = new Map<string, ReferenceTable>([
  [CATEGORIES.name, 'categories'],
  [PRODUCTS.name, 'products'],
  [CAMPAIGNS.name, 'campaigns'],
]);

/** Adds to the agents' table the columns that another sheet has for the same agents. */
function joinAgentSheet(main: Table, side: Table): Table {
  const keyColumn = (table: Table) =>
    table.headers.find(({ name }) => fieldOf(AGENTS, name) === 'agentId')?.column;
  const mainKey = keyColumn(main);
  const sideKey = keyColumn(side);
  if (mainKey === undefined || sideKey === undefined) return main;
  const present = new Set(main.headers.map(({ name }) => fieldOf(AGENTS, name)));
  const added = side.headers.filter(
    ({ name }) => fieldOf(AGENTS, name) !== null && !present.has(fieldOf(AGENTS, name)),
  );
  const width =
    Math.max(...main.headers.map(({ column }) => column), ...main.rows.map(({ cells }) => cells.length)) + 1;
  const cellsOf = new Map(side.rows.map(({ cells }) => [cellText(cells[sideKey] ?? null), cells]));
  return {
    ...main,
    headers: [...main.headers, ...added.map(({ name }, index) => ({ name, column: width + index }))],
    rows: main.rows.map(({ number, cells }) => {
      const more = cellsOf.get(cellText(cells[mainKey] ?? null));
      const padded = Array.from({ length: width }, (_, column) => cells[column] ?? null);
      return { number, cells: [...padded, ...added.map(({ column }) => more?.[column] ?? null)] };
    }),
  };
}

function fieldsOf<Row>(sheet: Sheet<Row>): (keyof Row & string)[] {
  return Object.keys(sheet.columns) as (keyof Row & string)[];
}

function fieldOf<Row>(sheet: Sheet<Row>, header: string): (keyof Row & string) | null {
  const wanted = normalisedName(header);
  const isNamed = (field: keyof Row & string) =>
    [sheet.columns[field].header, ...sheet.columns[field].aliases].some(
      (name) => normalisedName(name) === wanted,
    );
  return fieldsOf(sheet).find(isNamed) ?? null;
}
