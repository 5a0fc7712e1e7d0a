import { ConflictError, InvalidInputError, NotFoundError } from '../domain/errors.ts';
import type { Category, Product, ProductPrice, Store } from '../domain/retail/catalog.ts';
import type { Campaign, Coupon } from '../domain/retail/coupon.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { Persona } from '../domain/retail/persona.ts';
import type { Database } from './client.ts';
import type { Prisma } from './generated/client.ts';

// Who shops, what is sold and which offers exist: loaded as a whole or not at all. Rows are found again by their
// business key, so loading the same dataset twice changes nothing, and nothing a simulation points at is deleted.

/** What loading did to one table. */
export type TableChange = { inserted: number; updated: number; deleted: number; unchanged: number };
export type LoadResult = { datasetId: string; changes: Record<string, TableChange> };

export type LoadOptions = {
  /** Change rows of a dataset that simulations were run on. */
  force?: boolean;
};

/** Sixty thousand prices in one transaction; more than the usual limit for a slow disk. */
const LOAD_LIMITS = { maxWait: 20_000, timeout: 180_000 };

export async function loadDataset(
  db: Database,
  dataset: Dataset,
  { force = false }: LoadOptions = {},
): Promise<LoadResult> {
  return db.$transaction(async (tx) => {
    // One load at a time: two of them would take the same rows in different orders.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('mercato datasets'))`;
    const changes: LoadResult['changes'] = {
      datasets: await upsert(tx, dataset.reference === null ? DATASETS : DATASETS_WITH_REFERENCE, [dataset]),
      stores: await upsert(
        tx,
        STORES,
        dataset.stores.map((store) => ({ datasetId: dataset.id, ...store })),
      ),
      categories: await upsert(
        tx,
        CATEGORIES,
        dataset.categories.map((category) => ({ datasetId: dataset.id, ...category })),
      ),
      products: await upsert(
        tx,
        PRODUCTS,
        dataset.products.map((product) => ({ datasetId: dataset.id, ...product })),
      ),
      product_prices: await replacePrices(tx, dataset),
      campaigns: await upsert(
        tx,
        CAMPAIGNS,
        dataset.campaigns.map((campaign) => ({ datasetId: dataset.id, ...campaign })),
      ),
      coupons: await upsertCoupons(tx, dataset),
      ...(await upsertAgents(tx, dataset)),
    };
    await checkComplete(tx, dataset.id);
    if (!force) await checkUnused(tx, dataset.id, changes);
    return { datasetId: dataset.id, changes };
  }, LOAD_LIMITS);
}

/** What the database has of a dataset, for checking what a file refers to. */
export async function readDatasetKeys(db: Database, datasetId: string) {
  const [dataset, categories, products, campaigns, agents] = await Promise.all([
    db.dataset.findUnique({
      where: { id: datasetId },
      select: { title: true, notice: true, currency: true },
    }),
    db.category.findMany({ where: { datasetId }, select: { name: true } }),
    db.product.findMany({ where: { datasetId }, select: { sku: true, brand: true } }),
    db.campaign.findMany({ where: { datasetId }, select: { code: true } }),
    db.agent.findMany({
      where: { datasetId: { not: datasetId } },
      select: { agentId: true, datasetId: true },
    }),
  ]);
  return {
    head: dataset,
    categories: new Set(categories.map(({ name }) => name)),
    products: new Set(products.map(({ sku }) => sku)),
    brands: new Set(products.map(({ brand }) => brand)),
    campaigns: new Set(campaigns.map(({ code }) => code)),
    agentsElsewhere: new Map(agents.map((agent) => [agent.agentId, agent.datasetId])),
  };
}

type Transaction = Prisma.TransactionClient;

/** A table's columns with their SQL types, and the value each gets from a row; the first `key` columns are unique. */
type TableSpec<Row> = {
  table: string;
  key: string[];
  columns: Record<string, { type: string; value: (row: Row) => unknown }>;
};

type InDataset<Row> = Row & { datasetId: string };

const inDataset = { type: 'text', value: (row: { datasetId: string }) => row.datasetId };

const DATASETS: TableSpec<Dataset> = {
  table: 'datasets',
  key: ['id'],
  columns: {
    id: { type: 'text', value: (row) => row.id },
    title: { type: 'text', value: (row) => row.title },
    notice: { type: 'text', value: (row) => row.notice },
    currency: { type: 'char(3)', value: (row) => row.currency },
  },
};

/** Without figures of its own a file leaves those that are there. */
const DATASETS_WITH_REFERENCE: TableSpec<Dataset> = {
  ...DATASETS,
  columns: { ...DATASETS.columns, reference: { type: 'jsonb', value: (row) => row.reference } },
};

