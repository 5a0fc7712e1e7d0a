import { presetConfig } from '../market/presets.ts';
import { parseMarketConfig } from '../market/market-config.ts';
import { followMomentum } from '../market/strategies/follow-momentum.ts';
import { quoteBothSides } from '../market/strategies/quote-both-sides.ts';
import type { MarketState, OrderAction, OrderUpdate, Strategy } from '../market/strategy.ts';
import { labRun } from './run.ts';
import { atSize } from './sized-strategy.ts';

/** Keeps what it is told, and always answers the same. */
function listener(answer: readonly OrderAction[] = []) {
  const told: { states: MarketState[]; updates: OrderUpdate[]; target: number } = {
    states: [],
    updates: [],
    target: 0,
  };
  const strategy: Strategy = {
    initialize: ({ targetInventory }) => {
      told.target = targetInventory;
    },
    onTick: (state) => {
      told.states.push(state);
      return answer;
    },
    onMarketData: () => answer,
    onOrderUpdate: (update) => {
      told.updates.push(update);
      return answer;
    },
    onSimulationEnd: () => undefined,
  };
  return { told, strategy };
}

const state = (given: Partial<MarketState>): MarketState =>
  ({ openOrders: [], inventory: 0, ...given }) as MarketState;
const order = (openQuantity: number, filledQuantity: number) =>
  ({ orderId: 1, openQuantity, filledQuantity }) as MarketState['openOrders'][number];

describe('a strategy at another size', () => {
  test('sends so many times as many shares, and at least one', () => {
    const asked: OrderAction[] = [
      { actionType: 'place', side: 'buy', orderType: 'market', quantity: 3 },
      { actionType: 'modify', orderId: 1, quantity: 4, price: 10 },
      { actionType: 'cancel_all' },
    ];
    const quantities = (factor: number) =>
      atSize(listener(asked).strategy, factor)
        .onTick(state({}))
        .map((action) => ('quantity' in action ? action.quantity : null));
    expect(quantities(5)).toEqual([15, 20, null]);
    expect(quantities(0.1)).toEqual([1, 1, null]);
  });

  test('is told of its own size', () => {
    const { told, strategy } = listener();
    const sized = atSize(strategy, 2);
    sized.initialize({ targetInventory: 100 } as Parameters<Strategy['initialize']>[0]);
    sized.onTick(state({ inventory: -7, openOrders: [order(8, 2), order(1, 1)] }));
    sized.onOrderUpdate({ fillQuantity: 6, openQuantity: 0 } as OrderUpdate, state({}));
    expect(told.target).toBe(50);
    expect(told.states[0]).toMatchObject({
      inventory: -3,
      openOrders: [
        { openQuantity: 4, filledQuantity: 1 },
        { openQuantity: 1, filledQuantity: 0 },
      ],
    });
    expect(told.updates[0]).toMatchObject({ fillQuantity: 3, openQuantity: 0 });
  });

  test('leaves what makes no sense to be refused', () => {
    const odd = [
      null,
      7,
      { actionType: 'place', quantity: NaN },
      { quantity: -3 },
    ] as unknown as OrderAction[];
    expect(atSize(listener(odd).strategy, 3).onTick(state({}))).toEqual(odd);
    const noList = 'nothing' as unknown as OrderAction[];
    expect(atSize(listener(noList).strategy, 3).onTick(state({}))).toBe(noList);
  });

  test('trades more of the same on a day, and the same at its own size', () => {
    const config = parseMarketConfig({ ...presetConfig('rmsc04')!, close: '09:40' });
    const volume = (strategy: Strategy) => labRun(config, 1, strategy).values!.volume!;
    for (const make of [
      () => quoteBothSides({ quantity: 10, mostInventory: 200 }),
      () => followMomentum({ quantity: 10, window: 20 }),
    ]) {
      expect(labRun(config, 1, atSize(make(), 1)).digest).toBe(labRun(config, 1, make()).digest);
      expect(volume(atSize(make(), 4))).toBeGreaterThan(1.5 * volume(make()));
    }
  });
});
