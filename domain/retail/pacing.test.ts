import fc from 'fast-check';
import { barrierHours, startClock } from './clock.ts';
import type { TimeScale } from './clock.ts';
import {
  DOWNTIME_TOLERANCE_MS,
  advanceFromHours,
  advanceTo,
  commit,
  pause,
  resume,
  setTimeScale,
  shownHours,
  startPacing,
  waitMs,
} from './pacing.ts';
import type { Pacing } from './pacing.ts';

const NOW = 1_767_225_600_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function aPacing(
  given: { timeScale?: TimeScale; catchUp?: Pacing['catchUp']; committedDays?: number } = {},
): Pacing {
  const { timeScale = 168, catchUp = 'freeze', committedDays = 0 } = given;
  const clock = { ...startClock(NOW, timeScale), anchorHours: committedDays * 24 };
  return { ...startPacing(clock, catchUp), committedDays };
}

/** Real milliseconds that one simulated day takes. */
function dayMs(timeScale: number): number {
  return (24 * HOUR_MS) / timeScale;
}

describe('waiting for a day', () => {
  test('lasts until the clock shows its end', () => {
    expect(waitMs(aPacing({ timeScale: 24 }), NOW + 10 * MINUTE_MS)).toBe(50 * MINUTE_MS);
  });

  test('is over when its end has passed', () => {
    expect(waitMs(aPacing({ timeScale: 24 }), NOW + 3 * HOUR_MS)).toBe(0);
  });

  test('has no end while paused', () => {
    expect(waitMs(pause(aPacing(), NOW), NOW + HOUR_MS)).toBeNull();
  });

  test('does not happen at max', () => {
    expect(waitMs(aPacing({ timeScale: 'max' }), NOW)).toBe(0);
  });
});

describe('a pause', () => {
  test('keeps the instant, however long it lasts', () => {
    const paused = pause(aPacing({ timeScale: 24 }), NOW + 10 * MINUTE_MS);
    expect(shownHours(paused, NOW + 900 * HOUR_MS)).toBe(4);
  });

  test('is no time that passes: the day goes on where it stood', () => {
    const resumed = resume(pause(aPacing({ timeScale: 24 }), NOW + 10 * MINUTE_MS), NOW + 900 * HOUR_MS);
    expect([shownHours(resumed, NOW + 900 * HOUR_MS), waitMs(resumed, NOW + 900 * HOUR_MS)]).toEqual([
      4,
      50 * MINUTE_MS,
    ]);
  });

  test('asked for twice is one pause', () => {
    const once = pause(aPacing(), NOW + MINUTE_MS);
    expect(pause(once, NOW + HOUR_MS)).toEqual(once);
  });

  test('a clock that runs is not resumed', () => {
    const running = aPacing();
    expect(resume(running, NOW + HOUR_MS)).toEqual(running);
  });

  test('while a day is worked on leaves the clock at the end of that day', () => {
    const paused = commit(pause(aPacing({ timeScale: 168 }), NOW + HOUR_MS), NOW + 2 * HOUR_MS);
    expect([paused.committedDays, shownHours(paused, NOW + 9 * HOUR_MS)]).toEqual([1, 24]);
  });
});

describe('another time scale', () => {
  test('keeps the instant', () => {
    const slower = setTimeScale(aPacing({ timeScale: 24 }), NOW + 10 * MINUTE_MS, 1);
    expect([shownHours(slower, NOW + 10 * MINUTE_MS), shownHours(slower, NOW + 70 * MINUTE_MS)]).toEqual([
      4, 5,
    ]);
  });

  test('is kept by a paused clock for later', () => {
    const slower = setTimeScale(pause(aPacing({ timeScale: 24 }), NOW), NOW, 1);
    expect([slower.clock.isPaused, slower.clock.timeScale, waitMs(slower, NOW)]).toEqual([true, 1, null]);
  });

  test.each([1, 24, 168])(
    '%d, set at max while a day is worked on, starts from the end of that day',
    (timeScale) => {
      const slower = commit(setTimeScale(aPacing({ timeScale: 'max' }), NOW + 1_000, timeScale), NOW + 2_000);
      expect(waitMs(slower, NOW + 2_000)).toBe(Math.ceil(dayMs(timeScale)));
    },
  );
});

