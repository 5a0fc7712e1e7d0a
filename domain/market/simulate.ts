// The entry: one trading day of a market, from its configuration and a seed. The same two give the same day, bit by bit,
// whatever queue is used and whatever is recorded.
import { RandomKey } from '../random.ts';
import { createActivity } from './activity.ts';
import { CalendarQueue } from './event-queue.ts';
import type { EventQueue } from './event-queue.ts';
import { EventDigest } from './event-digest.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeOptions, Tape } from './exchange.ts';
import { createFundamental } from './fundamental.ts';
import { Kernel } from './kernel.ts';
import { Latency } from './latency.ts';
import { requireAnswers } from './market-config.ts';
import type { MarketConfig } from './market-config.ts';
import type { MessagePool } from './message.ts';
import { MarketMeasures } from './market-metrics.ts';
import type { MarketMetrics } from './market-metrics.ts';
import { Recording } from './recording.ts';
import type { Named, Profile } from './recording.ts';
import { NS_PER_SECOND, parseClockTime } from './session-time.ts';
import type { Strategy } from './strategy.ts';
import { createTraders } from './traders/registry.ts';
import { StrategicTrader } from './traders/strategic.ts';
import type { StrategicOptions } from './traders/strategic.ts';
import { computeTraderMetrics } from './trader-metrics.ts';
import type { TraderAccount, TraderMetrics } from './trader-metrics.ts';

export type SimulateOptions = {
  /** Decides nothing but the speed. */
  readonly queue?: (pool: MessagePool) => EventQueue;
  /** Is told all that the digest is told. */
  readonly tape?: Tape;
  /** Takes part as one trader more, by the settings in the configuration. */
  readonly strategy?: Strategy;
  /** What is kept. @default 'summary' */
  readonly profile?: Profile;
};

export type MarketCounts = {
  /** Messages given to a trader or the exchange, wake-ups included. */
  readonly messages: number;
  /** The same as ABIDES counts them: one that waits for a busy trader counts again each time it is put back. */
  readonly abidesMessages: number;
  readonly orders: number;
  readonly cancels: number;
  /** Orders that traded when they came, and single fills. */
  readonly takers: number;
  readonly fills: number;
  readonly closingPriceCents: number | null;
};

export type MarketRun = MarketCounts & {
  readonly digest: string;
  /** Times that trading was halted. */
  readonly halts: number;
  /** Orders ÷ fills; null without any. */
  readonly orderToTrade: number | null;
  readonly metrics: MarketMetrics;
  /** Of the strategy, with the number of its actions that made no sense; null without one. */
  readonly strategy: (TraderMetrics & { readonly invalidActions: number }) | null;
  /** The columns of the profile; null for `summary`, which keeps none. */
  readonly recording: Recording | null;
};

/** One day of a market that can be run in steps. Two of them in one thread know nothing of each other. */
export class Market {
  readonly exchange: Exchange;
  /** Null without a strategy. */
  readonly strategist: StrategicTrader | null;
  /** Type of each participant. */
  readonly types: readonly string[];
  private readonly config: MarketConfig;
  private readonly recording: Recording;
  private readonly measures: MarketMeasures;
  private readonly kernel: Kernel;
  private readonly digest: EventDigest;
  private readonly endNs: number;
  private isOver = false;

  /** @param config as `MarketConfig.parse` returns it */
  constructor(config: MarketConfig, seed: number | string, options: SimulateOptions = {}) {
    const root = RandomKey.of(String(seed)).at('market');
    const openNs = parseClockTime(config.open);
    const closeNs = parseClockTime(config.close);
    const participants = participantsOf(config, options.strategy !== undefined);
    this.config = config;
    const names = participants.map(({ name }) => name);
    this.types = participants.map(({ type }) => type);
    const profile = options.profile ?? 'summary';
    this.measures = new MarketMeasures(openNs, closeNs);
    const keepsRows = profile !== 'summary' || options.strategy !== undefined;
    this.recording = new Recording(profile, participants, this.measures, keepsRows);
    this.endNs = closeNs + Math.round(config.afterCloseSeconds * NS_PER_SECOND);
    const latency = new Latency(config.latency, participants, root);
    this.kernel = new Kernel({
      queue: options.queue ?? ((pool) => new CalendarQueue(pool)),
      participants: participants.length,
      latency,
      log: profile === 'full' ? this.recording : null,
      computationDelayNs: config.computationDelayNs,
      exchangeDelayNs: config.exchangeDelayNs,
    });
    this.digest = new EventDigest(names);
    const cash = participants.map(({ cashCents }) => cashCents);
    const tapes = [this.digest, this.recording, ...(options.tape === undefined ? [] : [options.tape])];
    this.exchange = new Exchange(this.kernel, cash, exchangeOptions(config, openNs, closeNs), tapes);
    const activity =
      config.activity === null ? null : createActivity(config.activity, root.at('activity'), openNs, closeNs);
    const fundamental = createFundamental(
      config.fundamental,
      root.at('fundamental'),
      openNs,
      closeNs,
      activity,
    );
    if (profile !== 'summary') this.recording.recordFundamental(fundamental);
    let first = 1;
    for (const group of config.traders) {
      const keys = participants.slice(first, first + group.count).map(({ name }) => root.at('trader', name));
      const { kernel } = this;
      const { tickSizeCents, lotSize } = config;
      const context = {
        kernel,
        first,
        keys,
        openNs,
        closeNs,
        fundamental,
        activity,
        openingPriceCents: config.openingPriceCents,
        tickSizeCents,
        lotSize,
      };
      this.kernel.register(first, group.count, createTraders(group, context));
      first += group.count;
    }
    this.strategist = null;
    if (options.strategy === undefined) return;
    requireAnswers(config);
    latency.set(first, config.strategy.latencyNs);
    this.exchange.limit(first, config.strategy.limits);
    const settings = strategicOptions(config, openNs, closeNs);
    this.strategist = new StrategicTrader(this.kernel, first, options.strategy, settings);
    this.kernel.register(first, 1, this.strategist);
  }

