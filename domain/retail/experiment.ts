import { z } from 'zod';
import { describeProblems } from '../describe-problems.ts';
import { InvalidInputError } from '../errors.ts';
import { OFFER_FIELDS } from './arm-comparison.ts';
import { SimulationConfig } from './simulation.ts';

/**
 * Two ways of dealing offers, A and B, tried on the same shoppers with the same luck, once for each seed. Every pair of
 * simulations differs in nothing but the offers.
 */

const name = z.string().regex(/^[A-Za-z0-9_.-]{1,24}$/, 'letters, digits, _ . - only, at most 24');
const Fields = z.record(z.string(), z.unknown());

export const ExperimentConfig = z
  .strictObject({
    experimentId: name,
    arms: z.tuple([z.strictObject({ name, offers: Fields }), z.strictObject({ name, offers: Fields })]),
    seeds: z.array(name).min(1).max(1000),
    /** Weeks that are measured, and weeks before them that count nothing. */
    weeks: z.int().min(1).max(520),
    burnInWeeks: z.int().min(0).max(520),
    /** Simulations at work at the same time. */
    inFlight: z.int().min(1).max(16).default(2),
    /** What all simulations have in common: any field of a simulation's configuration that is not one of offers. */
    simulation: Fields,
  })
  .superRefine(({ experimentId, arms, seeds, simulation }, context) => {
    const wrong = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (arms[0].name === arms[1].name) wrong(['arms'], `both are called "${arms[0].name}"`);
    const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
    if (twice !== undefined) wrong(['seeds'], `"${twice}" is there twice: the same luck would count double`);
    arms.forEach(({ offers, name: arm }, i) => {
      const other = Object.keys(offers).filter((field) => !isOfferField(field));
      if (other.length > 0)
        wrong(
          ['arms', i],
          `arm "${arm}" sets ${other.join(', ')}; an arm may set ${OFFER_FIELDS.join(', ')} only`,
        );
    });
    const tooLong = arms
      .flatMap((arm) => seeds.map((seed) => simulationIdOf(experimentId, arm.name, seed)))
      .find((id) => !SimulationConfig.shape.simulationId.safeParse(id).success);
    if (tooLong !== undefined)
      wrong(
        [],
        `one of its simulations would be called "${tooLong}", more than 64 characters: shorten the experiment's id, the arm or the seed`,
      );
    const own = Object.keys(simulation).filter((field) => OWN_FIELDS.includes(field));
    if (own.length > 0) wrong(['simulation'], `${own.join(', ')} cannot be set: the experiment sets it`);
  });
export type ExperimentConfig = z.output<typeof ExperimentConfig>;
export type ExperimentConfigInput = z.input<typeof ExperimentConfig>;

export type ExperimentStatus = 'running' | 'completed' | 'failed' | 'cancelled';

const OWN_FIELDS = ['simulationId', 'seed', 'days', 'timeScale', 'profile'];

function isOfferField(field: string): boolean {
  return (OFFER_FIELDS as readonly string[]).includes(field);
}

/** The simulations of an experiment in the order in which they run: A and B of the first seed, then of the next. */
export function simulationsOf(experiment: ExperimentConfig): SimulationConfig[] {
  return experiment.seeds.flatMap((seed) =>
    experiment.arms.map((arm) => simulationOf(experiment, arm, seed)),
  );
}

/** Ids of the simulations of both arms, in the order of the seeds. */
export function pairsOf(experiment: ExperimentConfig): { readonly a: string[]; readonly b: string[] } {
  const [a, b] = experiment.arms.map((arm) =>
    experiment.seeds.map((seed) => simulationIdOf(experiment.experimentId, arm.name, seed)),
  );
  return { a: a!, b: b! };
}

function simulationIdOf(experimentId: string, arm: string, seed: string): string {
  return `${experimentId}-${arm}-${seed}`;
}

/** @throws InvalidInputError that names each wrong field */
function simulationOf(
  experiment: ExperimentConfig,
  arm: ExperimentConfig['arms'][number],
  seed: string,
): SimulationConfig {
  const { simulation, weeks, burnInWeeks } = experiment;
  const result = SimulationConfig.safeParse({
    execution: 'activity',
    ...simulation,
    ...arm.offers,
    simulationId: simulationIdOf(experiment.experimentId, arm.name, seed),
    seed,
    days: (burnInWeeks + weeks) * 7,
    timeScale: 'max',
  });
  if (result.success) return result.data;
  // An arm has checked names of fields, so that what it does not set comes from what all have in common.
  const ofArm = result.error.issues.filter(({ path: [field] }) => String(field) in arm.offers);
  throw new InvalidInputError(
    ofArm.length > 0
      ? `Arm "${arm.name}" is wrong: ${describeProblems({ issues: ofArm })}.`
      : `What the simulations have in common is wrong: ${describeProblems(result.error)}.`,
  );
}
