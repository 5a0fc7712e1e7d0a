import { END } from '@langchain/langgraph';
import { HOURS_PER_DAY, addDays } from '../../domain/retail/calendar.ts';
import { matches } from '../../domain/retail/cart.ts';
import type { PricedCart } from '../../domain/retail/cart.ts';
import { compareText } from '../../domain/retail/catalog-index.ts';
import type { CatalogIndex } from '../../domain/retail/catalog-index.ts';
import type { DayContext } from '../../domain/retail/choice-context.ts';
import type { Coupon } from '../../domain/retail/coupon.ts';
import { isBudgeted, offeredCoupon, withheldOn } from '../../domain/retail/daily-limits.ts';
import { effectsOn } from '../../domain/retail/event-calendar.ts';
import { householdProfile } from '../../domain/retail/household.ts';
import { initialHousehold } from '../../domain/retail/initial-household.ts';
import type { HouseholdState } from '../../domain/retail/household.ts';
import { NOTHING_LEARNED, cyclesOfLife, learn } from '../../domain/retail/offer-bandit.ts';
import type { BanditModel, BanditOutcome } from '../../domain/retail/offer-bandit.ts';
import { cycleNumberOf, isCycleStart } from '../../domain/retail/offer-cycle.ts';
import { budgetOf, lookBackOf } from '../../domain/retail/offer-policy.ts';
import { dealablePool, refreshWallet } from '../../domain/retail/offer-refresh.ts';
import type { Persona } from '../../domain/retail/persona.ts';
import { rulesPolicy } from '../../domain/retail/policy.ts';
import { NO_HISTORY } from '../../domain/retail/shopper-history.ts';
import type { ShopperHistory } from '../../domain/retail/shopper-history.ts';
import { agentKey } from '../../domain/retail/shopping-day.ts';
import type { LivedSession } from '../../domain/retail/shopping-day.ts';
import type { SimulationConfig } from '../../domain/retail/simulation.ts';
import { visitDecision } from '../../domain/retail/visit-choice.ts';
import { isOpen } from '../../domain/retail/wallet.ts';
import type { WalletEntry } from '../../domain/retail/wallet.ts';
import { RandomKey } from '../../domain/random.ts';
import { liveShoppingDay } from './shopping-day.ts';
import { SHOPPING_EDGES } from './shopping-graph.ts';
import type { RunTrip } from './shopping-graph.ts';
import { shoppingNodes } from './shopping-nodes.ts';
import type { ShoppingNodeName, ShoppingOptions } from './shopping-nodes.ts';

/** The same nodes and edges as the graph, walked without LangGraph: for experiments with many thousand trips. */
export function walkTrips(options: ShoppingOptions): RunTrip {
  const nodes = shoppingNodes(options);
  return async (start) => {
    let state = start;
    for (
      let node: ShoppingNodeName | typeof END = 'decide_shop';
      node !== END;
      node = SHOPPING_EDGES[node].next(state)
    )
      state = { ...state, ...(await nodes[node](state)) };
    return state;
  };
}

export type DirectSession = LivedSession & {
  readonly agentId: string;
  readonly day: number;
  readonly date: string;
};

type Shopper = {
  readonly agentId: string;
  readonly start: Omit<DayContext, 'household' | 'day' | 'date' | 'effects' | 'wallet'>;
  household: HouseholdState;
  /** Open coupons, and those that a refresh still asks about. */
  entries: DirectEntry[];
  dealt: number;
  redeemed: number;
  orders: { readonly day: number; readonly cart: PricedCart }[];
};

/** A coupon in a wallet, with what a policy may learn of it. */
type DirectEntry = WalletEntry & {
  readonly features: readonly number[] | null;
  readonly outcome: Omit<BanditOutcome, 'features' | 'isRedeemed'> | null;
};

/** A whole simulation in memory: no Temporal, no database, the rules policy. Sessions by agent, then in order of time. */
export async function simulateDirectly(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  personas: readonly Persona[],
  campaignBudgets: ReadonlyMap<string, number> = new Map(),
): Promise<DirectSession[]> {
  const sessions = new Map<string, DirectSession[]>(personas.map(({ agentId }) => [agentId, []]));
  for await (const session of liveDirectly(config, catalog, pool, personas, campaignBudgets))
    sessions.get(session.agentId)!.push(session);
  return [...sessions.values()].flat();
}

/** What one agent lived, and every coupon that it was dealt. */
export type DirectLife = {
  readonly persona: Persona;
  readonly sessions: readonly DirectSession[];
  readonly deals: readonly WalletEntry[];
};

/**
 * The same, one agent after the other, so that no more of a long simulation has to be kept. For policies under which
 * agents share nothing: no budget, no limited coupons, no bandit.
 */
