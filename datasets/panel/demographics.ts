import { AGE_GROUPS, ageGroupOf, INCOME_BRACKETS } from '../../domain/retail/persona.ts';
import type { Persona } from '../../domain/retail/persona.ts';
import type { Draws } from '../draws.ts';
import { groupBy } from '../../domain/group-by.ts';
import { AGES, CHILDREN, HOUSEHOLD_SHARES, INCOME_SHARES } from '../persona-generator.ts';
import { frequencyOf } from './households.ts';
import type { Household } from './households.ts';
import type { Demographics } from './panel.ts';

// Who the households are. What is not known of one is taken from another of the panel that shops about as often and
// of which more is known (a hot deck), so that age, income and size fit together; where there is none, from the
// shares that the shipped shoppers have.

export type DemographicAttributes = Pick<
  Persona,
  'age' | 'ageGroup' | 'gender' | 'incomeBracket' | 'householdSize' | 'hasChildren' | 'imputedAttributes'
>;
export type DrawDemographics = (household: Household, draws: Draws) => DemographicAttributes;

/** With fewer donors that shop as often, all are. */
const FEWEST_DONORS = 10;

export function demographicsDrawnFrom(population: readonly Household[]): DrawDemographics {
  const donors = population.filter(({ demographics }) => isDonor(demographics));
  const byFrequency = groupBy(donors, frequencyOf);
  return (household, draws) => {
    const alike = byFrequency.get(frequencyOf(household)) ?? [];
    const pool = alike.length < FEWEST_DONORS ? donors : alike;
    const donor = pool.length === 0 ? null : draws.pick(pool).demographics;
    return attributesOf(household.demographics, donor, draws);
  };
}

function isDonor({ age, ageGroup, incomeBracket, householdSize, hasChildren }: Demographics): boolean {
  return (
    (age !== null || ageGroup !== null) &&
    incomeBracket !== null &&
    householdSize !== null &&
    hasChildren !== null
  );
}

function attributesOf(known: Demographics, donor: Demographics | null, draws: Draws): DemographicAttributes {
  const imputed: string[] = [];
  const or = <T>(value: T | null, attribute: string, fromDonor: T | null | undefined, draw: () => T): T => {
    const drawn = draw(); // Always, so that the household's later draws do not depend on what is known of it.
    if (value !== null) return value;
    imputed.push(attribute);
    return fromDonor ?? drawn;
  };
  const ageGroup = or(
    groupOf(known),
    'age_group',
    donor && groupOf(donor),
    () => AGE_GROUPS[draws.pickWeighted(AGES.shares)]!,
  );
  const group = AGE_GROUPS.indexOf(ageGroup);
  const age = or(known.age, 'age', null, () => draws.integer(AGES.from[group]!, AGES.to[group]!));
  const householdSize = or(
    known.householdSize,
    'household_size',
    donor?.householdSize,
    () => draws.pickWeighted(HOUSEHOLD_SHARES) + 1,
  );
  const chance = CHILDREN[Math.min(householdSize, CHILDREN.length) - 1]!;
  return {
    age,
    ageGroup,
    // Nothing follows from it.
    gender: known.gender ?? 'undisclosed',
    incomeBracket: or(
      known.incomeBracket,
      'income_bracket',
      donor?.incomeBracket,
      () => INCOME_BRACKETS[draws.pickWeighted(INCOME_SHARES)]!,
    ),
    householdSize,
    // A donor's children fit the donor's size only.
    hasChildren: or(
      known.hasChildren,
      'has_children',
      donor?.householdSize === householdSize ? donor.hasChildren : null,
      () => draws.chance(chance),
    ),
    imputedAttributes: imputed,
  };
}

function groupOf({ age, ageGroup }: Demographics): Persona['ageGroup'] | null {
  return age === null ? ageGroup : ageGroupOf(age);
}
