import type { Persona } from '../domain/retail/persona.ts';

const TOLERANCE = 0.02;
const DAYS = ['prefDayWeekday', 'prefDaySaturday', 'prefDaySunday'] as const;
const TIMES = ['prefTimeMorning', 'prefTimeAfternoon', 'prefTimeEvening'] as const;

/** Shares within 2 % of 1 were rounded when written and are scaled to sum to 1; others are left to be refused. */
export function normaliseShares(persona: Persona): Persona {
  return { ...persona, ...scaled(persona, DAYS), ...scaled(persona, TIMES) };
}

function scaled<Field extends (typeof DAYS | typeof TIMES)[number]>(
  persona: Persona,
  fields: readonly Field[],
): Partial<Persona> {
  const sum = fields.reduce((total, field) => total + persona[field], 0);
  const isExact = Math.abs(sum - 1) < 1e-9;
  if (isExact || Math.abs(sum - 1) > TOLERANCE + 1e-9) return {};
  return Object.fromEntries(fields.map((field) => [field, persona[field] / sum]));
}