export async function* liveAgents(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  personas: readonly Persona[],
): AsyncGenerator<DirectLife> {
  for (const persona of personas) {
    const deals: WalletEntry[] = [];
    const sessions: DirectSession[] = [];
    const keep = (entry: WalletEntry): void => void deals.push(entry);
    for await (const session of liveDirectly(config, catalog, pool, [persona], new Map(), keep))
      sessions.push(session);
    yield { persona, sessions, deals };
  }
}

/**
 * The same, session by session as the days go by, for simulations that are too long to be kept.
 * @param onGone is told of every coupon when nothing can become of it any more, or at the end
 */
export async function* liveDirectly(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  personas: readonly Persona[],
  campaignBudgets: ReadonlyMap<string, number> = new Map(),
  onGone: (entry: WalletEntry) => void = () => undefined,
): AsyncGenerator<DirectSession> {
  const runTrip = walkTrips({
    policy: rulesPolicy,
    profile: config.profile === 'browse' ? 'browse' : 'full',
    returnToShelves: config.returnToShelves,
  });
  const root = RandomKey.of(config.seed);
  const couponByCode = new Map(pool.map((coupon) => [coupon.code, coupon]));
  const redeemed = new Map<string, number>();
  const spentCents = new Map<string, number>();
  const limits = { policy: config.offerPolicy, catalog, campaignBudgets, redeemed, spentCents };
  const isShared = pool.some((coupon) => coupon.redemptionLimit !== null || isBudgeted(coupon, limits));
  const shoppers = personas.map((persona) => shopperOf(persona, config, catalog, root));
  let model = NOTHING_LEARNED;

  for (let day = 0; day < config.days; day++) {
    if (isCycleStart(day, config.offerCycleDays)) {
      const cycleNumber = cycleNumberOf(day, config.offerCycleDays);
      model = learnFrom(model, config, cycleNumber, shoppers);
      const dealable = dealablePool(pool, campaignBudgets, spentCents, budgetOf(config.offerPolicy));
      for (const shopper of shoppers) {
        const entries = refreshed(config, catalog, dealable, shopper, cycleNumber, model);
        const oldest = cycleNumber - Math.max(config.noRepeatCycles, cyclesOfLife(config));
        const isKept = (entry: WalletEntry): boolean => entry.cycleNumber >= oldest || isOpen(entry);
        for (const entry of entries) if (!isKept(entry)) onGone(entry);
        shopper.entries = entries.filter(isKept);
      }
    }
    const date = addDays(config.startDate, day);
    const contexts = shoppers.map((shopper): DayContext => ({
      ...shopper.start,
      household: shopper.household,
      day,
      date,
      effects: effectsOn(config.events, date),
      wallet: shopper.entries
        .filter((entry) => entry.status === 'active' && entry.expiresHours > day * HOURS_PER_DAY)
        .map((entry) => ({
          userCouponId: nameOf(entry),
          coupon: offeredCoupon(couponByCode.get(entry.code)!, limits),
          assignedHours: entry.assignedHours,
          expiresHours: entry.expiresHours,
        })),
    }));
    const today = contexts.map((context) => visitDecision(context).isYes);
    const withheld = isShared ? withheldToday(day, shoppers, contexts, today, limits, root) : null;
    for (const [i, shopper] of shoppers.entries()) {
      if (!today[i]) continue;
      const context = contexts[i]!;
      const wallet =
        withheld === null
          ? context.wallet
          : context.wallet.map((entry) =>
              withheld.has(`${shopper.agentId}/${entry.userCouponId}`)
                ? { ...entry, isWithheld: true }
                : entry,
            );
      const lived = await liveShoppingDay({ ...context, wallet }, runTrip, { callbacks: [], metadata: {} });
      shopper.household = lived.household;
      for (const session of lived.sessions) {
        if (session.session.outcome === 'completed') checkOut(shopper, day, session.session.priced);
        for (const { code, amountCents } of session.session.outcome === 'completed'
          ? session.session.priced.discounts
          : []) {
          const { campaignCode } = couponByCode.get(code)!;
          redeemed.set(code, (redeemed.get(code) ?? 0) + 1);
          spentCents.set(campaignCode, (spentCents.get(campaignCode) ?? 0) + amountCents);
        }
        yield { ...session, agentId: shopper.agentId, day, date };
      }
    }
  }

  for (const { entries } of shoppers) entries.forEach(onGone);

  /** Notes an order, and what it redeemed. */
  function checkOut(shopper: Shopper, day: number, cart: PricedCart): void {
    if (lookBackOf(config.offerPolicy) !== null) shopper.orders.push({ day, cart });
    const used = new Map(cart.discounts.map((discount) => [discount.userCouponId, discount]));
    shopper.entries = shopper.entries.map((entry) => {
      const discount = used.get(nameOf(entry));
      if (discount === undefined) return entry;
      const coupon = couponByCode.get(entry.code)!;
      const covered = cart.lines.filter(
        (line) =>
          discount.target === 'basket' ||
          (discount.target === 'lines' && line.lineDiscountCents > 0 && matches(coupon, line)),
      );
      shopper.redeemed += 1;
      const outcome = {
        coveredMarginCents: covered.reduce(
          (sum, line) => sum + line.quantity * (line.unitPriceCents - line.unitCostCents),
          0,
        ),
        costCents: discount.amountCents - discount.vendorFundedCents + discount.redemptionFeeCents,
      };
      return { ...entry, status: 'redeemed', outcome };
    });
  }
}

