// Every kind of background trader: what can be set, what it needs, and how a group of it is made.
import { z } from 'zod';
import type { Participant } from '../kernel.ts';
import { MarketMakerConfig, MarketMakers } from './market-maker.ts';
import { MomentumConfig, MomentumTraders } from './momentum.ts';
import { NoiseConfig, NoiseTraders } from './noise.ts';
import { PovConfig, PovTraders } from './pov.ts';
import { ValueConfig, ValueTraders } from './value.ts';
import type { TraderContext } from './trader-group.ts';

export const TraderGroup = z.discriminatedUnion('type', [
  NoiseConfig,
  ValueConfig,
  MomentumConfig,
  MarketMakerConfig,
  PovConfig,
]);
export type TraderGroup = z.infer<typeof TraderGroup>;
export type TraderType = TraderGroup['type'];

/** What a kind of trader needs of the world that it is put into. */
export type Need = 'fundamental' | 'quotes' | 'volume' | 'imbalance';

export type TraderKind = {
  readonly description: string;
  readonly needs: readonly Need[];
  /** Parameters with their types, ranges and defaults. */
  readonly schema: z.ZodObject;
};

export const TRADER_KINDS: Readonly<Record<TraderType, TraderKind>> = {
  noise: {
    description: 'Trades at the far touch, on a random side, for no reason.',
    needs: ['quotes'],
    schema: NoiseConfig,
  },
  value: {
    description: 'Sees the fundamental through noise and trades towards the value it expects at the close.',
    needs: ['fundamental', 'quotes'],
    schema: ValueConfig,
  },
  momentum: {
    description: 'Buys while the mean of the last 20 mids is at least that of the last 50, else sells.',
    needs: ['quotes'],
    schema: MomentumConfig,
  },
  market_maker: {
    description: 'Keeps a ladder of orders on both sides, as wide as the spread has been.',
    needs: ['quotes', 'volume', 'imbalance'],
    schema: MarketMakerConfig,
  },
  pov: {
    description: 'Executes a given amount as a share of what is traded.',
    needs: ['volume'],
    schema: PovConfig,
  },
};

export function createTraders(group: TraderGroup, context: TraderContext): Participant {
  switch (group.type) {
    case 'noise':
      return new NoiseTraders(context, group);
    case 'value':
      return new ValueTraders(context, group);
    case 'momentum':
      return new MomentumTraders(context, group);
    case 'market_maker':
      return new MarketMakers(context, group);
    case 'pov':
      return new PovTraders(context, group);
  }
}
