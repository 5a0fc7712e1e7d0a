// What an export holds, column by column: the single source of its files, of `dictionary.json` and of docs/export.md.

/** How a value is written: `date` is a simulated date, `instant` a simulated time in UTC, `json` a text with one JSON value. */
export type ExportType = 'text' | 'whole' | 'real' | 'yes_no' | 'date' | 'instant' | 'json';

export type ExportColumn = {
  readonly name: string;
  readonly type: ExportType;
  readonly unit: string | null;
  readonly meaning: string;
  readonly isNullable: boolean;
  /** What no retailer can know: left out unless it is asked for, to check models against and never to train them on. */
  readonly isLatent: boolean;
  /** What is known only later than the row's own time: to be predicted, never to predict from. */
  readonly isLabel: boolean;
};

export type ExportTable = {
  readonly name: string;
  /** What one row is. */
  readonly row: string;
  /** Columns that name a row. */
  readonly key: readonly string[];
  readonly columns: readonly ExportColumn[];
};

type Traits = Partial<Pick<ExportColumn, 'unit' | 'isNullable' | 'isLatent' | 'isLabel'>>;

const column = (name: string, type: ExportType, meaning: string, traits: Traits = {}): ExportColumn => ({
  name,
  type,
  unit: null,
  meaning,
  isNullable: false,
  isLatent: false,
  isLabel: false,
  ...traits,
});

const NULLABLE = { isNullable: true } as const;
const LATENT = { isLatent: true } as const;
const LABEL = { isLabel: true } as const;
const CENTS = { unit: 'cents' } as const;
const DAYS = { unit: 'days' } as const;

const AGENT = [
  column('simulation_id', 'text', 'The simulation.'),
  column('agent_id', 'text', 'The shopper; the same one in every simulation of its dataset.'),
];
const DAY = [
  column('simulated_date', 'date', 'The day.'),
  column('day_number', 'whole', 'Days since the start of the simulation, from 0.', DAYS),
];
const TRIP = column('trip_number', 'whole', 'The visit of the day, from 0.');
const HOUSEHOLD_SPLIT = column(
  'split_household',
  'text',
  '`train` or `test`, by a hash of agent_id alone: the same in every simulation and every export.',
);
const SPLITS = [
  HOUSEHOLD_SPLIT,
  column('split_time', 'text', '`train` or `test`: the last days of the simulations are test.'),
];
const SESSION_KEY = ['simulation_id', 'agent_id', 'simulated_date', 'trip_number'];
const COUPON = [
  column('cycle_number', 'whole', 'The offer cycle in which the coupon was dealt, from 1.'),
  column('coupon_code', 'text', 'The coupon.'),
];
const PRODUCT = [
  column('sku', 'text', 'The product.'),
  column('brand', 'text', 'Its brand.'),
  column('is_private_label', 'yes_no', 'Whether the brand is the shop’s own.'),
];

/** A trait of the persona: what it is, no shop knows. */
const trait = (name: string, type: ExportType, meaning: string, traits: Traits = {}): ExportColumn =>
  column(name, type, meaning, { ...LATENT, ...traits });

const share = { unit: 'share' } as const;

