import type { Persona } from '../domain/retail/persona.ts';

// The two free-text attributes, told from the others. No rule reads them; a model policy may.

type Facts = Omit<Persona, 'backstory' | 'sampleShoppingPatterns'>;

export function backstoryOf(persona: Facts): string {
  return [
    `${capitalised(`${articled(persona.age)}-year-old ${GENDER_WORDS[persona.gender]}`)} in the ${persona.locationRegion} region, ${household(persona)}.`,
    `Household income is ${INCOME_WORDS[persona.incomeBracket]}; groceries should cost about ${Math.round(persona.weeklyBudgetCents / 100)} a week.`,
    `Shops ${FREQUENCY_WORDS[persona.shoppingFrequency]}, mostly ${favouriteTime(persona)}.`,
    `${priceWords(persona.priceSensitivity)}, ${loyaltyWords(persona.brandLoyalty)}, and ${couponWords(persona.couponAffinity)}.`,
  ].join(' ');
}

export function shoppingPatternsOf(persona: Facts): string[] {
  const [first, second, ...others] = persona.preferredCategories;
  const patterns = [
    `A basket of about ${Math.round(persona.avgCartValueCents / 100)} ${favouriteTime(persona)}`,
    second === undefined
      ? `Comes for ${first}`
      : `Comes for ${first} and ${second}${others.length > 0 ? `, often with ${others.join(' and ')}` : ''}`,
  ];
  if (persona.impulsivity >= 0.5) patterns.push('Leaves with things that were not on the list');
  if (persona.dealSeekingBehavior === 'extreme')
    patterns.push('Opens the wallet before looking at any shelf');
  if (persona.dealSeekingBehavior === 'active_hunter') patterns.push('Reads the weekly offers first');
  return patterns;
}

const GENDER_WORDS = { female: 'woman', male: 'man', other: 'person', undisclosed: 'person' };
const INCOME_WORDS = { low: 'low', medium: 'in the middle', high: 'above the middle', affluent: 'high' };
const FREQUENCY_WORDS = {
  frequent: 'several days a week',
  regular: 'once or twice a week',
  occasional: 'a few times a month',
  rare: 'less than once a month',
};

function household({ householdSize, hasChildren }: Facts): string {
  if (householdSize === 1) return 'living alone';
  const others = householdSize === 2 ? 'one other' : `${householdSize - 1} others`;
  return `living with ${others}${hasChildren ? ', children included' : ''}`;
}

function favouriteTime(persona: Facts): string {
  // Per day, so that five weekdays do not win by number.
  const day = largest({
    weekdays: persona.prefDayWeekday / 5,
    Saturdays: persona.prefDaySaturday,
    Sundays: persona.prefDaySunday,
  });
  const time = largest({
    morning: persona.prefTimeMorning,
    afternoon: persona.prefTimeAfternoon,
    evening: persona.prefTimeEvening,
  });
  return `on ${day}, in the ${time}`;
}

function largest(shares: Record<string, number>): string {
  return Object.entries(shares).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function priceWords(sensitivity: number): string {
  if (sensitivity < 0.5) return 'Hardly looks at prices';
  return sensitivity < 0.75 ? 'Notices prices' : 'Compares prices closely';
}

function loyaltyWords(loyalty: number): string {
  if (loyalty < 0.4) return 'changes brands readily';
  return loyalty < 0.7 ? 'has favourite brands' : 'stays with known brands';
}

function couponWords(affinity: number): string {
  if (affinity === 0) return 'never uses coupons';
  if (affinity < 0.1) return 'uses a coupon now and then';
  return affinity < 0.5 ? 'likes coupons' : 'rarely shops without a coupon';
}

function articled(age: number): string {
  return age === 18 || Math.floor(age / 10) === 8 ? `an ${age}` : `a ${age}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