describe('after a downtime', () => {
  const down = 10 * HOUR_MS;

  test('a clock that freezes goes on from the day it stopped at', () => {
    const back = commit(aPacing({ catchUp: 'freeze' }), NOW + down);
    expect([shownHours(back, NOW + down), waitMs(back, NOW + down)]).toEqual([24, Math.ceil(dayMs(168))]);
  });

  test('a clock that catches up has the days it owes done at once, one after the other', () => {
    let pacing = aPacing({ catchUp: 'catch_up' });
    while (waitMs(pacing, NOW + down) === 0) pacing = commit(pacing, NOW + down);
    expect(pacing.committedDays).toBe(70);
  });

  test('a clock that is late by no more than the tolerance catches up', () => {
    const late = dayMs(168) + DOWNTIME_TOLERANCE_MS;
    expect(waitMs(commit(aPacing(), NOW + late), NOW + late)).toBe(
      Math.ceil(dayMs(168) - DOWNTIME_TOLERANCE_MS),
    );
  });

  test('the lateness is counted', () => {
    const late = commit(aPacing({ timeScale: 24 }), NOW + HOUR_MS + 5_000);
    expect(late.lagMs).toBe(5_000);
  });

  test.each([
    [
      'an advance',
      (pacing: Pacing) => advanceTo(pacing, NOW + down, advanceFromHours(pacing, NOW + down) + 24),
    ],
    ['a pause and its end', (pacing: Pacing) => resume(pause(pacing, NOW + down), NOW + down)],
  ])('a clock that catches up still owes its days after %s', (_, act) => {
    let pacing = act(aPacing({ catchUp: 'catch_up' }));
    for (let day = 0; day < 500 && waitMs(pacing, NOW + down) === 0; day++)
      pacing = commit(pacing, NOW + down);
    expect(pacing.committedDays).toBeGreaterThanOrEqual(70);
  });
});

describe('an advance', () => {
  test('does every day on the way at once', () => {
    let pacing = advanceTo(aPacing({ timeScale: 1 }), NOW, 10 * 24);
    while (waitMs(pacing, NOW) === 0) pacing = commit(pacing, NOW);
    expect([pacing.committedDays, shownHours(pacing, NOW), pacing.advancingToHours]).toEqual([10, 240, null]);
  });

  test('of part of a day stands at its target and has done the days before it', () => {
    let pacing = advanceTo(aPacing({ timeScale: 1 }), NOW, 30);
    while (waitMs(pacing, NOW) === 0) pacing = commit(pacing, NOW);
    expect([pacing.committedDays, shownHours(pacing, NOW)]).toEqual([1, 30]);
  });

  test('inside the current day is reached without any work', () => {
    const pacing = advanceTo(aPacing({ timeScale: 1 }), NOW, 5);
    expect([shownHours(pacing, NOW), pacing.advancingToHours, waitMs(pacing, NOW)]).toEqual([
      5,
      null,
      19 * HOUR_MS,
    ]);
  });

  test('happens while paused, and leaves the clock paused', () => {
    let pacing = advanceTo(pause(aPacing(), NOW), NOW, 48);
    while (waitMs(pacing, NOW) === 0) pacing = commit(pacing, NOW);
    expect([pacing.committedDays, waitMs(pacing, NOW + HOUR_MS), shownHours(pacing, NOW + HOUR_MS)]).toEqual([
      2,
      null,
      48,
    ]);
  });

  test('goes on from the target of the one before it', () => {
    const pacing = advanceTo(aPacing(), NOW, 48);
    expect(advanceFromHours(pacing, NOW)).toBe(48);
  });

  test('to a nearer target does not shorten the one before it', () => {
    expect(advanceTo(advanceTo(aPacing(), NOW, 240), NOW, 48).advancingToHours).toBe(240);
  });

  test('starts the clock from its target, whatever the work took', () => {
    let pacing = advanceTo(aPacing({ timeScale: 24 }), NOW, 48);
    pacing = commit(pacing, NOW + 2 * HOUR_MS);
    pacing = commit(pacing, NOW + 5 * HOUR_MS);
    expect([shownHours(pacing, NOW + 5 * HOUR_MS), waitMs(pacing, NOW + 5 * HOUR_MS)]).toEqual([48, HOUR_MS]);
  });
});

