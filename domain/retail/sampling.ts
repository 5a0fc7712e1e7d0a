import type { RandomKey } from '../random.ts';
import { compareText } from './catalog-index.ts';

/**
 * Systematic sampling in a random order: a sample of fixed size in which each item has exactly its probability
 * (Madow 1949).
 * @param items with the probability of each; the probabilities sum to `count`
 * @param key draws the order by item name, and one number for the sample
 */
export function systematicSample<T extends { readonly name: string; readonly probability: number }>(
  items: readonly T[],
  count: number,
  key: RandomKey,
): T[] {
  const ordered = items
    .map((item) => ({ item, rank: key.at('order', item.name).uniform() }))
    .sort((a, b) => a.rank - b.rank || compareText(a.item.name, b.item.name));
  const start = key.at('start').uniform();
  const sample: T[] = [];
  let cumulated = 0;
  for (const { item } of ordered) {
    cumulated += item.probability;
    // Rounding may leave the sum a little below the count: the last point then belongs to the last items.
    if (cumulated > start + sample.length && sample.length < count) sample.push(item);
  }
  for (let i = ordered.length - 1; sample.length < count && i >= 0; i--)
    if (!sample.includes(ordered[i]!.item)) sample.push(ordered[i]!.item);
  return sample;
}
