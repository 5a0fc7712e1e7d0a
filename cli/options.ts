import { InvalidInputError } from '../domain/errors.ts';

// What is written on the command line, as values.

/** @throws InvalidInputError that names the option */
export function wholeNumber(option: string, text: string, least: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new InvalidInputError(`${option} is a whole number from ${least}; "${text}" is none.`);
  return Number(text);
}

/** Names with commas between them, none of them twice. */
export function namesOf(list: string): string[] {
  const names = list.split(',').map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidInputError(`"${twice}" is named twice in "${list}".`);
  return names;
}

/** @throws InvalidInputError that names the option and what there is */
export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new InvalidInputError(`${option} is ${allowed.join(', ')}; "${value}" is none of them.`);
  return found;
}

/** The fields that were given. */
export function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
