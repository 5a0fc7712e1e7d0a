// The published types are the market's own: whoever writes against them writes against the market.
import type * as market from '../domain/market/strategy.ts';
import type * as published from './template/strategy-types.d.ts';

/** Only a type that can be put where the other one is, and the other way round, makes this `true`. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('each published type is the one of the market', () => {
  const same: [
    Same<market.AgentConfig, published.AgentConfig>,
    Same<market.MarketState, published.MarketState>,
    Same<market.OpenOrder, published.OpenOrder>,
    Same<market.OrderUpdate, published.OrderUpdate>,
    Same<market.OrderStatus, published.OrderStatus>,
    Same<market.OrderAction, published.OrderAction>,
    // Callbacks may be left out of a published one.
    Same<Required<market.Strategy>, Required<published.Strategy>>,
  ] = [true, true, true, true, true, true, true];

  expect(same).not.toContain(false);
});
