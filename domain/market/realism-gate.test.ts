import { RandomKey } from '../random.ts';
import { gainOf } from './price-rules.ts';
import type { PriceRule } from './price-rules.ts';
import { impactExponent, measureImpacts, metaordersOf } from './metaorders.ts';
import { minuteQuotes } from './minute-quotes.ts';
import type { MinuteQuote } from './minute-quotes.ts';
import { presetConfig } from './presets.ts';
import { GATE_ROWS, judgeRealism, measureGateDay } from './realism-gate.ts';
import { Recording } from './recording.ts';
import { parseClockTime } from './session-time.ts';
import { simulate } from './simulate.ts';
import { withoutTimeOfDay } from './time-of-day.ts';

const OPEN = parseClockTime('09:30');
const MINUTE = 60e9;

/** A day that was recorded by hand: participants 1 and 2 have large intentions, 3 has none. */
function aRecording(): Recording {
  const named = ['exchange', 'order_splitter', 'twap', 'noise'].map((type) => ({
    name: type,
    type,
    cashCents: 0,
  }));
  return new Recording('quant', named, null, true);
}

describe('time of day', () => {
  test('a parabola is taken out whole, and what is not one stays', () => {
    const parabola = Array.from({ length: 389 }, (_, i) => 2 + (i / 194 - 1) ** 2);
    const waves = parabola.map((value, i) => value * (1 + 0.3 * Math.sin(i)));

    expect(withoutTimeOfDay(parabola).every((value) => Math.abs(value! - 1) < 1e-9)).toBe(true);
    expect(withoutTimeOfDay(waves).every((value, i) => Math.abs(value! - 1 - 0.3 * Math.sin(i)) < 0.05)).toBe(
      true,
    );
  });

  test('what is not known stays so', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? null : 5));

    expect(withoutTimeOfDay(values)).toEqual(values.map((value) => (value === null ? null : 1)));
  });
});

describe('large intentions', () => {
  test('are orders of one participant on one side without a long pause', () => {
    const recording = aRecording();
    const fill = (minute: number, taker: number, side: number, quantity = 10): void =>
      recording.trades.push(OPEN + minute * MINUTE, 5000, quantity, side, 0, taker);
    for (const minute of [0, 1, 2]) fill(minute, 1, 0);
    for (const minute of [3, 4, 5, 6]) fill(minute, 2, 1, 20);
    for (const minute of [7, 8, 9]) fill(minute, 3, 0);
    for (const minute of [10, 11]) fill(minute, 1, 0);
    for (const minute of [12, 13, 14]) fill(minute, 1, 1);
    const found = metaordersOf(recording).map(({ sign, shares, fills, fromNs }) => [
      (fromNs - OPEN) / MINUTE,
      sign,
      shares,
      fills,
    ]);

    expect(found).toEqual([
      [0, 1, 30, 3],
      [12, -1, 30, 3],
      [3, -1, 80, 4],
    ]);
  });

  test.each([0.5, 1])('whose impact grows with the power %d of their size are found to', (exponent) => {
    const recording = aRecording();
    const key = RandomKey.of('impacts');
    let [mid, at] = [1e6, OPEN];
    const quote = (): void => recording.quotes.push(at, mid - 1, 1, mid + 1, 1);
    quote();
    for (let n = 0; n < 400; n++) {
      const side = key.at('side', n).uniform() < 0.5 ? 0 : 1;
      const shares = Math.round(100 * Math.exp(4 * key.at('size', n).uniform()));
      at += 10 * MINUTE;
      for (let child = 0; child < 3; child++) {
        recording.trades.push(at, mid, shares, side, 0, 1);
        at += MINUTE;
      }
      // Moves when the last child trades, and back before the next intention.
      at -= MINUTE;
      mid += (side === 0 ? 1 : -1) * Math.round(2 * (3 * shares) ** exponent);
      quote();
      at += MINUTE;
      mid = 1e6;
      quote();
    }

    expect(impactExponent([measureImpacts(recording, 1e-4)])).toBeCloseTo(exponent, 1);
  });

  test('of which there are few say nothing', () => {
    expect(impactExponent([measureImpacts(aRecording(), 1e-4)])).toBeNull();
  });
});

