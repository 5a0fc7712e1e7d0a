// A reference strategy without any idea: market orders at random times, on random sides. What it earns is luck, less costs.
import { ascending } from '../../descriptive-statistics.ts';
import { RandomKey } from '../../random.ts';
import { orderActions } from '../strategy.ts';
import type { AgentConfig, MarketState, OrderAction, Strategy } from '../strategy.ts';

export type RandomTraderOptions = {
  /** Of its own luck. */
  readonly seed: string;
  /** Over the day, at times drawn evenly between open and close. */
  readonly orders: number;
  /** How many of them buy. */
  readonly buys: number;
  /** Shares of each order. */
  readonly quantity: number;
  /** Where it would hold more, it takes the other side, as long as there are orders left for it. */
  readonly mostInventory: number;
};

export function randomTrader({ seed, orders, buys, quantity, mostInventory }: RandomTraderOptions): Strategy {
  const key = RandomKey.of(seed).at('random trader');
  let times: number[] = [];
  let sent = 0;
  let bought = 0;
  return {
    initialize({ marketOpenNs, marketCloseNs }: AgentConfig): void {
      const drawn = Array.from({ length: orders }, (_, i) => key.at('times').uniformAt(i));
      times = ascending(drawn).map((share) => marketOpenNs + share * (marketCloseNs - marketOpenNs));
    },
    onTick({ timestampNs }: MarketState): OrderAction[] {
      const actions: OrderAction[] = [];
      while (sent < orders && times[sent]! <= timestampNs)
        actions.push(nextBuys() ? orderActions.buyNow(quantity) : orderActions.sellNow(quantity));
      return actions;
    },
    onOrderUpdate: () => [],
    onSimulationEnd: () => undefined,
  };

  /** Drawn from the sides that are left, as cards from a deck. */
  function nextBuys(): boolean {
    const buysLeft = buys - bought;
    const left = orders - sent;
    const held = (2 * bought - sent) * quantity;
    const drawn = key.at('sides').uniformAt(sent) * left < buysLeft;
    const isTooMuch = Math.abs(held + (drawn ? quantity : -quantity)) > mostInventory;
    const hasOther = drawn ? buysLeft < left : buysLeft > 0;
    const buysNow = isTooMuch && hasOther ? !drawn : drawn;
    sent += 1;
    if (buysNow) bought += 1;
    return buysNow;
  }
}
