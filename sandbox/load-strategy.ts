import type { LabStrategy } from './lab-job.ts';
import { chooseParameters } from './strategy-parameters.ts';
import { compileStrategy } from './strategy-source.ts';

/**
 * A strategy that can be run, from the text of its file.
 * @param given parameters; the others are as the file has them
 * @throws StrategyValidationError with every line and rule that it breaks, InvalidInputError for parameters that it does not have
 */
export function loadStrategy(
  source: string,
  fileName: string,
  given: Readonly<Record<string, number>> = {},
): LabStrategy {
  const compiled = compileStrategy(source, fileName);
  return { compiled, parameters: chooseParameters(compiled.parameters, given) };
}