function shopperOf(
  persona: Persona,
  config: SimulationConfig,
  catalog: CatalogIndex,
  root: RandomKey,
): Shopper {
  const key = agentKey(root, persona.agentId);
  const profile = householdProfile(persona, catalog, config.choice, config.channel, key);
  const start = { persona, catalog, parameters: config.choice, channel: config.channel, profile, key };
  return {
    agentId: persona.agentId,
    start,
    household: initialHousehold(start),
    entries: [],
    dealt: 0,
    redeemed: 0,
    orders: [],
  };
}

function nameOf({ cycleNumber, code }: Pick<WalletEntry, 'cycleNumber' | 'code'>): string {
  return `${cycleNumber}/${code}`;
}

/** Coupons that are withheld today, as agent and user coupon. */
function withheldToday(
  day: number,
  shoppers: readonly Shopper[],
  contexts: readonly DayContext[],
  today: readonly boolean[],
  limits: Parameters<typeof withheldOn>[2],
  root: RandomKey,
): Set<string> {
  const held = shoppers.flatMap(({ agentId }, i) =>
    today[i]
      ? contexts[i]!.wallet.map(({ userCouponId, coupon }) => ({
          agentId,
          userCouponId: `${agentId}/${userCouponId}`,
          coupon,
        }))
      : [],
  );
  return new Set(withheldOn(day, held, limits, root));
}

/** What a bandit knows at the start of a cycle; nothing for other policies. */
function learnFrom(
  model: BanditModel,
  config: SimulationConfig,
  cycleNumber: number,
  shoppers: readonly Shopper[],
): BanditModel {
  const policy = config.offerPolicy;
  if (policy.type !== 'bandit') return model;
  const over = cycleNumber - cyclesOfLife(config);
  const outcomes = shoppers.flatMap(({ entries }) =>
    entries
      .filter((entry) => entry.cycleNumber === over)
      .sort((a, b) => compareText(a.code, b.code))
      .map(({ features, status, outcome }): BanditOutcome => ({
        features: features ?? [],
        isRedeemed: status === 'redeemed',
        coveredMarginCents: outcome?.coveredMarginCents ?? 0,
        costCents: outcome?.costCents ?? 0,
      })),
  );
  return learn(model, outcomes, policy.reward);
}

function historyOf(
  { orders, dealt, redeemed }: Shopper,
  firstDay: number,
  lookBackDays: number,
): ShopperHistory {
  const recent = orders.filter(({ day }) => day >= firstDay - lookBackDays);
  const bought = new Map<string, { category: string; brand: string; lines: number }>();
  for (const { cart } of recent)
    for (const { category, brand } of cart.lines) {
      const name = `${category}\n${brand}`;
      bought.set(name, { category, brand, lines: (bought.get(name)?.lines ?? 0) + 1 });
    }
  return {
    bought: [...bought.values()].sort(
      (a, b) => compareText(a.category, b.category) || compareText(a.brand, b.brand),
    ),
    orders: recent.length,
    meanBasketCents:
      recent.length === 0 ? 0 : recent.reduce((sum, { cart }) => sum + cart.subtotalCents, 0) / recent.length,
    dealt,
    redeemed,
  };
}

function refreshed(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  shopper: Shopper,
  cycleNumber: number,
  model: BanditModel,
): DirectEntry[] {
  const lookBackDays = lookBackOf(config.offerPolicy);
  const firstDay = (cycleNumber - 1) * config.offerCycleDays;
  const { closings, deals } = refreshWallet({
    config,
    catalog,
    pool,
    cycleNumber,
    entries: shopper.entries,
    history: lookBackDays === null ? NO_HISTORY : historyOf(shopper, firstDay, lookBackDays),
    model,
    key: shopper.start.key,
  });
  const closed = new Map(closings.map((closing) => [nameOf(closing), closing.reason]));
  const kept = shopper.entries.map((entry): DirectEntry => {
    const reason = closed.get(nameOf(entry));
    return reason === undefined
      ? entry
      : { ...entry, status: reason === 'capacity' ? 'removed' : 'expired', closedReason: reason };
  });
  const dealt = deals.map((deal): DirectEntry => ({
    ...deal,
    cycleNumber,
    status: 'active',
    closedReason: null,
    outcome: null,
  }));
  shopper.dealt += dealt.length;
  return [...kept, ...dealt];
}

/** Hours of the day at which a session began. */
export function startHour(session: DirectSession): number {
  return Math.floor((session.eventMs[0] ?? 0) / 3_600_000) % HOURS_PER_DAY;
}