describe('price-only rules', () => {
  const FOLLOW: PriceRule = { name: 'follow', direction: 1, minutes: 1, beyond: 0 };
  const at = (mid: number, half = 1): MinuteQuote => ({ bid: mid - half, ask: mid + half });

  test('pay the spread each time', () => {
    // Up, and then still: bought at 10,011, and sold at 10,009 when nothing moves any more.
    const quotes = [at(10_000), at(10_010), at(10_010), at(10_010)];

    expect(gainOf(FOLLOW, quotes)).toBeCloseTo(-2, 9);
    expect(gainOf({ ...FOLLOW, direction: -1 }, quotes)).toBeCloseTo(-2, 9);
  });

  test('gain where the price has a memory', () => {
    const rising = Array.from({ length: 11 }, (_, i) => at(10_000 + 10 * i));

    // In at the second minute, out at the last one.
    expect(gainOf(FOLLOW, rising)).toBeCloseTo(90 - 2, 9);
    expect(gainOf({ ...FOLLOW, direction: -1 }, rising)).toBeCloseTo(-90 - 2, 9);
  });

  test('wait for a large move, and hold for as long as they look back', () => {
    const quotes = Array.from({ length: 60 }, (_, i) =>
      at(10_000 + (i % 2) + (i >= 50 ? 100 : 0) + (i > 50 ? 7 : 0)),
    );
    const rule = { ...FOLLOW, minutes: 1, beyond: 2 };

    // In after the jump, out a minute later, when the price is 8 higher: 7 of it, and half a wave.
    expect(gainOf(rule, quotes)).toBeCloseTo(8 - 2, 0);
  });

  test('do nothing where a side is missing', () => {
    expect(gainOf(FOLLOW, [at(10_000), null, at(10_050), null, null])).toBe(0);
  });
});

test('quotes of minutes are those that hold then', () => {
  const { quotes } = aRecording();
  for (const [second, bid] of [
    [0, 1],
    [59, 2],
    [60, 3],
    [90, 0],
    [181, 5],
  ] as const)
    quotes.push(OPEN + second * 1e9, bid, 1, 10, 1);

  expect(minuteQuotes(quotes, OPEN, OPEN + 4 * MINUTE).map((quote) => quote?.bid ?? null)).toEqual([
    1,
    3,
    null,
    null,
    5,
  ]);
});

describe('the gate', () => {
  const judge = (preset: string, seeds: readonly number[]) => {
    const config = presetConfig(preset)!;
    const [openNs, closeNs] = [parseClockTime(config.open), parseClockTime(config.close)];
    return judgeRealism(
      seeds.map((seed) =>
        measureGateDay(simulate(config, seed, { profile: 'quant' }).recording!, openNs, closeNs),
      ),
    );
  };

  test('has twelve rows, which most of realistic and few of rmsc04 are in', () => {
    const [ours, other] = [judge('realistic', [1, 2, 3, 4]), judge('rmsc04', [1, 2])];
    const inside = (rows: ReturnType<typeof judge>): number => rows.filter(({ isIn }) => isIn).length;

    expect([GATE_ROWS.length, ours.length]).toEqual([12, 12]);
    expect(inside(ours)).toBeGreaterThanOrEqual(8);
    expect(inside(other)).toBeLessThanOrEqual(6);
    for (const { parts } of ours)
      for (const { value, interval, low, high, isIn } of parts) {
        expect(interval![0]).toBeLessThanOrEqual(interval![1]);
        expect(isIn).toBe(value! > (low ?? -Infinity) && value! < (high ?? Infinity));
      }
  });
});