// --- laws, under anything that can happen at any time ----------------------------------------------------------

type Step =
  | { type: 'pause' | 'resume' | 'begin_or_end_work' }
  | { type: 'scale'; timeScale: TimeScale }
  | { type: 'advance'; hours: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ type: 'begin_or_end_work' }) },
  fc.constantFrom<Step>({ type: 'pause' }, { type: 'resume' }),
  fc
    .constantFrom<TimeScale>(0.5, 1, 24, 168, 100_000, 'max')
    .map((timeScale): Step => ({ type: 'scale', timeScale })),
  fc.integer({ min: 1, max: 200 }).map((hours): Step => ({ type: 'advance', hours })),
);
const gapMs = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: 40 * HOUR_MS }),
);
const history = fc.array(fc.tuple(step, gapMs), { maxLength: 60 });
const start = fc.record({
  timeScale: fc.constantFrom<TimeScale>(1, 24, 168, 'max'),
  catchUp: fc.constantFrom<Pacing['catchUp']>('freeze', 'catch_up'),
});

/**
 * Plays a history as the workflow does: a day is begun when waiting is over, messages may come while it is worked
 * on, and it is committed when the work is done. Calls `look` at every instant.
 */
function play(
  begin: Pacing,
  steps: readonly [Step, number][],
  look: (pacing: Pacing, realMs: number, isWorking: boolean) => void,
): number[] {
  let pacing = begin;
  let realMs = NOW;
  let isWorking = false;
  const daysDone: number[] = [];
  for (const [step, gap] of steps) {
    look(pacing, realMs, isWorking);
    realMs += gap;
    look(pacing, realMs, isWorking);
    switch (step.type) {
      case 'pause':
        pacing = pause(pacing, realMs);
        break;
      case 'resume':
        pacing = resume(pacing, realMs);
        break;
      case 'scale':
        pacing = setTimeScale(pacing, realMs, step.timeScale);
        break;
      case 'advance':
        pacing = advanceTo(pacing, realMs, advanceFromHours(pacing, realMs) + step.hours);
        break;
      case 'begin_or_end_work':
        if (isWorking) {
          daysDone.push(pacing.committedDays);
          pacing = commit(pacing, realMs);
          isWorking = false;
        } else isWorking = waitMs(pacing, realMs) === 0;
    }
  }
  look(pacing, realMs, isWorking);
  return daysDone;
}

function check(law: (begin: Pacing, steps: [Step, number][]) => void): void {
  fc.assert(
    fc.property(start, history, (given, steps) => law(aPacing(given), steps)),
    { numRuns: 2_000 },
  );
}

describe('whatever happens, at whatever time', () => {
  test('every day is done once, in order', () => {
    check((begin, steps) => {
      const done = play(begin, steps, () => {});
      expect(done).toEqual(done.map((_, i) => i));
    });
  });

  test('the time shown never goes back', () => {
    check((begin, steps) => {
      let last = 0;
      play(begin, steps, (pacing, realMs) => {
        const hours = shownHours(pacing, realMs);
        expect(hours).toBeGreaterThanOrEqual(last - 1e-6);
        last = hours;
      });
    });
  });

  test('the time shown lies in the day that is not done yet', () => {
    check((begin, steps) => {
      play(begin, steps, (pacing, realMs) => {
        const hours = shownHours(pacing, realMs);
        expect(hours >= pacing.committedDays * 24 && hours <= barrierHours(pacing.committedDays)).toBe(true);
      });
    });
  });

  test('a running clock waits for no day longer than a day takes', () => {
    check((begin, steps) => {
      play(begin, steps, (pacing, realMs, isWorking) => {
        const { timeScale, isPaused } = pacing.clock;
        if (isPaused || isWorking || timeScale === 'max') return;
        expect(waitMs(pacing, realMs)).toBeLessThanOrEqual(Math.ceil(dayMs(timeScale)) + 1);
      });
    });
  });

  test('an advance that is under way lies ahead, and the next day need not be waited for', () => {
    check((begin, steps) => {
      play(begin, steps, (pacing, realMs) => {
        if (pacing.advancingToHours === null) return;
        expect([
          pacing.advancingToHours >= barrierHours(pacing.committedDays),
          waitMs(pacing, realMs),
        ]).toEqual([true, 0]);
      });
    });
  });
});
