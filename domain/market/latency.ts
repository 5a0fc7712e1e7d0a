// How long a message is under way between a trader and the exchange.
import { z } from 'zod';
import { Draws, LATENCY, PLACE } from './draws.ts';
import type { RandomKey } from '../random.ts';

/** New York to Seattle; the traders of ABIDES are spread evenly over that line. */
const LINE_METRES = 3_866_660;
/** Speed of light in vacuum. */
const METRES_PER_SECOND = 299_792_458;

const Nanoseconds = z.int().min(0).max(60_000_000_000);

/** Least and most nanoseconds, or nobody hears of what is sent to or by such a trader. */
const Band = z.union([z.tuple([Nanoseconds, Nanoseconds]), z.literal('disconnected')]);

export const LatencyModel = z.discriminatedUnion('type', [
  /** Messages arrive when they are sent. */
  z.strictObject({ type: z.literal('none') }),
  /** Light over the distance to the exchange; each trader's place is drawn once. */
  z.strictObject({ type: z.literal('deterministic') }),
  /** That, with a jitter of (a ÷ x³) · (latency ÷ unit) for each message, x uniform in (clip, 1]. */
  z.strictObject({
    type: z.literal('cubic'),
    jitter: z.number().min(0).max(1).default(0.5),
    jitterClip: z.number().min(0.01).lt(1).default(0.1),
    jitterUnit: z.number().min(1).max(1e6).default(10),
  }),
  /** The same for all, or by the type of the trader, drawn once for each trader between two limits. */
  z.strictObject({
    type: z.literal('bands'),
    default: Band,
    byType: z.record(z.string(), Band).default({}),
  }),
]);
export type LatencyModel = z.infer<typeof LatencyModel>;

/** As a latency: what is sent never arrives. */
export const DISCONNECTED = -1;

/** What travels between a trader and the exchange without overtaking: requests, answers about orders, all other answers. */
export const REQUESTS = 0;
export const ORDER_ANSWERS = 1;
export const OTHER_ANSWERS = 2;

export class Latency {
  /** One way, in nanoseconds, without jitter. */
  private readonly base: Float64Array;
  private readonly sent: Int32Array;
  private readonly draws: Draws;
  /** By way and trader: when the last message arrives. */
  private readonly lastArrival: Float64Array;
  private readonly jitter: { a: number; clip: number; unit: number } | null;

  /**
   * @param traders name and type of each; a latency belongs to the name, wherever it stands among the others
   * @param key of the run
   */
  constructor(model: LatencyModel, traders: readonly { name: string; type: string }[], key: RandomKey) {
    this.draws = new Draws(traders.map(({ name }) => key.at('latency', name)));
    this.sent = new Int32Array(traders.length);
    this.lastArrival = new Float64Array(3 * traders.length);
    this.base = Float64Array.from(traders, ({ type }, trader) => {
      const place = this.draws.uniform(trader, PLACE, 0);
      if (model.type === 'none') return 0;
      if (model.type === 'bands') {
        const band = model.byType[type] ?? model.default;
        if (band === 'disconnected') return DISCONNECTED;
        const [least, most] = band;
        return Math.round(least + place * (most - least));
      }
      return Math.round((place * LINE_METRES * 1e9) / METRES_PER_SECOND);
    });
    this.jitter =
      model.type === 'cubic' ? { a: model.jitter, clip: model.jitterClip, unit: model.jitterUnit } : null;
  }

  /** Replaces what the model says of a trader, e.g. by a strategy's own latency or by `DISCONNECTED`. */
  set(trader: number, latencyNs: number): void {
    this.base[trader] = latencyNs;
  }

  /**
   * When the next message between this trader and the exchange arrives; below 0: never. A message waits for the ones before
   * it on its way, as on a connection: an answer that overtakes another would tell of the past.
   */
  arrival(trader: number, way: number, leavesNs: number): number {
    const latency = this.of(trader);
    if (latency < 0) return -1;
    if (this.jitter === null) return leavesNs + latency;
    const at = 3 * trader + way;
    const time = Math.max(leavesNs + latency, this.lastArrival[at]!);
    this.lastArrival[at] = time;
    return time;
  }

  /** One way, in nanoseconds, of the next message between this trader and the exchange; below 0: it never arrives. */
  of(trader: number): number {
    const base = this.base[trader]!;
    if (this.jitter === null || base <= 0) return base;
    const { a, clip, unit } = this.jitter;
    const x = clip + (1 - clip) * this.draws.uniform(trader, LATENCY, this.sent[trader]!++);
    return Math.round(base + (a / (x * x * x)) * (base / unit));
  }
}
