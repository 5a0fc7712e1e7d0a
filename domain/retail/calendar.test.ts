import fc from 'fast-check';
import { addDays, dayOfWeek, daysBetween, instantAt, isSimulatedDate, weekOfYear } from './calendar.ts';

const date = fc
  .integer({ min: 0, max: 80_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));

describe('simulated dates', () => {
  test.each(['1970-01-01', '2024-02-29', '2199-12-31'])('%s is one', (value) => {
    expect(isSimulatedDate(value)).toBe(true);
  });

  test.each([
    '2026-02-29',
    '2026-13-01',
    '2026-1-5',
    '2026-01-05T00:00:00Z',
    ' 2026-01-05',
    '1969-12-31',
    '2200-01-01',
    '',
    'tomorrow',
    20260105,
    null,
    undefined,
    new Date(0),
  ])('%p is none', (value) => {
    expect(isSimulatedDate(value)).toBe(false);
  });

  test('adding days is undone by counting them', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: -3_000, max: 3_000 }), (from, days) => {
        expect(daysBetween(from, addDays(from, days))).toBe(days);
      }),
    );
  });

  test('a week of seven days comes back to the same day of the week', () => {
    fc.assert(
      fc.property(date, (from) => {
        const week = Array.from({ length: 8 }, (_, i) => dayOfWeek(addDays(from, i)));
        expect([new Set(week.slice(0, 7)).size, week[7]]).toEqual([7, week[0]]);
      }),
    );
  });

  test('5 January 2026 is a Monday', () => {
    expect(dayOfWeek('2026-01-05')).toBe(1);
  });

  test('days are counted over a change to summer time and a leap day', () => {
    expect([daysBetween('2026-03-01', '2026-04-01'), daysBetween('2024-02-28', '2024-03-01')]).toEqual([
      31, 2,
    ]);
  });
});

describe('weeks of the year', () => {
  test.each([
    ['2026-01-01', 1],
    ['2026-01-07', 1],
    ['2026-01-08', 2],
    ['2026-12-30', 52],
    ['2026-12-31', 53],
    ['2024-12-30', 53],
  ])('%s lies in week %d', (day, week) => {
    expect(weekOfYear(day)).toBe(week);
  });

  test('go from 1 to 53, whatever the year', () => {
    fc.assert(
      fc.property(date, (day) => {
        expect(weekOfYear(day) >= 1 && weekOfYear(day) <= 53).toBe(true);
      }),
    );
  });
});

test('an instant is the start date and the hours since', () => {
  expect(instantAt('2026-01-05', 30.5)).toBe('2026-01-06T06:30:00.000Z');
});
