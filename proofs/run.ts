// The frame of every proof that is a command of its own: exit codes and Ctrl-C.
import { say } from './local-stack.ts';

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
