import { z } from 'zod';

/**
 * The 28 attributes that make shoppers differ (seed 000, "28 Persona Attributes"; the seed gives no full list,
 * these are the columns of its public original). Attributes marked "text only" reach no rule.
 */

export const SHOPPING_FREQUENCIES = ['frequent', 'regular', 'occasional', 'rare'] as const;
export const DEAL_SEEKING_BEHAVIORS = ['passive', 'observer', 'active_hunter', 'extreme'] as const;
export const INCOME_BRACKETS = ['low', 'medium', 'high', 'affluent'] as const;
export const GENDERS = ['female', 'male', 'other', 'undisclosed'] as const;
export const AGE_GROUPS = ['18-24', '25-34', '35-44', '45-54', '55-64', '65+'] as const;

const share = z.number().min(0).max(1);
const MAX_CENTS = 100_000_00;

export const Persona = z
  .object({
    /** Stable name, unique over all datasets; the key of every random draw of this agent. */
    agentId: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, _ . - only, at most 64'),
    generationModel: z.string().min(1).max(200),
    generatedAt: z.date().nullable(),
    age: z.int().min(18).max(100),
    ageGroup: z.enum(AGE_GROUPS),
    gender: z.enum(GENDERS),
    incomeBracket: z.enum(INCOME_BRACKETS),
    householdSize: z.int().min(1).max(10),
    hasChildren: z.boolean(),
    locationRegion: z.string().min(1).max(100),
    priceSensitivity: share,
    brandLoyalty: share,
    impulsivity: share,
    techSavviness: share,
    preferredCategories: z.array(z.string().min(1)).min(1).max(8),
    weeklyBudgetCents: z.int().positive().max(MAX_CENTS),
    shoppingFrequency: z.enum(SHOPPING_FREQUENCIES),
    avgCartValueCents: z.int().positive().max(MAX_CENTS),
    prefDayWeekday: share,
    prefDaySaturday: share,
    prefDaySunday: share,
    prefTimeMorning: share,
    prefTimeAfternoon: share,
    prefTimeEvening: share,
    couponAffinity: share,
    dealSeekingBehavior: z.enum(DEAL_SEEKING_BEHAVIORS),
    /** Text only. */
    backstory: z.string().max(10_000),
    /** Text only. */
    sampleShoppingPatterns: z.array(z.string().max(2_000)).max(50),
    /** Shop days per day where known from purchase data; not one of the 28, null for authored personas. */
    visitRate: z.number().gt(0).lt(1).nullable(),
    /** Attributes that were imputed rather than observed. */
    imputedAttributes: z.array(z.string()),
  })
  .superRefine((persona, context) => {
    const day = persona.prefDayWeekday + persona.prefDaySaturday + persona.prefDaySunday;
    const time = persona.prefTimeMorning + persona.prefTimeAfternoon + persona.prefTimeEvening;
    if (Math.abs(day - 1) > SHARE_TOLERANCE)
      context.addIssue({
        code: 'custom',
        path: ['prefDayWeekday'],
        message: `day shares sum to ${day.toFixed(3)}, not 1`,
      });
    if (Math.abs(time - 1) > SHARE_TOLERANCE)
      context.addIssue({
        code: 'custom',
        path: ['prefTimeMorning'],
        message: `time shares sum to ${time.toFixed(3)}, not 1`,
      });
    if (ageGroupOf(persona.age) !== persona.ageGroup)
      context.addIssue({
        code: 'custom',
        path: ['ageGroup'],
        message: `age ${persona.age} is not in ${persona.ageGroup}`,
      });
  });
export type Persona = z.infer<typeof Persona>;

/** Shares written with three decimals may miss 1 by this much; importers normalise them before parsing. */
export const SHARE_TOLERANCE = 1e-6;

export type ShoppingFrequency = Persona['shoppingFrequency'];

/** The age group an age in years belongs to. */
export function ageGroupOf(age: number): (typeof AGE_GROUPS)[number] {
  if (age < 25) return '18-24';
  if (age < 35) return '25-34';
  if (age < 45) return '35-44';
  if (age < 55) return '45-54';
  if (age < 65) return '55-64';
  return '65+';
}
