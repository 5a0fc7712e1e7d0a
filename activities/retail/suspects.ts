/**
 * Work that is done one at a time. A shopping day whose first attempt never answered may be the one that blocked its
 * worker, or one that happened to be at work beside it. Lived alone, only the one that blocks again goes unanswered.
 */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
