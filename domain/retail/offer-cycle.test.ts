import fc from 'fast-check';
import { cycleNumberOf, cycleWindow, cyclesIn, isCycleStart } from './offer-cycle.ts';
import { addDays, daysBetween } from './calendar.ts';

const START = '2026-01-05';
const cycleDays = fc.integer({ min: 1, max: 365 });
const day = fc.integer({ min: 0, max: 3_660 });

// Seed 000 says "6 weeks = ~42 offer cycles"; 42 is the number of days (DECISIONS.md).
test('six weeks of 7-day cycles are 6 cycles, not 42', () => {
  expect([cyclesIn(42, 7), cycleNumberOf(41, 7)]).toEqual([6, 6]);
});

test('a cycle that the simulation cuts short counts', () => {
  expect(cyclesIn(43, 7)).toBe(7);
});

test('every day lies in the window of its cycle and in no other', () => {
  fc.assert(
    fc.property(day, cycleDays, (number, length) => {
      const date = addDays(START, number);
      const isInside = (cycle: number) => {
        const { start, end } = cycleWindow(START, cycle, length);
        return start <= date && date < end;
      };
      const cycle = cycleNumberOf(number, length);
      expect([isInside(cycle - 1), isInside(cycle), isInside(cycle + 1)]).toEqual([false, true, false]);
    }),
  );
});

test('a cycle ends where the next one starts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), cycleDays, (cycle, length) => {
      const { start, end } = cycleWindow(START, cycle, length);
      expect([end, daysBetween(start, end)]).toEqual([cycleWindow(START, cycle + 1, length).start, length]);
    }),
  );
});

test('as many cycles start as a simulation has', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), cycleDays, (days, length) => {
      const starts = Array.from({ length: days }, (_, i) => i).filter((i) => isCycleStart(i, length));
      expect([starts.length, starts.every((start, i) => cycleNumberOf(start, length) === i + 1)]).toEqual([
        cyclesIn(days, length),
        true,
      ]);
    }),
  );
});
