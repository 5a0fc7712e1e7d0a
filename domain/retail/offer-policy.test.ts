import { aCatalogIndex, aConfig, aCoupon } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import type { Coupon } from './coupon.ts';
import { mostDiscountCents, typicalDepth } from './coupon-depth.ts';
import { NOTHING_LEARNED, coefficientsOf, learn, rewardOf } from './offer-bandit.ts';
import type { BanditModel } from './offer-bandit.ts';
import { OfferPolicy, isHeldOut } from './offer-policy.ts';
import { refreshWallet } from './offer-refresh.ts';
import type { WalletRefresh } from './offer-refresh.ts';
import { NO_HISTORY } from './shopper-history.ts';
import type { ShopperHistory } from './shopper-history.ts';
import { agentKey } from './shopping-day.ts';

const catalog = aCatalogIndex();
const CATEGORIES = catalog.categories.map(({ name }) => name);

/** 20 basket coupons with minimum spends of 10 to 105, 50 category coupons of 5 to 50 percent off. */
const pool: Coupon[] = [
  ...Array.from({ length: 20 }, (_, i) =>
    aCoupon({
      code: `F${String(i).padStart(2, '0')}`,
      scope: 'frontstore',
      category: null,
      kind: 'fixed',
      percentOff: null,
      amountOffCents: 200,
      minSpendCents: 1000 + 500 * i,
    }),
  ),
  ...Array.from({ length: 50 }, (_, i) =>
    aCoupon({
      code: `L${String(i).padStart(2, '0')}`,
      category: CATEGORIES[i % CATEGORIES.length]!,
      kind: 'percent',
      percentOff: 5 + 5 * Math.floor(i / 5),
    }),
  ),
];
const couponOf = new Map(pool.map((coupon) => [coupon.code, coupon]));

const milkBuyer: ShopperHistory = {
  bought: [{ category: 'Milk', brand: 'Anything', lines: 9 }],
  orders: 9,
  meanBasketCents: 3000,
  dealt: 30,
  redeemed: 1,
};

function deal(
  offerPolicy: unknown,
  {
    agent = 'agent_001',
    history = milkBuyer,
    model = null as BanditModel | null,
    categoryBrandPerCycle = 8,
  } = {},
): WalletRefresh {
  return refreshWallet({
    config: aConfig({ offerPolicy: offerPolicy as never, categoryBrandPerCycle }),
    catalog,
    pool,
    cycleNumber: 1,
    entries: [],
    history,
    model,
    key: agentKey(RandomKey.of('1'), agent),
  });
}

const agents = Array.from({ length: 400 }, (_, i) => `agent_${i}`);

describe('settings', () => {
  test('a name is the policy with its defaults', () => {
    expect(OfferPolicy.parse('prior_buyers')).toEqual({
      type: 'prior_buyers',
      lookBackDays: 90,
      holdOutPercent: 0,
      depthPercent: [0, 100],
      budgetCents: null,
    });
  });

  test.each([
    [{ type: 'best' }, 'type'],
    [{ type: 'random', lookBackDays: 3 }, ''],
    [{ type: 'random', holdOutPercent: 91 }, 'holdOutPercent'],
    [{ type: 'random', depthPercent: [40, 20] }, 'depthPercent'],
    [{ type: 'random', budgetCents: 0 }, 'budgetCents'],
    [{ type: 'bandit', exploration: 0 }, 'exploration'],
    [{ type: 'threshold_builder', stretchPercent: 0 }, 'stretchPercent'],
  ])('%j is refused at "%s"', (given, path) => {
    const { error } = OfferPolicy.safeParse(given);
    expect(error?.issues[0]?.path.join('.')).toBe(path);
  });
});

test('none deals nothing', () => {
  expect(deal('none')).toMatchObject({ deals: [], policyVersion: 'none' });
});

describe('random', () => {
  test('every coupon of a kind has the same chance, and it is recorded', () => {
    const dealt = new Map<string, number>();
    for (const agent of agents)
      for (const { code } of deal('random', { agent }).deals) dealt.set(code, (dealt.get(code) ?? 0) + 1);
    for (const { code, probability } of deal('random').deals) {
      expect(probability).toBe(code.startsWith('F') ? 2 / 20 : 8 / 50);
      const deviation = Math.sqrt(agents.length * probability * (1 - probability));
      expect(Math.abs(dealt.get(code)! - agents.length * probability)).toBeLessThan(4 * deviation);
    }
  });

  test('depth leaves out what is too deep or too shallow', () => {
    const { deals } = deal({ type: 'random', depthPercent: [10, 20] }, { categoryBrandPerCycle: 30 });
    const percents = deals.map(({ code }) => 100 * typicalDepth(couponOf.get(code)!, catalog));
    expect(percents.every((percent) => percent > 9.5 && percent < 20.5)).toBe(true);
    expect(deals.filter(({ code }) => code.startsWith('L'))).toHaveLength(15);
  });

  test('the hold-out group is dealt nothing, is as large as it should be, and is the same under another policy', () => {
    const policy = { type: 'random', holdOutPercent: 20 };
    const held = agents.filter((agent) => deal(policy, { agent }).policyVersion === 'hold_out');
    expect(held.every((agent) => deal(policy, { agent }).deals.length === 0)).toBe(true);
    expect(Math.abs(held.length / agents.length - 0.2)).toBeLessThan(0.08);
    const other = OfferPolicy.parse({ type: 'bandit', holdOutPercent: 20 });
    expect(agents.filter((agent) => isHeldOut(other, agentKey(RandomKey.of('1'), agent)))).toEqual(held);
  });
});