const STORES: TableSpec<InDataset<Store>> = {
  table: 'stores',
  key: ['dataset_id', 'code'],
  columns: {
    dataset_id: inDataset,
    code: { type: 'text', value: (row) => row.code },
    name: { type: 'text', value: (row) => row.name },
    region: { type: 'text', value: (row) => row.region },
    shipping_fee_cents: { type: 'int', value: (row) => row.shippingFeeCents },
    free_shipping_threshold_cents: { type: 'int', value: (row) => row.freeShippingThresholdCents },
  },
};

const CATEGORIES: TableSpec<InDataset<Category>> = {
  table: 'categories',
  key: ['dataset_id', 'name'],
  columns: {
    dataset_id: inDataset,
    name: { type: 'text', value: (row) => row.name },
    basket_weight: { type: 'float8', value: (row) => row.basketWeight },
    repurchase_gap_days: { type: 'int2', value: (row) => row.repurchaseGapDays },
  },
};

const PRODUCTS: TableSpec<InDataset<Product>> = {
  table: 'products',
  key: ['dataset_id', 'sku'],
  columns: {
    dataset_id: inDataset,
    sku: { type: 'text', value: (row) => row.sku },
    name: { type: 'text', value: (row) => row.name },
    category: { type: 'text', value: (row) => row.category },
    brand: { type: 'text', value: (row) => row.brand },
    is_private_label: { type: 'bool', value: (row) => row.isPrivateLabel },
    regular_price_cents: { type: 'int', value: (row) => row.regularPriceCents },
    unit_cost_cents: { type: 'int', value: (row) => row.unitCostCents },
    popularity: { type: 'float8', value: (row) => row.popularity },
  },
};

type PriceRow = ProductPrice & { productId: number };

const PRICES: TableSpec<PriceRow> = {
  table: 'product_prices',
  key: ['product_id', 'week'],
  columns: {
    product_id: { type: 'int', value: (row) => row.productId },
    week: { type: 'int2', value: (row) => row.week },
    regular_price_cents: { type: 'int', value: (row) => row.regularPriceCents },
    promotional_price_cents: { type: 'int', value: (row) => row.promotionalPriceCents },
    is_featured: { type: 'bool', value: (row) => row.isFeatured },
    is_displayed: { type: 'bool', value: (row) => row.isDisplayed },
  },
};

const CAMPAIGNS: TableSpec<InDataset<Campaign>> = {
  table: 'campaigns',
  key: ['dataset_id', 'code'],
  columns: {
    dataset_id: inDataset,
    code: { type: 'text', value: (row) => row.code },
    name: { type: 'text', value: (row) => row.name },
    budget_cents: { type: 'int', value: (row) => row.budgetCents },
  },
};

const COUPONS: TableSpec<InDataset<Coupon> & { campaignId: number }> = {
  table: 'coupons',
  key: ['dataset_id', 'code'],
  columns: {
    dataset_id: inDataset,
    code: { type: 'text', value: (row) => row.code },
    campaign_id: { type: 'int', value: (row) => row.campaignId },
    scope: { type: 'text', value: (row) => row.scope },
    kind: { type: 'text', value: (row) => row.kind },
    category: { type: 'text', value: (row) => row.category },
    brand: { type: 'text', value: (row) => row.brand },
    percent_off: { type: 'float8', value: (row) => row.percentOff },
    amount_off_cents: { type: 'int', value: (row) => row.amountOffCents },
    max_discount_cents: { type: 'int', value: (row) => row.maxDiscountCents },
    min_spend_cents: { type: 'int', value: (row) => row.minSpendCents },
    funding: { type: 'text', value: (row) => row.funding },
    vendor_share_percent: { type: 'float8', value: (row) => row.vendorSharePercent },
    fee_per_redemption_cents: { type: 'int', value: (row) => row.feePerRedemptionCents },
    excluded_brands: { type: 'text[]', value: (row) => row.excludedBrands },
    redemption_limit: { type: 'int', value: (row) => row.redemptionLimit },
    is_active: { type: 'bool', value: (row) => row.isActive },
  },
};

