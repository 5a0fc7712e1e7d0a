import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { describeProblems } from '../../domain/describe-problems.ts';
import { InvalidInputError, NotFoundError } from '../../domain/errors.ts';
import { Coupon } from '../../domain/retail/coupon.ts';
import { BadWorkbookError } from '../issue.ts';
import type { Issue } from '../issue.ts';
import { EMPTY_COUPON } from '../offer-generator.ts';
import { didYouMean } from '../spelling.ts';
import { openTableFile } from '../table-file.ts';
import type { TableFile } from '../table-file.ts';
import {
  ColumnBuilder,
  ISSUE_COLUMNS,
  LINE_COLUMNS,
  Positions,
  PRICE_COLUMNS,
  REDEMPTION_COLUMNS,
} from './columns.ts';
import { dayOf } from './days.ts';
import { clockIn } from './local-time.ts';
import { NOTHING_KNOWN_OF_HOUSEHOLD, rowsAt } from './panel.ts';
import type {
  CouponIssues,
  CouponRedemptions,
  CouponTarget,
  Demographics,
  Lines,
  Panel,
  PanelCoupon,
  PanelPrices,
  PanelProduct,
} from './panel.ts';
import { locateColumns, readPanelTable } from './read-table.ts';
import type { Located, Reject } from './read-table.ts';
import {
  COUPON_PRODUCTS,
  COUPONS,
  HOUSEHOLDS,
  ISSUES,
  PANEL_TABLES,
  PRICES,
  PRODUCTS,
  REDEMPTIONS,
  transactionsTable,
} from './tables.ts';
import type { CouponRow, PanelTable, PanelTableName, TransactionRow } from './tables.ts';

// A folder of tables as docs/panel.md describes it, read into memory and checked whole.

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const date = z.iso.date();

/** panel.json; everything in it has a default. */
const PanelHead = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,19}$/, 'small letters, digits, _ . - only, at most 20')
    .optional(),
  title: z.string().min(1).max(200).optional(),
  notice: z.string().min(1).max(2_000).nullable().default(null),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters, like USD')
    .default('USD'),
  storeName: z.string().min(1).max(200).default('Store'),
  region: z.string().min(1).max(100).default('Panel area'),
  timeZone: z.string().refine(isTimeZone, 'a name of the tz database, like Europe/Berlin').optional(),
  promotionWeekStart: z.enum(WEEKDAYS).default('monday'),
  firstDay: date.optional(),
  lastDay: date.optional(),
});
type PanelHead = z.infer<typeof PanelHead>;

/** What workbooks do not have. */
const ONLY_IN_PANELS =
  /^(panel\.json|(transactions|households|coupon_products|issues|redemptions)\.csv|.*\.parquet)$/i;

/** True for a folder with something that only a panel has, be it whole or not. */
export async function isPanelFolder(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => ONLY_IN_PANELS.test(name));
}

/**
 * The panel in a folder.
 * @throws BadWorkbookError that names every bad cell; NotFoundError without the folder
 */
export async function openPanel(folder: string): Promise<Panel> {
  const { panel, issues } = await readPanelFolder(folder);
  if (panel === null || issues.some(({ severity }) => severity === 'error'))
    throw new BadWorkbookError(folder, issues);
  return panel;
}

/** The panel without its bad rows, and all that is wrong; null where it cannot be read as it is. */
export async function readPanelFolder(folder: string): Promise<{ panel: Panel | null; issues: Issue[] }> {
  if (!existsSync(folder)) throw new NotFoundError(`There is no folder ${folder}.`);
  const head = await readHead(folder);
  const issues: Issue[] = [];
  const files = await findTables(folder, issues);
  if (issues.some(({ severity }) => severity === 'fatal')) return { panel: null, issues };
  const panel = await new PanelReader(files, head, issues).read(path.basename(path.resolve(folder)));
  return { panel: issues.some(({ severity }) => severity === 'fatal') ? null : panel, issues };
}

