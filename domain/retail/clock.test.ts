import fc from 'fast-check';
import {
  MAX_TIME_SCALE,
  barrierHours,
  jumpTo,
  parseTimeScale,
  realMsAt,
  reanchor,
  simulatedHoursAt,
  startClock,
} from './clock.ts';

const NOW = 1_767_225_600_000;
const HOUR_MS = 3_600_000;

const scale = fc.double({ min: 0.01, max: MAX_TIME_SCALE, noNaN: true });
const clock = fc
  .record({ scale, anchorHours: fc.double({ min: 0, max: 50_000, noNaN: true }) })
  .map(({ scale, anchorHours }) => ({ ...startClock(NOW, scale), anchorHours }));

describe('a running clock', () => {
  test('shows one simulated week after one real hour at 168', () => {
    expect(simulatedHoursAt(startClock(NOW, 168), NOW + HOUR_MS)).toBe(168);
  });

  test('reaches an hour at the real time it says it will', () => {
    fc.assert(
      fc.property(clock, fc.double({ min: 0, max: 50_000, noNaN: true }), (running, hours) => {
        const real = realMsAt(running, hours)!;
        // A double holds today's milliseconds to 1/4096 of one.
        const resolution = (running.timeScale as number) / HOUR_MS / 1_000;
        expect(Math.abs(simulatedHoursAt(running, real) - hours)).toBeLessThan(
          1e-9 * hours + resolution + 1e-9,
        );
      }),
    );
  });

  test('shows an hour at a real time that it finds again', () => {
    fc.assert(
      fc.property(clock, fc.integer({ min: 0, max: 1_000 * HOUR_MS }), (running, elapsed) => {
        const real = realMsAt(running, simulatedHoursAt(running, NOW + elapsed))!;
        const resolution = (1e-10 * HOUR_MS) / (running.timeScale as number);
        expect(Math.abs(real - NOW - elapsed)).toBeLessThan(1 + resolution);
      }),
    );
  });

  test('shows the same after it was anchored anew', () => {
    fc.assert(
      fc.property(
        clock,
        fc.integer({ min: 0, max: HOUR_MS }),
        fc.integer({ min: 0, max: HOUR_MS }),
        (running, until, later) => {
          const before = simulatedHoursAt(running, NOW + until + later);
          const after = simulatedHoursAt(reanchor(running, NOW + until, Infinity), NOW + until + later);
          expect(Math.abs(after - before)).toBeLessThan(1e-9 * Math.max(1, before));
        },
      ),
    );
  });

  test('is not anchored beyond the limit', () => {
    expect(reanchor(startClock(NOW, 168), NOW + HOUR_MS, 24).anchorHours).toBe(24);
  });
});

describe('a clock that stands', () => {
  test.each([
    ['paused', { ...startClock(NOW, 168), isPaused: true }],
    ['at max', startClock(NOW, 'max')],
  ])('%s shows the same for ever', (_, standing) => {
    const at30 = jumpTo(standing, NOW, 30);
    expect([simulatedHoursAt(at30, NOW), simulatedHoursAt(at30, NOW + 1_000 * HOUR_MS)]).toEqual([30, 30]);
  });

  test.each([
    ['paused', { ...startClock(NOW, 168), isPaused: true }],
    ['at max', startClock(NOW, 'max')],
  ])('%s never reaches another hour', (_, standing) => {
    expect(realMsAt(standing, 31)).toBeNull();
  });
});

test('the first day ends at hour 24, the last of six weeks at hour 1008', () => {
  expect([barrierHours(0), barrierHours(41)]).toEqual([24, 1008]);
});

describe('reading a time scale', () => {
  test.each([
    [168, 168],
    ['24', 24],
    ['max', 'max'],
    [0.5, 0.5],
    [MAX_TIME_SCALE, MAX_TIME_SCALE],
  ])('%p is %p', (value, expected) => {
    expect(parseTimeScale(value)).toBe(expected);
  });

  test.each([
    0,
    -1,
    NaN,
    Infinity,
    '-Infinity',
    MAX_TIME_SCALE + 1,
    '',
    '  ',
    'fast',
    'MAX',
    null,
    undefined,
    [168],
    true,
    {},
  ])('%p is refused', (value) => {
    expect(parseTimeScale(value)).toBeNull();
  });
});