const AGENTS: TableSpec<InDataset<Persona> & { userId: string }> = {
  table: 'agents',
  key: ['agent_id'],
  columns: {
    agent_id: { type: 'text', value: (row) => row.agentId },
    user_id: { type: 'uuid', value: (row) => row.userId },
    dataset_id: inDataset,
    generation_model: { type: 'text', value: (row) => row.generationModel },
    generated_at: { type: 'timestamptz(3)', value: (row) => row.generatedAt },
    age: { type: 'int2', value: (row) => row.age },
    age_group: { type: 'text', value: (row) => row.ageGroup },
    gender: { type: 'text', value: (row) => row.gender },
    income_bracket: { type: 'text', value: (row) => row.incomeBracket },
    household_size: { type: 'int2', value: (row) => row.householdSize },
    has_children: { type: 'bool', value: (row) => row.hasChildren },
    location_region: { type: 'text', value: (row) => row.locationRegion },
    price_sensitivity: { type: 'float8', value: (row) => row.priceSensitivity },
    brand_loyalty: { type: 'float8', value: (row) => row.brandLoyalty },
    impulsivity: { type: 'float8', value: (row) => row.impulsivity },
    tech_savviness: { type: 'float8', value: (row) => row.techSavviness },
    preferred_categories: { type: 'text[]', value: (row) => row.preferredCategories },
    weekly_budget_cents: { type: 'int', value: (row) => row.weeklyBudgetCents },
    shopping_frequency: { type: 'text', value: (row) => row.shoppingFrequency },
    avg_cart_value_cents: { type: 'int', value: (row) => row.avgCartValueCents },
    pref_day_weekday: { type: 'float8', value: (row) => row.prefDayWeekday },
    pref_day_saturday: { type: 'float8', value: (row) => row.prefDaySaturday },
    pref_day_sunday: { type: 'float8', value: (row) => row.prefDaySunday },
    pref_time_morning: { type: 'float8', value: (row) => row.prefTimeMorning },
    pref_time_afternoon: { type: 'float8', value: (row) => row.prefTimeAfternoon },
    pref_time_evening: { type: 'float8', value: (row) => row.prefTimeEvening },
    coupon_affinity: { type: 'float8', value: (row) => row.couponAffinity },
    deal_seeking_behavior: { type: 'text', value: (row) => row.dealSeekingBehavior },
    backstory: { type: 'text', value: (row) => row.backstory },
    sample_shopping_patterns: { type: 'text[]', value: (row) => row.sampleShoppingPatterns },
    visit_rate: { type: 'float8', value: (row) => row.visitRate },
    imputed_attributes: { type: 'text[]', value: (row) => row.imputedAttributes },
  },
};

/** Inserts what is new and updates what differs, in one statement; rows that are the same are not written. */
async function upsert<Row>(
  tx: Transaction,
  { table, key, columns }: TableSpec<Row>,
  rows: readonly Row[],
): Promise<TableChange> {
  if (rows.length === 0) return { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };
  const names = Object.keys(columns);
  const others = names.filter((name) => !key.includes(name));
  const records = rows.map((row) =>
    Object.fromEntries(names.map((name) => [name, columns[name]!.value(row)])),
  );
  const statement = `
    INSERT INTO ${table} (${names.join(', ')})
    SELECT ${names.join(', ')} FROM jsonb_to_recordset($1::jsonb) AS row (${names.map((name) => `${name} ${columns[name]!.type}`).join(', ')})
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}
    WHERE (${others.map((name) => `${table}.${name}`).join(', ')}) IS DISTINCT FROM (${others.map((name) => `excluded.${name}`).join(', ')})
    RETURNING (xmax = 0) AS inserted`;
  const written = await tx.$queryRawUnsafe<{ inserted: boolean }[]>(statement, JSON.stringify(records));
  const inserted = written.filter((row) => row.inserted).length;
  return {
    inserted,
    updated: written.length - inserted,
    deleted: 0,
    unchanged: rows.length - written.length,
  };
}

/** The calendar of the products in the dataset becomes what it says: promotions it no longer has are taken out. */
async function replacePrices(tx: Transaction, { id, products, prices }: Dataset): Promise<TableChange> {
  if (prices.length === 0) return { inserted: 0, updated: 0, deleted: 0, unchanged: 0 };
  const ids = new Map(
    (await tx.product.findMany({ where: { datasetId: id }, select: { id: true, sku: true } })).map((row) => [
      row.sku,
      row.id,
    ]),
  );
  const rows = prices.map((price) => ({ ...price, productId: found(ids, price.sku, 'product') }));
  const covered = [
    ...new Set([
      ...products.map(({ sku }) => found(ids, sku, 'product')),
      ...rows.map(({ productId }) => productId),
    ]),
  ];
  const deleted = await tx.$executeRawUnsafe(
    `DELETE FROM product_prices WHERE product_id = ANY ($1::int[]) AND (product_id, week) NOT IN
       (SELECT product_id, week FROM jsonb_to_recordset($2::jsonb) AS row (product_id int, week int2))`,
    covered,
    JSON.stringify(rows.map(({ productId, week }) => ({ product_id: productId, week }))),
  );
  return { ...(await upsert(tx, PRICES, rows)), deleted };
}

