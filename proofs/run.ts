// The frame of every proof that is a command of its own: what it says, exit codes and Ctrl-C.

/**
 * Runs a proof and ends the process with the exit code it returns: 0 passed, 1 not, 2 wrong arguments; 130 after
 * Ctrl-C, which aborts the signal so that everything that was started is ended first.
 */
export function runProof(main: (signal: AbortSignal) => Promise<number>): void {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      // The second one does not wait until everything is ended.
      if (abort.signal.aborted) process.exit(130);
      say('Interrupted: ending everything.');
      abort.abort();
    });
  void main(abort.signal)
    .catch((error: unknown) => {
      if (abort.signal.aborted) return 130;
      say(error instanceof Error ? error.message : String(error));
      return 1;
    })
    // What was interrupted still waits for services that are gone.
    .then((exitCode) => process.exit(exitCode));
}

/** Rejects when the signal aborts: for what waits for something that is being ended. */
export function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('Interrupted.')), { once: true });
  });
}

/** Proofs say what they do on stderr; their result goes to stdout. */
export function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
