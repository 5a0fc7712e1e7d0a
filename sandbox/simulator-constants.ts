// Numbers of the shipped markets that a strategy could only have from reading the simulator. A strategy that needs them works
// in no other market; they are flagged, not refused, since a number may be like another by chance.
import { PRESET_NAMES, presetConfig } from '../domain/market/presets.ts';

type Telling = { readonly value: number; readonly name: string; readonly tolerance: number };

/** A price near the one that a market hovers about is as telling as that price itself. */
const NEAR_PRICE = 0.01;
const NEAR = 0.0005;
/** Small whole numbers and plain fractions say nothing. */
const LEAST_TELLING = 5000;
const MOST_TELLING_PART = 1e-3;

/** What a literal is near, in words; null when it is near nothing. */
export function findTelling(literal: number): string | null {
  if (literal === 0) return null;
  const found = constants().find(
    ({ value, tolerance }) => Math.abs(literal - value) <= tolerance * Math.abs(value),
  );
  return found === undefined ? null : `${found.name} of the simulator (${found.value})`;
}

let found: readonly Telling[] | null = null;

function constants(): readonly Telling[] {
  found ??= PRESET_NAMES.flatMap((name) => {
    const config = presetConfig(name)!;
    return [
      { value: config.openingPriceCents, name: 'the opening price', tolerance: NEAR_PRICE },
      ...tellingNumbers(config.fundamental, 'the fundamental'),
      ...config.traders.flatMap((group) => tellingNumbers(group, `the ${group.type} traders`)),
    ];
  });
  return found;
}

function tellingNumbers(value: unknown, where: string): Telling[] {
  if (typeof value === 'number') {
    const size = Math.abs(value);
    const isTelling = size >= LEAST_TELLING || (size > 0 && size <= MOST_TELLING_PART);
    const isPrice = where.endsWith('meanCents');
    return isTelling ? [{ value, name: where, tolerance: isPrice ? NEAR_PRICE : NEAR }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => tellingNumbers(inner, `${where}: ${key}`));
}
