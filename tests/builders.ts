import type { CartLine, UsableCoupon } from '../domain/retail/cart.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { Catalog, CatalogIndex } from '../domain/retail/catalog-index.ts';
import type { Category, Product, ProductPrice, Store } from '../domain/retail/catalog.ts';
import type { DayContext, TripContext, WalletCoupon } from '../domain/retail/choice-context.ts';
import { addDays } from '../domain/retail/calendar.ts';
import { DEFAULT_CHOICE_PARAMETERS } from '../domain/retail/choice-parameters.ts';
import { Coupon } from '../domain/retail/coupon.ts';
import { householdProfile } from '../domain/retail/household.ts';
import { initialHousehold } from '../domain/retail/initial-household.ts';
import type { OfferRules, PoolCoupon } from '../domain/retail/offer-assignment.ts';
import { Persona, ageGroupOf } from '../domain/retail/persona.ts';
import { agentKey } from '../domain/retail/shopping-day.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { SimulationConfigInput } from '../domain/retail/simulation.ts';
import type { WalletEntry } from '../domain/retail/wallet.ts';
import { RandomKey } from '../domain/random.ts';

/** Values for tests: each builder takes what the test is about and fills in the rest with something ordinary. */

export const START_DATE = '2026-01-05'; // a Monday

/** An average shopper. Parsed, so that a test cannot rest on a persona that the system would refuse. */
export function aPersona(given: Partial<Persona> = {}): Persona {
  const age = given.age ?? 40;
  return Persona.parse({
    agentId: 'agent_001',
    generationModel: 'test',
    generatedAt: null,
    age,
    ageGroup: ageGroupOf(age),
    gender: 'undisclosed',
    incomeBracket: 'medium',
    householdSize: 2,
    hasChildren: false,
    locationRegion: 'North',
    priceSensitivity: 0.5,
    brandLoyalty: 0.5,
    impulsivity: 0.4,
    techSavviness: 0.5,
    preferredCategories: ['Milk'],
    weeklyBudgetCents: 60_00,
    shoppingFrequency: 'regular',
    avgCartValueCents: 27_00,
    prefDayWeekday: 5 / 7,
    prefDaySaturday: 1 / 7,
    prefDaySunday: 1 / 7,
    prefTimeMorning: 0.2,
    prefTimeAfternoon: 0.4,
    prefTimeEvening: 0.4,
    couponAffinity: 0.5,
    dealSeekingBehavior: 'observer',
    backstory: '',
    sampleShoppingPatterns: [],
    visitRate: null,
    imputedAttributes: [],
    ...given,
  });
}

/** Ten percent off a category, paid by the retailer. */
export function aCoupon(given: Partial<Coupon> = {}): Coupon {
  const kind = given.kind ?? 'percent';
  const scope = given.scope ?? 'category';
  return Coupon.parse({
    code: 'C1',
    campaignCode: 'campaign',
    scope,
    kind,
    category: scope === 'category' ? 'Milk' : null,
    brand: scope === 'brand' ? 'Acme' : null,
    percentOff: kind === 'percent' ? 10 : null,
    amountOffCents: kind === 'fixed' ? 100 : null,
    maxDiscountCents: null,
    minSpendCents: 0,
    funding: 'retailer',
    vendorSharePercent: 0,
    feePerRedemptionCents: 0,
    excludedBrands: [],
    redemptionLimit: null,
    isActive: true,
    ...given,
  });
}

/** A coupon that could be used now; its user coupon is named after its code. */
export function aUsable(given: Partial<Coupon> = {}): UsableCoupon {
  const coupon = aCoupon(given);
  return { userCouponId: `user-coupon/${coupon.code}`, coupon };
}

/** A coupon in a wallet since the first day. */
export function aWalletCoupon(
  given: Partial<Coupon> = {},
  times: { assignedHours?: number } = {},
): WalletCoupon {
  const assignedHours = times.assignedHours ?? 0;
  return { ...aUsable(given), assignedHours, expiresHours: assignedHours + 14 * 24 };
}

export function aCartLine(given: Partial<CartLine> = {}): CartLine {
  const unitPriceCents = given.unitPriceCents ?? 200;
  return {
    lineNumber: 1,
    sku: `sku-${given.lineNumber ?? 1}`,
    category: 'Milk',
    brand: 'Acme',
    quantity: 1,
    regularPriceCents: unitPriceCents,
    unitPriceCents,
    unitCostCents: Math.floor(unitPriceCents / 2),
    ...given,
  };
}

export function aStore(given: Partial<Store> = {}): Store {
  return {
    code: 'north',
    name: 'North Street',
    region: 'North',
    shippingFeeCents: 4_95,
    freeShippingThresholdCents: 50_00,
    ...given,
  };
}

