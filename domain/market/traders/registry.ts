// Every kind of background trader: what can be set, what it needs, and how a group of it is made.
import { z } from 'zod';
import type { Participant } from '../kernel.ts';
import { AdaptiveMakerConfig, AdaptiveMakers } from './adaptive-maker.ts';
import { ImbalanceConfig, ImbalanceTraders } from './imbalance.ts';
import { InformedConfig, InformedTraders } from './informed.ts';
import { LiquidityWithdrawalConfig, LiquidityWithdrawers } from './liquidity-withdrawal.ts';
import { MartingaleDealerConfig, MartingaleDealer } from './martingale-dealer.ts';
import { MeanReversionConfig, MeanReversionTraders } from './mean-reversion.ts';
import { OrderSplitterConfig, OrderSplitters } from './order-splitter.ts';
import { SpooferConfig, Spoofers } from './spoofer.ts';
import { TwapConfig, TwapTraders } from './twap.ts';
import { VwapConfig, VwapTraders } from './vwap.ts';
import { ZeroIntelligenceConfig, ZeroIntelligenceTraders } from './zero-intelligence.ts';
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
  AdaptiveMakerConfig,
  ImbalanceConfig,
  InformedConfig,
  LiquidityWithdrawalConfig,
  MartingaleDealerConfig,
  MeanReversionConfig,
  OrderSplitterConfig,
  SpooferConfig,
  TwapConfig,
  VwapConfig,
  ZeroIntelligenceConfig,
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
  adaptive_maker: {
    description:
      'Quotes around a value that it learns from unexpected order flow, wider when the price moves or the flow is one-sided.',
    needs: ['fundamental', 'quotes', 'volume'],
    schema: AdaptiveMakerConfig,
  },
  imbalance: {
    description: 'Buys when far more is bid than asked at the touch, sells when it is the other way round.',
    needs: ['quotes'],
    schema: ImbalanceConfig,
  },
  informed: {
    description: 'Sees the fundamental through noise and takes what is cheaper or dearer than that.',
    needs: ['fundamental', 'quotes'],
    schema: InformedConfig,
  },
  liquidity_withdrawal: {
    description: 'An adversary: shows large orders near the touch, and takes them away when the price moves.',
    needs: ['quotes'],
    schema: LiquidityWithdrawalConfig,
  },
  martingale_dealer: {
    description:
      'Makes a market in which nobody can gain: endless shares half a tick around a price that only chance moves.',
    needs: [],
    schema: MartingaleDealerConfig,
  },
  mean_reversion: {
    description:
      'Buys far below the mean of the last mids, sells far above it, and closes when the mid is back.',
    needs: ['quotes'],
    schema: MeanReversionConfig,
  },
  order_splitter: {
    description: 'Trades large intentions, whose sizes follow a power law, in many small orders on one side.',
    needs: ['quotes'],
    schema: OrderSplitterConfig,
  },
  spoofer: {
    description:
      'An adversary: shows large orders that are not meant to trade, to trade a small one on the other side.',
    needs: ['quotes'],
    schema: SpooferConfig,
  },
  twap: {
    description: 'Executes a given amount at an even pace.',
    needs: ['quotes'],
    schema: TwapConfig,
  },
  vwap: {
    description: "Executes a given amount at the pace of an ordinary day's volume.",
    needs: ['quotes'],
    schema: VwapConfig,
  },
  zero_intelligence: {
    description: 'Enters, trades and cancels at constant rates, for no reason.',
    needs: ['quotes'],
    schema: ZeroIntelligenceConfig,
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
    case 'adaptive_maker':
      return new AdaptiveMakers(context, group);
    case 'imbalance':
      return new ImbalanceTraders(context, group);
    case 'informed':
      return new InformedTraders(context, group);
    case 'liquidity_withdrawal':
      return new LiquidityWithdrawers(context, group);
    case 'martingale_dealer':
      return new MartingaleDealer(context, group);
    case 'mean_reversion':
      return new MeanReversionTraders(context, group);
    case 'order_splitter':
      return new OrderSplitters(context, group);
    case 'spoofer':
      return new Spoofers(context, group);
    case 'twap':
      return new TwapTraders(context, group);
    case 'vwap':
      return new VwapTraders(context, group);
    case 'zero_intelligence':
      return new ZeroIntelligenceTraders(context, group);
  }
}