async function readHead(folder: string): Promise<PanelHead> {
  const file = path.join(folder, 'panel.json');
  if (!existsSync(file)) return PanelHead.parse({});
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new InvalidInputError(`${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = PanelHead.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`${file}: ${describeProblems(parsed.error)}.`);
}

type TableFiles = Partial<Record<PanelTableName, TableFile>>;

const REQUIRED_TABLES = ['transactions', 'products'];

async function findTables(folder: string, issues: Issue[]): Promise<TableFiles> {
  const names = await readdir(folder);
  const files: TableFiles = {};
  const isOf = (table: string, name: string) =>
    [`${table}.csv`, `${table}.parquet`].includes(name.toLowerCase());
  const others = names.filter(
    (name) => /\.(csv|parquet)$/i.test(name) && !PANEL_TABLES.some((table) => isOf(table, name)),
  );
  const found = Object.fromEntries(
    PANEL_TABLES.map((table) => [table, names.filter((name) => isOf(table, name))]),
  ) as Record<PanelTableName, string[]>;
  const issue = (severity: Issue['severity'], sheet: string, problem: string) =>
    issues.push({ severity, sheet, row: null, column: null, value: null, problem });
  const absent = PANEL_TABLES.filter((table) => found[table].length === 0);
  for (const table of PANEL_TABLES) {
    const [name, second] = found[table];
    if (second !== undefined) issue('fatal', table, `both ${name} and ${second} are there: delete one`);
    else if (name !== undefined) files[table] = await openTableFile(path.join(folder, name));
    else if (REQUIRED_TABLES.includes(table))
      issue(
        'fatal',
        table,
        `the folder has neither ${table}.csv nor ${table}.parquet${didYouMean(`${table}.csv`, others, 'is it')}`,
      );
  }
  const expected = absent.flatMap((table) => [`${table}.csv`, `${table}.parquet`]);
  for (const name of others) issue('warning', name, `file is not read${didYouMean(name, expected)}`);
  return files;
}

/** Reads table after table; each may refer to those before it. */
class PanelReader {
  readonly #files: TableFiles;
  readonly #head: PanelHead;
  readonly #issues: Issue[];
  readonly #located = new Map<PanelTableName, Located>();
  readonly #badKeys = { products: new Set<string>(), coupons: new Set<string>() };
  readonly #households = new Positions<string>();
  readonly #demographics = new Map<string, Demographics>();
  readonly #productPositions = new Positions<string>();
  readonly #products: PanelProduct[] = [];
  readonly #campaigns = new Positions<string>();
  readonly #campaignNames = new Map<string, string>();
  readonly #couponPositions = new Positions<string>();
  readonly #coupons: PanelCoupon[] = [];
  /** Positions of products, of coupons for lists of them. */
  readonly #couponProducts = new Map<string, number[]>();

  constructor(files: TableFiles, head: PanelHead, issues: Issue[]) {
    this.#files = files;
    this.#head = head;
    this.#issues = issues;
  }

  /** @param folderName what the panel is called when panel.json does not say it */
  async read(folderName: string): Promise<Panel | null> {
    const head = this.#head;
    const id = head.id ?? idOf(folderName);
    // What is wrong with any of the headers, before the first row is read.
    const transactions = transactionsTable(head.timeZone === undefined ? null : clockIn(head.timeZone));
    const tables = { ...TABLES, transactions };
    const isReadable = PANEL_TABLES.map((name) => this.#locate(name, tables[name].columns));
    if (isReadable.includes(false)) return null;
    await this.#readProducts();
    await this.#readHouseholds();
    await this.#readCouponProducts();
    await this.#readCoupons();
    const lines = await this.#readLines(transactions);
    const prices = await this.#readPrices();
    const issues = await this.#readIssues();
    const redemptions = await this.#readRedemptions();
    const firstDay = head.firstDay === undefined ? (lines.day[0] ?? 0) : dayOf(head.firstDay);
    const lastDay = head.lastDay === undefined ? (lines.day[lines.count - 1] ?? 0) : dayOf(head.lastDay);
    return {
      id,
      agentPrefix: id,
      title: head.title ?? `Panel ${folderName}`,
      notice: head.notice,
      currency: head.currency,
      storeName: head.storeName,
      region: head.region,
      firstDay,
      lastDay,
      promotionWeekStart: WEEKDAYS.indexOf(head.promotionWeekStart),
      households: this.#households.ids().map((household) => ({
        id: household,
        demographics: this.#demographics.get(household) ?? NOTHING_KNOWN_OF_HOUSEHOLD,
      })),
      products: this.#products,
      lines,
      prices,
      campaigns: this.#campaigns
        .ids()
        .map((code) => ({ code, name: this.#campaignNames.get(code) ?? `Campaign ${code}` })),
      coupons: this.#coupons,
      issues,
      redemptions,
    };
  }

  async #readProducts(): Promise<void> {
    await this.#each('products', PRODUCTS, (row, reject) => {
      const isNew = this.#productPositions.find(row.product) === -1;
      if (!isNew) return reject('product', 'is in the table already; it must be unique');
      this.#productPositions.of(row.product);
      const { category, brand, isPrivateLabel, unitCost } = row;
      const name = row.name ?? `${category ?? 'Product'} ${row.product}, ${brand}`.slice(0, 200);
      this.#products.push({ id: row.product, name, category, brand, isPrivateLabel, unitCost });
    });
  }

  async #readHouseholds(): Promise<void> {
    await this.#each('households', HOUSEHOLDS, ({ household, ...demographics }, reject) => {
      if (this.#demographics.has(household))
        return reject('household', 'is in the table already; it must be unique');
      this.#households.of(household);
      this.#demographics.set(household, demographics);
    });
  }

  async #readCouponProducts(): Promise<void> {
    await this.#each('coupon_products', COUPON_PRODUCTS, ({ coupon, product }, reject) => {
      const position = this.#productPositions.find(product);
      if (position === -1) return reject('product', this.#absent('products', product));
      const list = this.#couponProducts.get(coupon);
      if (list === undefined) this.#couponProducts.set(coupon, [position]);
      else list.push(position);
    });
  }

  async #readCoupons(): Promise<void> {
    const categories = new Set(this.#products.map(({ category }) => category));
    const brands = new Set(this.#products.map(({ brand }) => brand));
    await this.#each('coupons', COUPONS, (row, reject) => {
      if (this.#couponPositions.find(row.coupon) !== -1)
        return reject('coupon', 'is in the table already; it must be unique');
      if (row.category !== null && !categories.has(row.category))
        return reject('category', 'not a category of the table products');
      if (row.brand !== null && !brands.has(row.brand))
        return reject('brand', 'not a brand of the table products');
      const target = this.#targetOf(row, reject);
      const wrong = target === null ? [] : couponProblems(row);
      for (const [field, problem] of wrong) reject(field, problem);
      if (target === null || wrong.length > 0) return;
      this.#couponPositions.of(row.coupon);
      if (row.campaignName !== null) this.#campaignNames.set(row.campaign, row.campaignName);
      this.#coupons.push({
        code: row.coupon,
        campaign: this.#campaigns.of(row.campaign),
        target,
        value: valueOf(row),
        funding: fundingOf(row),
      });
    });
  }

  #targetOf({ coupon, scope, category, brand }: CouponRow, reject: Reject<CouponRow>): CouponTarget | null {
    switch (scope) {
      case 'frontstore':
        return { type: 'frontstore' };
      case 'category':
        if (category !== null) return { type: 'category', category };
        reject('category', 'a category coupon names its category');
        return null;
      case 'brand':
        if (brand !== null) return { type: 'brand', brand, category };
        reject('brand', 'a brand coupon names its brand');
        return null;
      case 'products': {
        const products = this.#couponProducts.get(coupon);
        if (products !== undefined) return { type: 'products', products: Int32Array.from(products) };
        reject('coupon', 'has no rows in the table coupon_products');
        return null;
      }
    }
  }

  /** In order of time, whatever the order of the file. */
  async #readLines(table: PanelTable<TransactionRow>): Promise<Lines> {
    const [first, last] = [this.#head.firstDay, this.#head.lastDay].map((day) =>
      day === undefined ? null : dayOf(day),
    );
    const baskets = new Positions<string>();
    const lines = new ColumnBuilder(LINE_COLUMNS);
    const minutes: number[] = [];
    await this.#each('transactions', table, (row, reject) => {
      const { day, hour, minute } = row.time;
      const product = this.#productPositions.find(row.product);
      if (product === -1) return reject('product', this.#absent('products', row.product));
      const coupon = row.coupon === null ? -1 : this.#couponPositions.find(row.coupon);
      if (row.coupon !== null && coupon === -1) return reject('coupon', this.#absent('coupons', row.coupon));
      if (row.vendorPaid > row.couponDiscount + 1e-9)
        return reject('vendorPaid', 'more than the coupon discount that it is a part of');
      if ((first !== null && day < first!) || (last !== null && day > last!))
        return reject('time', 'not among the days that panel.json names');
      const household = this.#households.of(row.household);
      // Numbers of receipts may begin anew every day, in every shop.
      const basket = baskets.of(`${household}/${day}/${row.basket}`);
      const { quantity, paid, shelfDiscount, couponDiscount, vendorPaid } = row;
      lines.add({
        household,
        basket,
        product,
        quantity,
        paid,
        shelfDiscount,
        couponDiscount,
        vendorPaid,
        coupon,
        day,
        hour,
      });
      minutes.push((day * 24 + hour) * 60 + minute);
    });
    const columns = lines.finish();
    const isInOrder = minutes.every((minute, row) => row === 0 || minute >= minutes[row - 1]!);
    if (isInOrder) return columns;
    const order = Uint32Array.from(minutes.keys()).sort((a, b) => minutes[a]! - minutes[b]! || a - b);
    return rowsAt(columns, order);
  }

  async #readPrices(): Promise<PanelPrices | null> {
    if (this.#files.prices === undefined) return null;
    const prices = new ColumnBuilder(PRICE_COLUMNS);
    await this.#each('prices', PRICES, (row, reject) => {
      const product = this.#productPositions.find(row.product);
      if (product === -1) return reject('product', this.#absent('products', row.product));
      const lastDay = row.lastDay ?? row.firstDay + 6;
      if (lastDay < row.firstDay) return reject('lastDay', 'before first_day');
      if (row.regular !== null && row.promotional !== null && row.promotional > row.regular)
        return reject('promotional', 'above the regular price');
      prices.add({
        product,
        firstDay: row.firstDay,
        lastDay,
        regular: row.regular ?? Number.NaN,
        promotional: row.promotional ?? Number.NaN,
        isFeatured: row.isFeatured ? 1 : 0,
        isDisplayed: row.isDisplayed ? 1 : 0,
      });
    });
    const table = prices.finish();
    const hasPromotions = this.#located.get('prices')?.has('promotional') === true;
    return { ...table, promotional: hasPromotions ? table.promotional : null };
  }

  async #readIssues(): Promise<CouponIssues> {
    const issues = new ColumnBuilder(ISSUE_COLUMNS);
    await this.#each('issues', ISSUES, (row, reject) => {
      const coupon = row.coupon === null ? -1 : this.#couponPositions.find(row.coupon);
      if (row.coupon !== null && coupon === -1) return reject('coupon', this.#absent('coupons', row.coupon));
      const campaign =
        row.campaign === null ? (this.#coupons[coupon]?.campaign ?? -1) : this.#campaigns.find(row.campaign);
      if (row.campaign === null && campaign === -1)
        return reject('coupon', 'empty, and campaign_id is too: one of them has to be given');
      if (campaign === -1) return reject('campaign', 'not a campaign of the table coupons');
      if (coupon !== -1 && this.#coupons[coupon]!.campaign !== campaign)
        return reject('campaign', 'not the campaign that the table coupons has for the coupon');
      if (row.expiresOn !== null && row.expiresOn < row.issuedOn)
        return reject('expiresOn', 'before issued_on');
      const household = this.#households.of(row.household);
      issues.add({ household, campaign, coupon, day: row.issuedOn, lastDay: row.expiresOn ?? -1 });
    });
    return issues.finish();
  }

  async #readRedemptions(): Promise<CouponRedemptions> {
    const redemptions = new ColumnBuilder(REDEMPTION_COLUMNS);
    await this.#each('redemptions', REDEMPTIONS, (row, reject) => {
      const coupon = this.#couponPositions.find(row.coupon);
      if (coupon === -1) return reject('coupon', this.#absent('coupons', row.coupon));
      redemptions.add({ household: this.#households.of(row.household), coupon, day: row.redeemedOn });
    });
    return redemptions.finish();
  }

  /** Of an id that another table refers to. */
  #absent(table: 'products' | 'coupons', id: string): string {
    const isBad = this.#badKeys[table].has(id);
    return isBad ? `its row in ${this.#files[table]!.name} is bad` : `not in the table ${table}`;
  }

  /** False when the folder has the table, but it cannot be read. */
  #locate(name: PanelTableName, columns: Parameters<typeof locateColumns>[1]): boolean {
    const file = this.#files[name];
    if (file === undefined) return true;
    const located = locateColumns(file, columns, this.#issues);
    if (located !== null) this.#located.set(name, located);
    return located !== null;
  }

  /** Rows of a table, if the folder has it. */
  async #each<Row>(
    name: PanelTableName,
    table: PanelTable<Row>,
    use: (row: Row, reject: Reject<Row>) => void,
  ): Promise<void> {
    const file = this.#files[name];
    const located = this.#located.get(name);
    if (file !== undefined && located !== undefined)
      await readPanelTable(
        file,
        table,
        located,
        this.#issues,
        use,
        name === 'products' || name === 'coupons' ? this.#badKeys[name] : undefined,
      );
  }
}