const AGENTS: ExportTable = {
  name: 'agents',
  row: 'one shopper of a simulation',
  key: ['simulation_id', 'agent_id'],
  columns: [
    ...AGENT,
    HOUSEHOLD_SPLIT,
    trait('age', 'whole', 'Age.', { unit: 'years' }),
    trait('age_group', 'text', 'Age as a bracket.'),
    trait('gender', 'text', 'Gender.'),
    trait('income_bracket', 'text', '`low`, `medium`, `high` or `affluent`.'),
    trait('household_size', 'whole', 'People in the household.', { unit: 'people' }),
    trait('has_children', 'yes_no', 'Whether children are among them.'),
    trait('location_region', 'text', 'Region of the home.'),
    trait('price_sensitivity', 'real', 'From 0 to 1; raises the price coefficient.'),
    trait('brand_loyalty', 'real', 'From 0 to 1; raises the spread of tastes for brands.'),
    trait('impulsivity', 'real', 'From 0 to 1; makes baskets larger.'),
    trait('tech_savviness', 'real', 'From 0 to 1; opens the wallet more often.'),
    trait('preferred_categories', 'json', 'Categories bought more often.'),
    trait('weekly_budget_cents', 'whole', 'What a week may usually cost.', CENTS),
    trait('shopping_frequency', 'text', '`frequent`, `regular`, `occasional` or `rare`.'),
    trait('avg_cart_value_cents', 'whole', 'Value of a usual basket.', CENTS),
    trait('pref_day_weekday', 'real', 'Visits from Monday to Friday.', share),
    trait('pref_day_saturday', 'real', 'Visits on Saturdays.', share),
    trait('pref_day_sunday', 'real', 'Visits on Sundays.', share),
    trait('pref_time_morning', 'real', 'Visits before noon.', share),
    trait('pref_time_afternoon', 'real', 'Visits from noon to five.', share),
    trait('pref_time_evening', 'real', 'Visits later.', share),
    trait('coupon_affinity', 'real', 'From 0 to 1; the wish to use a coupon that was noticed.'),
    trait('deal_seeking_behavior', 'text', '`passive`, `observer`, `active_hunter` or `extreme`.'),
    trait('visit_rate', 'real', 'Shop days per day where known from data; else drawn within the class.', {
      ...NULLABLE,
      unit: 'per day',
    }),
    trait('imputed_attributes', 'json', 'Attributes that were imputed, not observed.'),
    trait('generation_model', 'text', 'Where the persona comes from; no rule reads it.'),
    trait('backstory', 'text', 'Text; no rule reads it.'),
    trait('sample_shopping_patterns', 'json', 'Texts; no rule reads them.'),
  ],
};

const SHOPPING_DAYS: ExportTable = {
  name: 'shopping_days',
  row: 'one shopper on one day, also a day at home',
  key: ['simulation_id', 'agent_id', 'simulated_date'],
  columns: [
    ...AGENT,
    ...DAY,
    ...SPLITS,
    column(
      'status',
      'text',
      '`home`: no visit; `completed`: visited; `failed` or `quarantined`: could not be lived.',
    ),
    column('trips', 'whole', 'Visits.'),
    column('orders', 'whole', 'Visits that ended with a purchase.'),
    column('visit_probability', 'real', 'Probability of a visit.', { ...LATENT, unit: 'probability' }),
    column(
      'visit_draw',
      'real',
      'The uniform number that decided: below the probability, there is a visit.',
      LATENT,
    ),
    column('visit_terms', 'json', 'Log-odds that made the probability.', LATENT),
    column(
      'household_state',
      'json',
      'The household after the day: cupboards, brands, budget; null at home.',
      {
        ...LATENT,
        ...NULLABLE,
      },
    ),
  ],
};

const SESSIONS: ExportTable = {
  name: 'sessions',
  row: 'one visit to the shop',
  key: SESSION_KEY,
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    ...SPLITS,
    column('store_code', 'text', 'The store.'),
    column('channel', 'text', '`in_store` or `online`.'),
    column('outcome', 'text', '`completed`, `abandoned` or `empty_cart`.'),
    column('started_at', 'instant', 'Start.'),
    column('ended_at', 'instant', 'End.'),
    column('trip_type', 'text', 'What the visit was meant to be: `fill_in` or `stock_up`.', LATENT),
    column('abandon_reason', 'text', 'Why nothing was bought; null when something was.', {
      ...LATENT,
      ...NULLABLE,
    }),
  ],
};

