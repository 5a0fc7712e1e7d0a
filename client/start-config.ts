import type { Config } from '../config.ts';
import { describeProblems } from '../domain/describe-problems.ts';
import { AppError, InvalidInputError } from '../domain/errors.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';

/** Simulations are refused where nobody has allowed them (seed 000, `SIMULATION_MODE`). */
export function requireSimulationMode(config: Pick<Config, 'simulationMode'>): void {
  if (!config.simulationMode)
    throw new AppError(
      'simulation_mode_disabled',
      'Simulation mode is off: set SIMULATION_MODE=true to allow simulated shoppers in this database.',
    );
}

/**
 * The configuration of a new simulation: what was given wins over the environment, which wins over the defaults. From
 * then on only the stored configuration counts.
 * @throws InvalidInputError naming each wrong field
 */
export function configOf(given: Record<string, unknown>, environment: Config): SimulationConfig {
  const result = SimulationConfig.safeParse({
    timeScale: environment.timeScale,
    ...offersOf(environment),
    ...given,
  });
  if (result.success) return result.data;
  throw new InvalidInputError(`The simulation's configuration is wrong: ${describeProblems(result.error)}.`);
}

/** Offer settings that the environment has a say in, for whoever starts something new. */
export function offersOf(environment: Config): Record<string, number> {
  return {
    offerCycleDays: environment.offerCycleDays,
    offerExpirationDays: environment.offerExpirationDays,
    walletCapacity: environment.maxWalletCapacity,
    frontstorePerCycle: environment.frontstorePerCycle,
    categoryBrandPerCycle: environment.categoryBrandPerCycle,
  };
}

/** Variables of the environment that differ from what the simulation was started with, and are ignored. */
export function ignoredEnvironment(
  stored: SimulationConfig,
  environment: Config,
  given: Record<string, string | undefined>,
): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['OFFER_CYCLE_DAYS', stored.offerCycleDays, environment.offerCycleDays],
    ['OFFER_EXPIRATION_DAYS', stored.offerExpirationDays, environment.offerExpirationDays],
    ['MAX_WALLET_CAPACITY', stored.walletCapacity, environment.maxWalletCapacity],
    ['FRONTSTORE_PER_CYCLE', stored.frontstorePerCycle, environment.frontstorePerCycle],
    ['CATEGORY_BRAND_PER_CYCLE', stored.categoryBrandPerCycle, environment.categoryBrandPerCycle],
  ];
  return pairs
    .filter(([name, kept, now]) => given[name] !== undefined && kept !== now)
    .map(
      ([name, kept, now]) =>
        `${name}=${String(now)} is ignored: simulation "${stored.simulationId}" was started with ${String(kept)}.`,
    );
}
