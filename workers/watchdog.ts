import { Worker } from 'node:worker_threads';

export type Watchdog = { stop(): Promise<void> };

const TICK_MS = 500;

/**
 * Ends the process when its main thread has not run for some seconds. A policy in an endless loop blocks everything:
 * heartbeats, polls, health checks, signals. Killed, the process is started again by whoever keeps it running, and
 * Temporal hands its work on. A thread of its own watches, since nothing else runs then.
 */
export function startWatchdog(seconds: number): Watchdog {
  const memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const ticks = new Int32Array(memory);
  const timer = setInterval(() => Atomics.add(ticks, 0, 1), TICK_MS).unref();
  const thread = new Worker(THREAD, { eval: true, workerData: { memory, seconds } });
  thread.unref();
  return {
    async stop() {
      clearInterval(timer);
      await thread.terminate();
    },
  };
}

/**
 * What the thread runs, as text, since a thread can load neither this file nor find itself in the bundle. It counts its
 * own seconds, and does not read the clock: a machine that slept was not blocked. The inspector tells in what function
 * the main thread is, also in the middle of a loop; it gets ten seconds for it, since the machine may be busy.
 */
const THREAD = `
const { writeSync } = require('node:fs');
const { Session } = require('node:inspector');
const { workerData: { memory, seconds } } = require('node:worker_threads');

const ticks = new Int32Array(memory);
let seen = 0;
let still = 0;
const timer = setInterval(() => {
  const now = Atomics.load(ticks, 0);
  still = now === seen ? still + 1 : 0;
  seen = now;
  if (still < seconds) return;
  clearInterval(timer);
  whereMainThreadIs().then(end, () => end([]));
}, 1000);

function whereMainThreadIs() {
  return new Promise((resolve, reject) => {
    setTimeout(reject, 10_000);
    const files = new Map();
    const session = new Session();
    session.connectToMainThread();
    session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
    session.on('Debugger.paused', ({ params }) => resolve(params.callFrames.slice(0, 8).map((frame) =>
      (frame.functionName || 'anonymous') + ' (' + files.get(frame.location.scriptId) + ':' + (frame.location.lineNumber + 1) + ')')));
    session.post('Debugger.enable', () => session.post('Debugger.pause'));
  });
}

function end(stack) {
  const msg = 'The main thread did not run for ' + seconds + ' s: the process is killed, to be started again';
  const line = { time: new Date().toISOString(), level: 'error', msg, pid: process.pid, stack };
  try {
    writeSync(1, JSON.stringify(line) + '\\n');
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}
`;