const EVENTS: ExportTable = {
  name: 'events',
  row: 'one act of a visit',
  key: [...SESSION_KEY, 'sequence'],
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    column('sequence', 'whole', 'Order within the visit, from 1.'),
    ...SPLITS,
    column('event_type', 'text', 'What was done (docs/events.md).'),
    column('simulated_at', 'instant', 'When.'),
    column('schema_version', 'whole', 'Version of the payload.'),
    column('payload', 'json', 'What there was to be seen of it; a coupon is named by code and cycleNumber.'),
    column('latent_payload', 'json', 'The rest of the payload: decisions, means, draws, reasons.', LATENT),
  ],
};

const CHOICE_SETS: ExportTable = {
  name: 'choice_sets',
  row: 'one product that was on the shelf when a product of its category was chosen',
  key: [...SESSION_KEY, 'choice_number', 'rank'],
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    column(
      'choice_number',
      'whole',
      'The choice within the visit, from 1; one product of each choice is chosen.',
    ),
    column('rank', 'whole', 'Place on the shelf, in order of appearance, from 1.'),
    ...SPLITS,
    column('category', 'text', 'The category.'),
    ...PRODUCT,
    column('regular_price_cents', 'whole', 'The product’s regular price in the catalogue.', CENTS),
    column('shelf_price_cents', 'whole', 'Price on the shelf.', CENTS),
    column(
      'mean_category_price_cents',
      'real',
      'Mean regular price of the category, weighted by popularity: the unit of prices in the choice model.',
      CENTS,
    ),
    column('price_ratio', 'real', 'shelf_price_cents ÷ mean_category_price_cents.'),
    column('is_featured', 'yes_no', 'In the leaflet.'),
    column('is_displayed', 'yes_no', 'On a display.'),
    column('is_chosen', 'yes_no', 'Whether it was taken.', LABEL),
    column(
      'effective_price_cents',
      'whole',
      'Shelf price less what the best coupon saves that the shopper wants to use, whether it is redeemed in the end or not.',
      { ...LATENT, ...CENTS },
    ),
    column('effective_price_ratio', 'real', 'effective_price_cents ÷ mean_category_price_cents.', LATENT),
    column(
      'popularity',
      'real',
      'Relative popularity at regular prices: its logarithm is the product’s constant.',
      LATENT,
    ),
    column('utility', 'real', 'Utility without noise.', LATENT),
    column(
      'noise',
      'real',
      'The standard Gumbel number that was drawn; the largest utility + noise is chosen.',
      LATENT,
    ),
    column('probability', 'real', 'Logit share of the utility.', { ...LATENT, unit: 'probability' }),
  ],
};

const IMPRESSIONS: ExportTable = {
  name: 'impressions',
  row: 'one coupon of the wallet on one visit',
  key: [...SESSION_KEY, 'cycle_number', 'coupon_code'],
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    ...COUPON,
    ...SPLITS,
    column('rank', 'whole', 'Place in the wallet, newest first, from 1.'),
    column('is_shown', 'yes_no', 'Whether the wallet was opened.'),
    column('is_noticed', 'yes_no', 'Whether the coupon was noticed.'),
    column('is_opened', 'yes_no', 'Whether it was looked at in detail.'),
    column('notice_probability', 'real', 'Probability of noticing it.', { ...LATENT, unit: 'probability' }),
  ],
};

const asOf = 'before the deal';

