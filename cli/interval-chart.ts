import type { TopLevelSpec } from 'vega-lite';

export const CHART_SCHEMA = 'https://vega.github.io/schema/vega-lite/v5.json';
export const CHART_WIDTH = 640;

/** A difference with its interval, all in the same unit. */
export type IntervalRow = {
  readonly name: string;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
};

/** Differences with their intervals, one below the other, beside a line at 0. @param title of the axis, with the unit */
export function intervalChart(values: readonly IntervalRow[], title: string): TopLevelSpec {
  const y = { field: 'name', type: 'nominal', title: null, sort: null } as const;
  return {
    $schema: CHART_SCHEMA,
    width: CHART_WIDTH,
    data: { values: [...values] },
    layer: [
      { mark: { type: 'rule', color: '#999' }, encoding: { x: { datum: 0, type: 'quantitative' } } },
      {
        mark: { type: 'rule', strokeWidth: 3, color: '#4c78a8' },
        encoding: { y, x: { field: 'low', type: 'quantitative', title }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 70, color: '#4c78a8' },
        encoding: { y, x: { field: 'difference', type: 'quantitative', title } },
      },
    ],
  };
}
