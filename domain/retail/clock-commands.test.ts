import fc from 'fast-check';
import { MAX_TIME_SCALE } from './clock.ts';
import { parseAdvance, parseEmptyCommand, parseSetScale } from './clock-commands.ts';
import type { AdvanceContext } from './clock-commands.ts';

const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, NaN, Infinity, -0));

function aContext(given: Partial<AdvanceContext> = {}): AdvanceContext {
  return { startDate: '2026-01-05', totalDays: 42, cycleDays: 7, fromHours: 0, ...given };
}

function targetOf(input: unknown, context = aContext()): number | string {
  const parsed = parseAdvance(input, context);
  return parsed.type === 'ok' ? parsed.value.targetHours : parsed.reason;
}

describe('advance', () => {
  test.each([
    [{ hours: 5 }, 0, 5],
    [{ hours: 5 }, 20.5, 25.5],
    [{ days: 2 }, 6, 54],
    [{ cycles: 1 }, 0, 168],
    [{ cycles: 1 }, 167.9, 168],
    [{ cycles: 1 }, 168, 336],
    [{ cycles: 6 }, 0, 1008],
    [{ until: '2026-01-06' }, 0, 24],
    [{ until: '2026-02-16' }, 30, 1008],
    [{ hours: 5, days: undefined }, 0, 5],
  ])('%j from hour %d leads to hour %d', (input, fromHours, expected) => {
    expect(targetOf(input, aContext({ fromHours }))).toBe(expected);
  });

  test.each(['hours', 'days', 'cycles'])('refuses %s that are no whole number above 0', (unit) => {
    const wrong = [0, -1, 0.5, NaN, Infinity, -Infinity, 1e300, 2 ** 53, '5', '', null, true, [5], {}, -0];
    const answers = wrong.map((amount) => targetOf({ [unit]: amount }));
    expect(
      answers.filter((answer) => !String(answer).startsWith(`${unit} must be a whole number above 0, not `)),
    ).toEqual([]);
  });

  test.each(['2026-02-30', '2026-1-6', '', 5, null, ['2026-01-06'], '2026-01-06T12:00:00Z'])(
    'refuses until %j',
    (until) => {
      expect(targetOf({ until })).toMatch(/^until must be a date like 2026-01-31, not /);
    },
  );

  test.each([
    [{}, 'none'],
    [{ requestId: 'x' }, 'none'],
    [{ hours: 1, days: 1 }, 'hours and days'],
    [{ hours: 1, until: '2026-01-06' }, 'hours and until'],
    [{ days: 1, cycles: null }, 'days and cycles'],
  ])('refuses %j: exactly one unit', (input, given) => {
    expect(targetOf(input)).toBe(`give exactly one of hours, days, cycles, until, not ${given}`);
  });

  test.each([null, undefined, 5, 'hours', true, [], [{ hours: 1 }]])('refuses %j: no object', (input) => {
    expect(targetOf(input)).toMatch(/^expected one JSON object, not /);
  });

  test('names every unknown field', () => {
    expect(targetOf({ hours: 1, weeks: 1, force: true })).toContain('unknown field "weeks", "force"');
  });

  test.each(['__proto__', 'constructor', 'toString'])('does not take %s for a field it knows', (name) => {
    expect(targetOf(JSON.parse(`{"hours": 1, "${name}": 2}`))).toContain(`unknown field "${name}"`);
  });

  test.each([
    [{ hours: 1009 }],
    [{ days: 43 }],
    [{ cycles: 7 }],
    [{ until: '2026-02-17' }],
    [{ days: 9007199254740991 }],
  ])('refuses %j: beyond the end', (input) => {
    expect(targetOf(input)).toContain('the simulation ends after 42 days');
  });

  test.each([[{ until: '2026-01-04' }], [{ until: '2026-01-05' }], [{ until: '2026-01-06' }]])(
    'refuses %j: in the past',
    (input) => {
      expect(targetOf(input, aContext({ fromHours: 30 }))).toContain('simulated time only moves forward');
    },
  );

  test('refuses to stand still', () => {
    expect(targetOf({ until: '2026-01-06' }, aContext({ fromHours: 24 }))).toContain(
      'simulated time only moves forward',
    );
  });

  test('whatever is sent, a target lies after the start and not after the end', () => {
    const units = fc.dictionary(fc.constantFrom('hours', 'days', 'cycles', 'until', 'requestId'), anything, {
      maxKeys: 2,
    });
    const from = fc.double({ min: 0, max: 1008, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(anything, units), from, (input, fromHours) => {
        const parsed = parseAdvance(input, aContext({ fromHours }));
        if (parsed.type === 'ok')
          expect(parsed.value.targetHours > fromHours && parsed.value.targetHours <= 1008).toBe(true);
        else expect(parsed.reason.length).toBeLessThan(400);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('set scale', () => {
  test.each([[168], [0.5], [MAX_TIME_SCALE], ['max']])('%p is taken', (timeScale) => {
    expect(parseSetScale({ timeScale })).toEqual({ type: 'ok', value: { timeScale, requestId: null } });
  });

  test.each([
    0,
    -0,
    -1,
    NaN,
    Infinity,
    MAX_TIME_SCALE * 2,
    '168',
    'MAX',
    '',
    null,
    undefined,
    [168],
    {},
    true,
  ])('%p is refused, and the reason says what was sent', (timeScale) => {
    const shown =
      typeof timeScale === 'number' ? String(timeScale) : (JSON.stringify(timeScale) ?? 'nothing');
    expect(parseSetScale({ timeScale })).toEqual({
      type: 'rejected',
      reason: `timeScale must be a number above 0 and at most ${MAX_TIME_SCALE}, or "max", not ${shown}`,
    });
  });

  test('an unknown field is named', () => {
    expect(parseSetScale({ timeScale: 1, scale: 2 })).toMatchObject({
      reason: expect.stringContaining('"scale"') as string,
    });
  });

  test('whatever is sent, a scale is a number in its bounds or max', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          anything.map((timeScale) => ({ timeScale })),
        ),
        (input) => {
          const parsed = parseSetScale(input);
          if (parsed.type === 'rejected') return;
          const { timeScale } = parsed.value;
          expect(timeScale === 'max' || (timeScale > 0 && timeScale <= MAX_TIME_SCALE)).toBe(true);
        },
      ),
    );
  });
});

describe('commands without content', () => {
  test.each([[undefined], [null], [{}]])('%j is one', (input) => {
    expect(parseEmptyCommand(input)).toEqual({ type: 'ok', value: { requestId: null } });
  });

  test.each([[[]], ['pause'], [5], [{ force: true }], [{ timeScale: 1 }]])('%j is none', (input) => {
    expect(parseEmptyCommand(input).type).toBe('rejected');
  });
});

describe('a request id', () => {
  const commands: [string, (requestId: unknown) => unknown][] = [
    ['advance', (requestId) => parseAdvance({ hours: 1, requestId }, aContext())],
    ['set scale', (requestId) => parseSetScale({ timeScale: 1, requestId })],
    ['pause', (requestId) => parseEmptyCommand({ requestId })],
  ];

  test.each(commands)('of %s is handed on', (_, parse) => {
    expect(parse('r-1')).toMatchObject({ type: 'ok', value: { requestId: 'r-1' } });
  });

  test.each(commands)('of %s is refused when empty, too long or no text', (_, parse) => {
    const types = ['', 'x'.repeat(101), 5, {}, [], true].map(
      (value) => (parse(value) as { type: string }).type,
    );
    expect(new Set(types)).toEqual(new Set(['rejected']));
  });
});
