import { EventLoop } from './event-loop.ts';

let nowMs = 0;
let eventLoop: EventLoop;
beforeEach(() => {
  nowMs = 0;
  eventLoop = new EventLoop(() => nowMs);
});
afterEach(() => eventLoop.stop());

test('a block that goes on is seen', () => {
  nowMs = 3_250;

  expect(eventLoop.longestBlockMs(60_000)).toBe(3_000);
});

test('a block that is over is remembered, for as long as is asked for', () => {
  nowMs = 3_250;
  eventLoop.longestBlockMs(60_000);
  nowMs += 200;

  expect([eventLoop.longestBlockMs(200), eventLoop.longestBlockMs(199)]).toEqual([3_000, 0]);
});

test('no block is remembered for longer than a minute', () => {
  nowMs = 3_250;
  eventLoop.longestBlockMs(60_000);
  for (let tick = 0; tick < 300; tick++) {
    nowMs += 250;
    eventLoop.longestBlockMs(60_000);
  }

  expect(eventLoop.longestBlockMs(600_000)).toBe(0);
});

test('timers that are a little late are no block', () => {
  nowMs = 500;

  expect(eventLoop.longestBlockMs(60_000)).toBe(0);
});
