// A recorded day as a picture: price, spread, shares at the touch, volume.
import type { TopLevelSpec } from 'vega-lite';
import { parseClockTime } from '../domain/market/session-time.ts';
import { readRun, readTable } from './read-recording.ts';
import type { ReadTable } from './read-recording.ts';
import { svgOf } from './svg.ts';

/** Points across the picture; each stands for a stretch of the session. */
const BUCKETS = 390;
const WIDTH = 900;
const HEIGHT = 150;
const NS_PER_HOUR = 3.6e12;

export type Bucket = {
  /** Hours since midnight, at the start of the stretch. */
  readonly hours: number;
  /** The last of the stretch; null without both sides. */
  readonly midDollars: number | null;
  readonly spreadCents: number | null;
  readonly bidQuantity: number | null;
  readonly askQuantity: number | null;
  /** Shares bought and sold by takers within it. */
  readonly bought: number;
  readonly sold: number;
};

/** @throws NotFoundError, InvalidInputError when the folder is no recorded day */
export async function plotRecording(folder: string): Promise<string> {
  const { config, seed } = readRun(folder) as {
    config: { name: string; date: string; open: string; close: string };
    seed: string;
  };
  const [quotes, trades] = [await readTable(folder, 'quotes'), await readTable(folder, 'trades')];
  const buckets = bucketsOf(quotes, trades, parseClockTime(config.open), parseClockTime(config.close));
  return svgOf(specOf(buckets, `${config.name}, ${config.date}, seed ${seed}`));
}

export function bucketsOf(quotes: ReadTable, trades: ReadTable, openNs: number, closeNs: number): Bucket[] {
  const width = (closeNs - openNs) / BUCKETS;
  const times = numbersOf(quotes, 'time_ns');
  const [bids, asks] = [numbersOf(quotes, 'bid_cents'), numbersOf(quotes, 'ask_cents')];
  const [bidQuantities, askQuantities] = [
    numbersOf(quotes, 'bid_quantity'),
    numbersOf(quotes, 'ask_quantity'),
  ];
  const volumes = volumesOf(trades, openNs, width);
  let row = -1;
  return Array.from({ length: BUCKETS }, (_, i): Bucket => {
    const end = openNs + (i + 1) * width;
    while (row + 1 < times.length && times[row + 1]! < end) row += 1;
    const bid = bids[row] ?? null;
    const ask = asks[row] ?? null;
    const isTwoSided = bid !== null && ask !== null;
    return {
      hours: (openNs + i * width) / NS_PER_HOUR,
      midDollars: isTwoSided ? (bid + ask) / 200 : null,
      spreadCents: isTwoSided ? ask - bid : null,
      bidQuantity: bidQuantities[row] ?? null,
      askQuantity: askQuantities[row] ?? null,
      ...volumes[i]!,
    };
  });
}

function numbersOf(table: ReadTable, name: string): readonly (number | null)[] {
  return (table.get(name) ?? []) as readonly (number | null)[];
}

function volumesOf(trades: ReadTable, openNs: number, width: number): { bought: number; sold: number }[] {
  const volumes = Array.from({ length: BUCKETS }, () => ({ bought: 0, sold: 0 }));
  const quantities = numbersOf(trades, 'quantity');
  const sides = trades.get('taker_side') ?? [];
  numbersOf(trades, 'time_ns').forEach((time, row) => {
    const bucket = volumes[Math.min(BUCKETS - 1, Math.floor((time! - openNs) / width))];
    if (bucket !== undefined) bucket[sides[row] === 'buy' ? 'bought' : 'sold'] += quantities[row]!;
  });
  return volumes;
}

function specOf(buckets: readonly Bucket[], title: string): TopLevelSpec {
  const x = {
    field: 'hours',
    type: 'quantitative',
    title: null,
    scale: { zero: false, nice: false },
  } as const;
  const panel = { width: WIDTH, height: HEIGHT } as const;
  const line = { type: 'line', interpolate: 'step-after', strokeWidth: 1 } as const;
  const sides = (one: string, other: string, names: readonly [string, string], title: string) => ({
    ...panel,
    transform: [
      { fold: [one, other], as: ['key', 'shares'] as [string, string] },
      { calculate: `datum.key == '${one}' ? '${names[0]}' : '${names[1]}'`, as: 'side' },
    ],
    encoding: {
      x,
      y: { field: 'shares', type: 'quantitative', title } as const,
      color: { field: 'side', type: 'nominal', title: null } as const,
    },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title,
    data: { values: [...buckets] },
    config: { view: { stroke: null }, axis: { grid: true } },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      {
        ...panel,
        mark: line,
        encoding: {
          x,
          y: { field: 'midDollars', type: 'quantitative', title: 'mid, dollars', scale: { zero: false } },
        },
      },
      {
        ...panel,
        mark: line,
        encoding: { x, y: { field: 'spreadCents', type: 'quantitative', title: 'spread, cents' } },
      },
      { ...sides('bidQuantity', 'askQuantity', ['bid', 'ask'], 'shares at the touch'), mark: line },
      {
        ...sides('bought', 'sold', ['bought', 'sold'], 'volume, shares'),
        mark: { type: 'bar', width: WIDTH / BUCKETS },
      },
    ],
  };
}
