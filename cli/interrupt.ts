/** Runs something that Ctrl-C ends in good order, by the signal that it is given. The second Ctrl-C does not wait. */
export async function untilInterrupted<T>(use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const stop = (): void => (abort.signal.aborted ? process.exit(130) : abort.abort());
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, stop);
  try {
    return await use(abort.signal);
  } finally {
    for (const name of names) process.off(name, stop);
  }
}