async function upsertCoupons(tx: Transaction, { id, coupons }: Dataset): Promise<TableChange> {
  const campaigns = await tx.campaign.findMany({
    where: { datasetId: id },
    select: { id: true, code: true },
  });
  const ids = new Map(campaigns.map((campaign) => [campaign.code, campaign.id]));
  const rows = coupons.map((coupon) => ({
    ...coupon,
    datasetId: id,
    campaignId: found(ids, coupon.campaignCode, 'campaign'),
  }));
  return upsert(tx, COUPONS, rows);
}

async function upsertAgents(
  tx: Transaction,
  { id, agents }: Dataset,
): Promise<Record<'users' | 'agents', TableChange>> {
  const agentIds = agents.map(({ agentId }) => agentId);
  const [elsewhere] = await tx.$queryRaw<{ agent_id: string; dataset_id: string }[]>`
    SELECT agent_id, dataset_id FROM agents WHERE agent_id = ANY (${agentIds}::text[]) AND dataset_id <> ${id} LIMIT 1`;
  if (elsewhere)
    throw new ConflictError(
      `Agent ${elsewhere.agent_id} belongs to dataset ${elsewhere.dataset_id} already.`,
    );
  const emails = agentIds.map(emailOf);
  const inserted = await tx.$executeRaw`
    INSERT INTO users (id, email, is_simulated) SELECT gen_random_uuid(), email, true FROM unnest(${emails}::text[]) AS email
    ON CONFLICT (email) DO NOTHING`;
  const users = await tx.$queryRaw<{ id: string; email: string; is_simulated: boolean }[]>`
    SELECT id, email, is_simulated FROM users WHERE email = ANY (${emails}::text[])`;
  const real = users.find((user) => !user.is_simulated);
  if (real) throw new ConflictError(`User ${real.email} is not simulated; an agent cannot shop in its name.`);
  const userIds = new Map(users.map((user) => [user.email, user.id]));
  const rows = agents.map((agent) => ({
    ...agent,
    datasetId: id,
    userId: found(userIds, emailOf(agent.agentId), 'user'),
  }));
  return {
    users: { inserted, updated: 0, deleted: 0, unchanged: emails.length - inserted },
    agents: await upsert(tx, AGENTS, rows),
  };
}

async function checkComplete(tx: Transaction, datasetId: string): Promise<void> {
  const where = { where: { datasetId } };
  const counts = {
    stores: await tx.store.count(where),
    categories: await tx.category.count(where),
    products: await tx.product.count(where),
  };
  const missing = Object.entries(counts)
    .filter(([, count]) => count === 0)
    .map(([table]) => table);
  if (missing.length > 0)
    throw new InvalidInputError(
      `Dataset ${datasetId} has no ${missing.join(', no ')}. Load a workbook with a catalogue first, or add the sheets to this one.`,
    );
}

/** New agents and another title leave what simulations were run on as it was; nothing else does. */
async function checkUnused(
  tx: Transaction,
  datasetId: string,
  changes: LoadResult['changes'],
): Promise<void> {
  const changed = Object.entries(changes).filter(
    ([table, { inserted, updated, deleted }]) =>
      table !== 'datasets' &&
      (updated + deleted > 0 || (inserted > 0 && table !== 'agents' && table !== 'users')),
  );
  if (changed.length === 0) return;
  const simulations = await tx.simulationState.findMany({
    where: { datasetId },
    select: { simulationId: true },
  });
  if (simulations.length === 0) return;
  const tables = changed.map(
    ([table, { inserted, updated, deleted }]) => `${inserted + updated + deleted} rows of ${table}`,
  );
  throw new ConflictError(
    `This would change ${tables.join(', ')} in dataset ${datasetId}, on which ${simulations.length} simulation(s) were run (${simulations[0]!.simulationId}${simulations.length > 1 ? ', …' : ''}): ` +
      'they could not be repeated or compared any more. Load it under another name (--dataset NAME), or change it all the same with --force.',
  );
}

function emailOf(agentId: string): string {
  return `${agentId}@simulation.local`;
}

function found<T>(ids: ReadonlyMap<string, T>, key: string, kind: string): T {
  const id = ids.get(key);
  if (id === undefined) throw new NotFoundError(`There is no ${kind} ${key} in the dataset.`);
  return id;
}
