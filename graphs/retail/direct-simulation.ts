import { END } from '@langchain/langgraph';
import { HOURS_PER_DAY, addDays } from '../../domain/retail/calendar.ts';
import type { CatalogIndex } from '../../domain/retail/catalog-index.ts';
import { visitDecision } from '../../domain/retail/visit-choice.ts';
import type { DayContext } from '../../domain/retail/choice-context.ts';
import type { Coupon } from '../../domain/retail/coupon.ts';
import { effectsOn } from '../../domain/retail/event-calendar.ts';
import { householdProfile, initialHousehold } from '../../domain/retail/household.ts';
import { dealCoupons } from '../../domain/retail/offer-assignment.ts';
import { cycleNumberOf, isCycleStart } from '../../domain/retail/offer-cycle.ts';
import type { Persona } from '../../domain/retail/persona.ts';
import { rulesPolicy } from '../../domain/retail/policy.ts';
import { agentKey } from '../../domain/retail/shopping-day.ts';
import type { LivedSession } from '../../domain/retail/shopping-day.ts';
import { offerRulesOf } from '../../domain/retail/simulation.ts';
import type { SimulationConfig } from '../../domain/retail/simulation.ts';
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

/** A whole simulation in memory: no Temporal, no database, one policy. Returns every session. */
export async function simulateDirectly(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  personas: readonly Persona[],
): Promise<DirectSession[]> {
  const all: DirectSession[] = [];
  for await (const { sessions } of liveAgents(config, catalog, pool, personas)) all.push(...sessions);
  return all;
}

/** What one agent lived, and every coupon that it was dealt. */
export type DirectLife = {
  readonly persona: Persona;
  readonly sessions: readonly DirectSession[];
  readonly deals: readonly WalletEntry[];
};

/** The same simulation, one agent after the other: agents share nothing, and of a long one no more has to be kept. */
export async function* liveAgents(
  config: SimulationConfig,
  catalog: CatalogIndex,
  pool: readonly Coupon[],
  personas: readonly Persona[],
): AsyncGenerator<DirectLife> {
  const runTrip = walkTrips({
    policy: rulesPolicy,
    profile: config.profile === 'browse' ? 'browse' : 'full',
    returnToShelves: config.returnToShelves,
  });
  const root = RandomKey.of(config.seed);
  const couponByCode = new Map(pool.map((coupon) => [coupon.code, coupon]));
  for (const persona of personas) {
    const sessions: DirectSession[] = [];
    const key = agentKey(root, persona.agentId);
    const profile = householdProfile(persona, catalog, config.choice, config.channel, key);
    let household = initialHousehold(profile, key);
    let entries: WalletEntry[] = [];
    for (let day = 0; day < config.days; day++) {
      if (isCycleStart(day, config.offerCycleDays))
        entries = refreshed(config, pool, entries, cycleNumberOf(day, config.offerCycleDays), key);
      const date = addDays(config.startDate, day);
      const wallet = entries
        .filter((entry) => entry.status === 'active' && entry.expiresHours > day * HOURS_PER_DAY)
        .map((entry) => ({
          userCouponId: `${entry.cycleNumber}/${entry.code}`,
          coupon: couponByCode.get(entry.code)!,
          assignedHours: entry.assignedHours,
          expiresHours: entry.expiresHours,
        }));
      const context: DayContext = {
        persona,
        catalog,
        parameters: config.choice,
        channel: config.channel,
        profile,
        household,
        day,
        date,
        effects: effectsOn(config.events, date),
        wallet,
        key,
      };
      if (!visitDecision(context).isYes) continue;
      const lived = await liveShoppingDay(context, runTrip, { callbacks: [], metadata: {} });
      household = lived.household;
      for (const session of lived.sessions) {
        sessions.push({ ...session, agentId: persona.agentId, day, date });
        if (session.session.outcome !== 'completed') continue;
        const used = new Set(session.session.priced.discounts.map((discount) => discount.userCouponId));
        entries = entries.map((entry) =>
          used.has(`${entry.cycleNumber}/${entry.code}`) ? { ...entry, status: 'redeemed' } : entry,
        );
      }
    }
    yield { persona, sessions, deals: entries };
  }
}

function refreshed(
  config: SimulationConfig,
  pool: readonly Coupon[],
  entries: readonly WalletEntry[],
  cycleNumber: number,
  key: RandomKey,
): WalletEntry[] {
  if (config.offerPolicy === 'none') return [...entries];
  const { closings, deals } = dealCoupons({
    rules: offerRulesOf(config),
    cycleNumber,
    pool: pool.filter((coupon) => coupon.isActive),
    entries,
    key,
  });
  const closed = new Map(
    closings.map((closing) => [`${closing.cycleNumber}/${closing.code}`, closing.reason]),
  );
  const kept = entries.map((entry): WalletEntry => {
    const reason = closed.get(`${entry.cycleNumber}/${entry.code}`);
    return reason === undefined
      ? entry
      : { ...entry, status: reason === 'capacity' ? 'removed' : 'expired', closedReason: reason };
  });
  const dealt = deals.map((deal): WalletEntry => ({
    ...deal,
    cycleNumber,
    status: 'active',
    closedReason: null,
  }));
  return [...kept, ...dealt];
}

/** Hours of the day at which a session began. */
export function startHour(session: DirectSession): number {
  return Math.floor((session.eventMs[0] ?? 0) / 3_600_000) % HOURS_PER_DAY;
}