export function aCategory(given: Partial<Category> = {}): Category {
  return { name: 'Milk', basketWeight: 1, repurchaseGapDays: 14, ...given };
}

export function aProduct(given: Partial<Product> = {}): Product {
  const regularPriceCents = given.regularPriceCents ?? 200;
  return {
    sku: 'milk-1',
    name: 'Milk',
    category: 'Milk',
    brand: 'Acme',
    isPrivateLabel: false,
    regularPriceCents,
    unitCostCents: Math.floor(regularPriceCents / 2),
    popularity: 1,
    ...given,
  };
}

const BRANDS = ['Acme', 'Bravo', 'Own'];

/** `categories` shelves with `productsEach` products of three brands and of different prices and popularity. */
export function aCatalog(
  given: Partial<Catalog> & { categoryNames?: string[]; productsEach?: number } = {},
): Catalog {
  const { categoryNames = ['Bread', 'Coffee', 'Fruit', 'Milk', 'Soap'], productsEach = 6, ...rest } = given;
  return {
    stores: [aStore()],
    categories: categoryNames.map((name) => aCategory({ name })),
    products: categoryNames.flatMap((category) =>
      Array.from({ length: productsEach }, (_, i) =>
        aProduct({
          sku: `${category.toLowerCase()}-${i + 1}`,
          category,
          brand: BRANDS[i % BRANDS.length]!,
          isPrivateLabel: i % BRANDS.length === 2,
          regularPriceCents: 150 + 50 * i,
          popularity: 1 + (i % 3),
        }),
      ),
    ),
    prices: [],
    ...rest,
  };
}

export function aCatalogIndex(given: Parameters<typeof aCatalog>[0] = {}): CatalogIndex {
  return indexCatalog(aCatalog(given));
}

export function aPrice(given: Partial<ProductPrice> = {}): ProductPrice {
  return {
    sku: 'milk-1',
    week: 1,
    regularPriceCents: 150,
    promotionalPriceCents: null,
    isFeatured: false,
    isDisplayed: false,
    ...given,
  };
}

/** Two weeks of the default settings, in one shape that `simulateDirectly` and the parser accept. */
export function aConfig(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return SimulationConfig.parse({ simulationId: 'test', days: 14, startDate: START_DATE, ...given });
}

/** The seed's rules: 2 + 30 a cycle of 7 days, 14 days of life, 32 in the wallet. */
export function someRules(given: Partial<OfferRules> = {}): OfferRules {
  return {
    refreshPolicy: 'replace',
    cycleDays: 7,
    expirationDays: 14,
    walletCapacity: 32,
    frontstorePerCycle: 2,
    categoryBrandPerCycle: 30,
    noRepeatCycles: 4,
    ...given,
  };
}

export function aPool(frontstore: number, categoryBrand: number): PoolCoupon[] {
  return [
    ...Array.from({ length: frontstore }, (_, i): PoolCoupon => ({ code: `F${i + 1}`, scope: 'frontstore' })),
    ...Array.from({ length: categoryBrand }, (_, i): PoolCoupon => ({
      code: `L${i + 1}`,
      scope: i % 2 === 0 ? 'category' : 'brand',
    })),
  ];
}

export function aWalletEntry(given: Partial<WalletEntry> = {}): WalletEntry {
  const assignedHours = given.assignedHours ?? 0;
  return {
    code: 'L1',
    scope: 'category',
    cycleNumber: 1,
    status: 'active',
    closedReason: null,
    assignedHours,
    expiresHours: assignedHours + 14 * 24,
    ...given,
  };
}

export type ContextInput = Partial<Omit<DayContext, 'persona'>> & {
  persona?: Partial<Persona>;
  seed?: string;
};

/** A shopper's day: day 0, an empty wallet, a household that has just been found. */
export function aDay(given: ContextInput = {}): DayContext {
  const { persona: traits = {}, seed = '1', ...rest } = given;
  const persona = aPersona(traits);
  const catalog = rest.catalog ?? aCatalogIndex();
  const parameters = rest.parameters ?? DEFAULT_CHOICE_PARAMETERS;
  const channel = rest.channel ?? 'in_store';
  const key = rest.key ?? agentKey(RandomKey.of(seed), persona.agentId);
  const profile = rest.profile ?? householdProfile(persona, catalog, parameters, channel, key);
  const household =
    rest.household ?? initialHousehold({ persona, catalog, parameters, channel, profile, key });
  const day = rest.day ?? 0;
  const date = rest.date ?? addDays(START_DATE, day);
  return { persona, catalog, parameters, channel, profile, household, day, date, wallet: [], key, ...rest };
}

export function aTrip(given: ContextInput & { trip?: number } = {}): TripContext {
  const { trip = 0, ...day } = given;
  return { ...aDay(day), trip };
}