const DEALS: ExportTable = {
  name: 'deals',
  row: 'one coupon dealt to one shopper',
  key: ['simulation_id', 'agent_id', 'cycle_number', 'coupon_code'],
  columns: [
    ...AGENT,
    ...COUPON,
    ...DAY,
    HOUSEHOLD_SPLIT,
    column(
      'split_time',
      'text',
      '`test`: dealt in the test period; `train`: its label’s window ended before; `purged`: the window reaches into it, and the row is for neither.',
    ),
    column('assigned_at', 'instant', 'When it was dealt: features are as of this time.'),
    column('expires_at', 'instant', 'From when on it cannot be used.'),
    column('policy_version', 'text', 'The policy that dealt it.'),
    column(
      'refresh_policy',
      'text',
      'What the deal did to the wallet: `replace`, `top_up`, `append` or `staggered`.',
    ),
    column('assignment_probability', 'real', 'Probability with which this shopper was dealt this coupon.', {
      unit: 'probability',
    }),
    column('candidate_count', 'whole', 'Coupons of its kind (frontstore or not) that could have been dealt.'),
    column('is_pool_exhausted', 'yes_no', 'Whether there were fewer fresh ones than the deal wanted.'),
    column('wallet_before', 'whole', 'Open coupons just before the deal.'),
    column('campaign_code', 'text', 'Campaign of the coupon.'),
    column('scope', 'text', '`frontstore`, `category` or `brand`.'),
    column('kind', 'text', '`percent`, `fixed`, `bogo` or `free_shipping`.'),
    column('category', 'text', 'Category that it is for; null for all.', NULLABLE),
    column('brand', 'text', 'Brand that it is for; null for all.', NULLABLE),
    column('percent_off', 'real', 'Of percent coupons.', { ...NULLABLE, unit: 'percent' }),
    column('amount_off_cents', 'whole', 'Of fixed coupons.', { ...NULLABLE, ...CENTS }),
    column('max_discount_cents', 'whole', 'Cap of one redemption; null without.', { ...NULLABLE, ...CENTS }),
    column('min_spend_cents', 'whole', 'Spend from which it works.', CENTS),
    column('vendor_share_percent', 'real', 'Part of the discount that the vendor pays.', { unit: 'percent' }),
    column(
      'depth',
      'real',
      'What it takes off a typical purchase: percent_off, half for bogo, amount_off ÷ mean price of the products it is for (of a basket: ÷ min_spend); null where there is no such price.',
      { ...NULLABLE, ...share },
    ),
    column('past_orders', 'whole', `Orders placed ${asOf}, without those cancelled by then.`),
    column('past_units', 'whole', `Units in them.`, { unit: 'units' }),
    column('past_units_category', 'whole', 'Those of the coupon’s category; null without one.', {
      ...NULLABLE,
      unit: 'units',
    }),
    column('past_units_brand', 'whole', 'Those of the coupon’s brand; null without one.', {
      ...NULLABLE,
      unit: 'units',
    }),
    column('past_deals', 'whole', `Coupons dealt to the shopper ${asOf}.`),
    column('past_redemptions', 'whole', `Redemptions of the shopper ${asOf}.`),
    column('days_since_last_order', 'real', 'From the last order placed to the deal; null without one.', {
      ...NULLABLE,
      ...DAYS,
    }),
    column(
      'redeemed_within',
      'yes_no',
      'Whether it was redeemed within the horizon (the coupon’s life, unless `--horizon` says less); null when censored.',
      { ...LABEL, ...NULLABLE },
    ),
    column('days_to_redemption', 'real', 'From deal to redemption within the horizon; null without one.', {
      ...LABEL,
      ...NULLABLE,
      ...DAYS,
    }),
    column(
      'days_observed',
      'real',
      'How long it was known what becomes of it: to redemption, closing, end of the horizon or of the simulation.',
      { ...LABEL, ...DAYS },
    ),
    column(
      'is_censored',
      'yes_no',
      'The simulation ended before the horizon, the coupon was still open and not redeemed.',
      LABEL,
    ),
    column(
      'is_window_observed',
      'yes_no',
      'Whether the whole horizon lies before the simulation’s end. Train classifiers on these rows: among others those redeemed early have a label, and those redeemed late have none.',
    ),
    column(
      'closed_reason',
      'text',
      '`cycle_boundary`, `expiry_date`, `capacity` or `reset`; null while it is open or redeemed.',
      {
        ...LABEL,
        ...NULLABLE,
      },
    ),
  ],
};