const TABLES = {
  products: PRODUCTS,
  households: HOUSEHOLDS,
  coupons: COUPONS,
  coupon_products: COUPON_PRODUCTS,
  prices: PRICES,
  issues: ISSUES,
  redemptions: REDEMPTIONS,
};

function valueOf(row: CouponRow): PanelCoupon['value'] {
  const { kind, percentOff, amountOffCents, maxDiscountCents } = row;
  if (kind === null) return null;
  return { kind, percentOff, amountOffCents, maxDiscountCents, minSpendCents: row.minSpendCents ?? 0 };
}

function fundingOf(row: CouponRow): PanelCoupon['funding'] {
  const { funding, vendorSharePercent, feePerRedemptionCents } = row;
  if (funding === null) return null;
  const share = { retailer: 0, vendor: 100, shared: 50 }[funding];
  return {
    funding,
    vendorSharePercent: vendorSharePercent ?? share,
    feePerRedemptionCents: feePerRedemptionCents ?? 0,
  };
}

/** What the rules of coupons say against the row, by field. */
function couponProblems(row: CouponRow): [keyof CouponRow, string][] {
  const isForProducts = row.scope === 'products';
  if (isForProducts && (row.category !== null || row.brand !== null))
    return [[row.brand === null ? 'category' : 'brand', 'not for a coupon on a list of products']];
  if (row.kind === null) {
    const given = (['percentOff', 'amountOffCents', 'maxDiscountCents', 'minSpendCents'] as const).find(
      (field) => row[field] !== null,
    );
    if (given !== undefined) return [[given, 'given without a kind']];
  }
  if (row.funding === null && row.vendorSharePercent !== null)
    return [['vendorSharePercent', 'given without a funding']];
  const parsed = Coupon.safeParse({
    ...EMPTY_COUPON,
    code: row.coupon,
    campaignCode: row.campaign,
    scope: isForProducts ? 'category' : row.scope,
    category: isForProducts ? 'any' : row.category,
    brand: row.brand,
    ...(valueOf(row) ?? { kind: 'percent', percentOff: 10 }),
    ...(fundingOf(row) ?? { funding: 'retailer', vendorSharePercent: 0 }),
  });
  return (parsed.error?.issues ?? []).map(({ path: [place], code, message }) => {
    const field = String(place) as keyof CouponRow;
    return [field, code === 'custom' ? message : COUPONS.columns[field].allowed];
  });
}

function isTimeZone(name: string): boolean {
  try {
    clockIn(name);
    return true;
  } catch {
    return false;
  }
}

/** `Our Panel 2024` → `our-panel-2024`. */
function idOf(folderName: string): string {
  const id = folderName
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 20);
  return id === '' ? 'panel' : id;
}