describe('prior_buyers', () => {
  test('deals what the user buys first, and the rest by chance', () => {
    const { deals } = deal('prior_buyers', { categoryBrandPerCycle: 15 });
    const isMilk = deals
      .filter(({ scope }) => scope !== 'frontstore')
      .map(({ code, probability }) => [couponOf.get(code)!.category === 'Milk', probability]);
    expect(isMilk.filter(([milk]) => milk)).toEqual(Array(10).fill([true, 1]));
    expect(isMilk.filter(([milk]) => milk === false)).toEqual(Array(5).fill([false, 5 / 40]));
  });

  test('without purchases it deals as random does', () => {
    expect(deal('prior_buyers', { history: NO_HISTORY }).deals).toEqual(deal('random').deals);
  });
});

describe('threshold_builder', () => {
  test('deals minimum spends a little above the usual basket', () => {
    const spends = agents.flatMap((agent) =>
      deal({ type: 'threshold_builder', stretchPercent: 50 }, { agent })
        .deals.filter(({ scope }) => scope === 'frontstore')
        .map(({ code }) => couponOf.get(code)!.minSpendCents),
    );
    expect([...new Set(spends)].sort((a, b) => a - b)).toEqual([3500, 4000, 4500]);
  });

  test('then those further above, and last those that the usual basket reaches', () => {
    const { deals } = refreshWallet({
      config: aConfig({ offerPolicy: 'threshold_builder', frontstorePerCycle: 17, categoryBrandPerCycle: 0 }),
      catalog,
      pool,
      cycleNumber: 1,
      entries: [],
      history: milkBuyer,
      model: null,
      key: agentKey(RandomKey.of('1'), 'agent_001'),
    });
    const below = deals.filter(({ code }) => couponOf.get(code)!.minSpendCents <= 3000);
    expect([deals.length, below.length]).toEqual([17, 2]);
  });
});

describe('bandit', () => {
  /** Deep coupons are redeemed, shallow ones are not. */
  const learned = learn(
    NOTHING_LEARNED,
    Array.from({ length: 500 }, (_, i) => ({
      features: [1, 0, (i % 10) / 20, 0, 0, 0.01, 0, 0.3],
      isRedeemed: i % 10 >= 5,
      coveredMarginCents: 100,
      costCents: 60,
    })),
    'redemptions',
  );

  test('before it has learned, chances are even', () => {
    expect(deal('bandit').deals.map(({ probability }) => probability)).toEqual([
      ...Array<number>(2).fill(2 / 20),
      ...Array<number>(8).fill(8 / 50),
    ]);
  });

  test('deals what was rewarded more often, explores as much as it should, and says how probable each deal was', () => {
    const all = agents.map((agent) => deal({ type: 'bandit', exploration: 0.25 }, { agent, model: learned }));
    const lines = all.flatMap(({ deals }) => deals.filter(({ scope }) => scope !== 'frontstore'));
    const even = 8 / 50;
    const chances = [0.25 * even, 0.25 * even + 0.75];
    expect([...new Set(lines.map(({ probability }) => probability))].sort()).toEqual(chances);
    const deepest = lines.filter(({ probability }) => probability === chances[1]);
    expect(Math.min(...deepest.map(({ code }) => couponOf.get(code)!.percentOff!))).toBeGreaterThanOrEqual(
      45,
    );
    const expected = agents.length * 8 * chances[1]!;
    expect(Math.abs(deepest.length - expected)).toBeLessThan(0.03 * expected);
    expect(all.every(({ deals }) => deals.length === 10)).toBe(true);
  });

  test('its coefficients are those of the least squares that made the data', () => {
    const truth = [0.2, 0.5, -0.3, 0.1, 0.4, 2, -1, 0.7];
    const key = RandomKey.of('data');
    const outcomes = Array.from({ length: 20_000 }, (_, i) => {
      const features = truth.map((_value, j) => (j === 0 ? 1 : key.at(i, j).uniform()));
      return { features, isRedeemed: true, coveredMarginCents: 0, costCents: 0 };
    });
    let model = NOTHING_LEARNED;
    for (const outcome of outcomes) {
      const y = outcome.features.reduce((sum, x, j) => sum + x * truth[j]!, 0);
      model = learn(model, [{ ...outcome, costCents: -100 * y }], 'margin');
    }
    coefficientsOf(model).forEach((found, i) => expect(found).toBeCloseTo(truth[i]!, 1));
  });

  test('a prior buyer would have bought anyway: only the cost of such a redemption counts', () => {
    const outcome = { isRedeemed: true, coveredMarginCents: 150, costCents: 60 };
    const features = (isPrior: number): number[] => [1, isPrior, 0.2, 0, 0, 0, 0, 0];
    expect(rewardOf('margin', { ...outcome, features: features(1) })).toBe(-0.6);
    expect(rewardOf('margin', { ...outcome, features: features(0) })).toBe(0.9);
    expect(rewardOf('margin', { ...outcome, features: features(0), isRedeemed: false })).toBe(0);
  });
});

test('a budgeted coupon has a bound, whatever its kind', () => {
  for (const coupon of pool) expect(mostDiscountCents(coupon, catalog)).toBeGreaterThan(0);
  expect(mostDiscountCents(aCoupon({ kind: 'percent', percentOff: 50, maxDiscountCents: 70 }), catalog)).toBe(
    70,
  );
});

test('rules of the deal stay as they are under every policy', () => {
  for (const policy of ['random', 'prior_buyers', 'threshold_builder', 'bandit']) {
    const { deals } = deal(policy, { categoryBrandPerCycle: 30 });
    expect([deals.length, new Set(deals.map(({ code }) => code)).size]).toEqual([32, 32]);
  }
});