const ORDERS: ExportTable = {
  name: 'orders',
  row: 'one purchase; total = subtotal + shipping − discount',
  key: SESSION_KEY,
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    ...SPLITS,
    column('placed_at', 'instant', 'When.'),
    column('status', 'text', '`completed` or `cancelled`.', LABEL),
    column('cancelled_at', 'instant', 'When it was cancelled.', { ...LABEL, ...NULLABLE }),
    column('currency', 'text', 'Currency of the cents.'),
    column('subtotal_cents', 'whole', 'Lines at shelf prices.', CENTS),
    column('discount_cents', 'whole', 'Off by coupons.', CENTS),
    column('shipping_cents', 'whole', 'Shipping fee.', CENTS),
    column('total_cents', 'whole', 'Paid.', CENTS),
    column('unit_cost_cents', 'whole', 'Cost of goods.', CENTS),
    column('vendor_funded_cents', 'whole', 'What vendors pay back of the discount.', CENTS),
    column('redemption_fee_cents', 'whole', 'Fees for redemptions.', CENTS),
  ],
};

const ORDER_LINES: ExportTable = {
  name: 'order_lines',
  row: 'one product of a purchase',
  key: [...SESSION_KEY, 'line_number'],
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    column('line_number', 'whole', 'The line, from 1; those put back are missing.'),
    ...SPLITS,
    column('category', 'text', 'The category.'),
    ...PRODUCT,
    column('quantity', 'whole', 'Units.', { unit: 'units' }),
    column('regular_price_cents', 'whole', 'Regular price of one unit in that week.', CENTS),
    column('unit_price_cents', 'whole', 'Shelf price of one unit.', CENTS),
    column('unit_cost_cents', 'whole', 'Cost of one unit.', CENTS),
    column('line_discount_cents', 'whole', 'Off by coupons for the category or brand.', CENTS),
    column('order_discount_cents', 'whole', 'Its share of what coupons for the basket took off.', CENTS),
  ],
};

const REDEMPTIONS: ExportTable = {
  name: 'redemptions',
  row: 'one coupon used on a purchase',
  key: [...SESSION_KEY, 'cycle_number', 'coupon_code'],
  columns: [
    ...AGENT,
    ...DAY,
    TRIP,
    ...COUPON,
    ...SPLITS,
    column('target', 'text', 'What it acted on.'),
    column('amount_cents', 'whole', 'What it took off.', CENTS),
    column('vendor_funded_cents', 'whole', 'What the vendor pays back of it.', CENTS),
    column('redemption_fee_cents', 'whole', 'Fee for it.', CENTS),
  ],
};

export const EXPORT_TABLES: readonly ExportTable[] = [
  AGENTS,
  SHOPPING_DAYS,
  SESSIONS,
  EVENTS,
  CHOICE_SETS,
  IMPRESSIONS,
  DEALS,
  ORDERS,
  ORDER_LINES,
  REDEMPTIONS,
];

/** The tables as an export has them: without latent columns, unless they are wanted. */
export function exportedTables(withLatent: boolean): ExportTable[] {
  return EXPORT_TABLES.map((table) => ({
    ...table,
    columns: table.columns.filter((one) => withLatent || !one.isLatent),
  }));
}

/** The tables as Markdown, for docs/export.md. */
export function dictionaryAsMarkdown(tables: readonly ExportTable[]): string {
  return tables.map(tableAsMarkdown).join('\n\n');
}

function tableAsMarkdown({ name, row, key, columns }: ExportTable): string {
  const lines = columns.map(({ name, type, unit, meaning, isNullable, isLatent, isLabel }) => {
    const kind = isLatent ? 'latent' : isLabel ? 'label' : '';
    const cells = [`\`${name}\``, isNullable ? `${type}, may be null` : type, unit ?? '', kind, meaning];
    return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
  });
  return [
    `### ${name}`,
    '',
    `One row is ${row}. Key: ${key.map((one) => `\`${one}\``).join(', ')}.`,
    '',
    '| column | type | unit | | meaning |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
