// A search of the lab as text: what was found, by what it was told from luck, and what it is worth.
import type { MethodResult, SearchRecord } from '../client/lab-search.ts';
import type { Measure } from '../domain/lab/question.ts';
import { SEARCH_METHODS } from '../domain/lab/search.ts';
import type { SearchMethod } from '../domain/lab/search.ts';
import { blockName } from '../domain/lab/sealed-seeds.ts';

export const METHOD_NAMES: Readonly<Record<SearchMethod, string>> = {
  search: 'search',
  random_search: 'random search',
  best_of_n: 'best of N',
};

export function renderLabSearch(result: SearchRecord): string {
  const { goal, strategy, scenarios, sessionSeed, train, sealed, measure, methods, verdicts } = result;
  const session = result.minutes === null ? 'whole sessions' : `sessions of ${result.minutes} minutes`;
  return [
    `${goal} with ${strategy.fileName}: ${scenarios.join(', ')}, ${session}, session seed ${sessionSeed}`,
    `${measure.name}, ${measure.isMoreBetter ? 'more' : 'less'} is better, in ${measure.unit}`,
    '',
    `found on ${train.seeds} seeds (${blockName(train.block)})`,
    `  ${'default'.padEnd(14)} ${parametersOf(result.default)}`,
    ...SEARCH_METHODS.flatMap((method) => renderMethod(METHOD_NAMES[method], methods[method], measure)),
    '',
    `judged on ${sealed.seeds} sealed seeds`,
    ...[verdicts.default, verdicts.best_of_n, verdicts.random_search].map(({ sentence }) => `  ${sentence}`),
    `  ${result.openings}`,
  ].join('\n');
}

function renderMethod(
  name: string,
  { parameters, runs, train, luck }: MethodResult,
  measure: Measure,
): string[] {
  const number = (value: number | null): string =>
    value === null ? '–' : (value * measure.scale).toFixed(measure.digits);
  const { trials, effectiveTrials, deflatedSharpe, realityCheck } = luck;
  const worth = effectiveTrials === null ? '' : `, worth ${effectiveTrials.toFixed(1)} independent ones`;
  const checks = [
    ...(realityCheck === null ? [] : [`Reality Check p = ${realityCheck.toFixed(3)}`]),
    ...(deflatedSharpe === null ? [] : [`deflated Sharpe ${deflatedSharpe.probability.toFixed(3)}`]),
  ];
  return [
    `  ${name.padEnd(14)} ${parametersOf(parameters)}`,
    `  ${' '.repeat(14)} ${number(train.winner)}, the default ${number(train.default)}; ${runs} runs, ${trials} candidates${worth}`,
    ...(checks.length === 0 ? [] : [`  ${' '.repeat(14)} ${checks.join(', ')}`]),
  ];
}

export function parametersOf(parameters: Readonly<Record<string, number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