  /** Lets the day go on until a time, in nanoseconds since midnight, or to its end. */
  run(untilNs = this.endNs): this {
    this.kernel.run(Math.min(untilNs, this.endNs));
    // Before the end it is measured up to the last change of the quote: cutting a stretch in two would change last digits.
    if (untilNs < this.endNs || this.isOver) return this;
    this.isOver = true;
    this.measures.finish();
    this.strategist?.end();
    return this;
  }

  result(): MarketRun {
    const { kernel, exchange, digest, recording, config, strategist } = this;
    const { quotes, trades } = recording;
    if (recording.profile !== 'summary') recording.recordAccounts(exchange);
    const session = [parseClockTime(config.open), parseClockTime(config.close)] as const;
    return {
      digest: digest.toString(),
      messages: kernel.delivered,
      abidesMessages: kernel.delivered + kernel.deferrals,
      orders: exchange.ordersTaken,
      cancels: exchange.cancels,
      takers: exchange.takers,
      fills: exchange.fills,
      halts: exchange.halts,
      orderToTrade: exchange.fills === 0 ? null : exchange.ordersTaken / exchange.fills,
      closingPriceCents: exchange.closingPriceCents || null,
      metrics: this.measures.metrics(),
      strategy:
        strategist === null
          ? null
          : {
              ...computeTraderMetrics(quotes, trades, this.strategyAccount(strategist), ...session),
              invalidActions: strategist.invalidActions,
            },
      recording: recording.profile === 'summary' ? null : recording,
    };
  }

  private strategyAccount({ trader }: StrategicTrader): TraderAccount {
    const { fees, strategy } = this.config;
    const { startingCashCents } = strategy;
    const orders = this.exchange.ordersOf(trader);
    return { participant: trader, startingCashCents, orders, makerFee: fees.maker, takerFee: fees.taker };
  }
}

/** A whole day at once. */
export function simulate(
  config: MarketConfig,
  seed: number | string,
  options: SimulateOptions = {},
): MarketRun {
  return new Market(config, seed, options).run().result();
}

function exchangeOptions(config: MarketConfig, openNs: number, closeNs: number): ExchangeOptions {
  return {
    openNs,
    closeNs,
    pipelineDelayNs: config.pipelineDelayNs,
    openingPriceCents: config.openingPriceCents,
    makerFee: config.fees.maker,
    takerFee: config.fees.taker,
    tickSizeCents: config.tickSizeCents,
    lotSize: config.lotSize,
    selfTradePrevention: config.selfTradePrevention,
    openingAuctionNs: Math.round(config.auctions.openingSeconds * NS_PER_SECOND),
    closingAuctionNs: Math.round(config.auctions.closingSeconds * NS_PER_SECOND),
    ...(config.halt === null ? {} : { halt: haltOptions(config.halt) }),
  };
}

function haltOptions({ bandBps, haltSeconds, referenceSeconds }: NonNullable<MarketConfig['halt']>) {
  return {
    band: bandBps * 1e-4,
    haltNs: Math.round(haltSeconds * NS_PER_SECOND),
    referenceNs: Math.round(referenceSeconds * NS_PER_SECOND),
  };
}

function strategicOptions(
  { strategy, symbol, date, fees }: MarketConfig,
  openNs: number,
  closeNs: number,
): StrategicOptions {
  const { startingCashCents: startingCash, latencyNs, depth, targetInventory } = strategy;
  return {
    agent: {
      startingCash,
      symbol,
      latencyNs,
      date,
      marketOpenNs: openNs,
      marketCloseNs: closeNs,
      targetInventory,
    },
    tickNs: Math.round(strategy.tickSeconds * NS_PER_SECOND),
    depth,
    dataIntervalNs: Math.round(strategy.dataIntervalMs * 1e6),
    makerFee: fees.maker,
    takerFee: fees.taker,
  };
}

/** The exchange, each trader by its place, and the strategy last. */
function participantsOf(config: MarketConfig, hasStrategy: boolean): Named[] {
  const participants: Named[] = [{ name: 'exchange', type: 'exchange', cashCents: 0 }];
  for (const { name, type, count, startingCashCents } of config.traders)
    for (let n = 1; n <= count; n++)
      participants.push({ name: `${name}-${n}`, type, cashCents: startingCashCents });
  const { startingCashCents: cashCents } = config.strategy;
  if (hasStrategy) participants.push({ name: 'strategy', type: 'strategy', cashCents });
  return participants;
}
