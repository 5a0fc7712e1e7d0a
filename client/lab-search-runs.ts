// The runs of a search session, spread over processes. What is asked for twice is run once: it would come to the same.
import { mean } from '../domain/descriptive-statistics.ts';
import { AppError } from '../domain/errors.ts';
import { scoredRun } from '../domain/lab/measures.ts';
import type { ScoredRun } from '../domain/lab/paired-runs.ts';
import type { Measure } from '../domain/lab/question.ts';
import type { Score, SearchRequest } from '../domain/lab/search.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { chooseParameters } from '../sandbox/strategy-parameters.ts';
import type { CompiledStrategy } from '../sandbox/strategy-source.ts';
import { groundConfig } from './lab-evaluation.ts';
import type { Ground } from './lab-evaluation.ts';

export type SearchRunOptions = Pick<LabOptions, 'kind' | 'processes' | 'signal'> & {
  /** @param total runs of the session, repeated ones included */
  readonly onProgress?: (done: number, total: number, text: string) => void;
};

type Parameters = Readonly<Record<string, number>>;
type Job = {
  /** All that decides the run. */
  readonly key: string;
  readonly strategy: LabStrategy;
  readonly scenario: string;
  readonly seed: number;
};

export class SearchRuns {
  private readonly compiled: CompiledStrategy;
  private readonly ground: Ground;
  private readonly total: number;
  private readonly options: SearchRunOptions;
  private readonly strategies = new Map<string, LabStrategy>();
  private readonly results = new Map<string, ScoredRun>();
  private done = 0;

  constructor(compiled: CompiledStrategy, ground: Ground, total: number, options: SearchRunOptions) {
    this.compiled = compiled;
    this.ground = ground;
    this.total = total;
    this.options = options;
  }

  /**
   * The mean over the scenarios of the measure, such that more is better; null where a run failed.
   * @throws AppError `lab_failed` when a run was lost by the machine: what the search does next must not depend on that
   */
  async score(requests: readonly SearchRequest[], measure: Measure, text: string): Promise<Score[]> {
    const jobs = requests.map(({ parameters, seed }) => this.jobsOf(parameters, [seed]));
    await this.run(jobs.flat(), text);
    return jobs.map((own) => {
      const values = own.map((job) => this.valueOf(job, measure)).filter((value) => value !== null);
      if (values.length < own.length) return null;
      return (measure.isMoreBetter ? 1 : -1) * mean(values);
    });
  }

  /** Of each of the points its runs on all seeds. */
  async runAll(
    points: readonly Parameters[],
    seeds: readonly number[],
    text: string,
  ): Promise<ScoredRun[][]> {
    const jobs = points.map((parameters) => this.jobsOf(parameters, seeds));
    await this.run(jobs.flat(), text);
    return jobs.map((own) => own.map(({ key }) => this.results.get(key)!));
  }

  private jobsOf(parameters: Parameters, seeds: readonly number[]): Job[] {
    const point = JSON.stringify(parameters);
    // One object for all its runs, so that they share processes.
    const strategy = this.strategies.get(point) ?? {
      compiled: this.compiled,
      parameters: chooseParameters(this.compiled.parameters, parameters),
    };
    this.strategies.set(point, strategy);
    return seeds.flatMap((seed) =>
      this.ground.scenarios.map((scenario) => ({
        key: `${point} ${scenario} ${seed}`,
        strategy,
        scenario,
        seed,
      })),
    );
  }

  private valueOf({ key, scenario, seed }: Job, { name }: Measure): number | null {
    const run = this.results.get(key)!;
    if (run.type === 'void')
      throw new AppError('lab_failed', `seed ${seed} in ${scenario} was lost by the machine: ${run.reason}`);
    return run.type === 'measured' ? (run.values[name] ?? null) : null;
  }

  private async run(jobs: readonly Job[], text: string): Promise<void> {
    const missing = jobs.filter(({ key }) => !this.results.has(key));
    const todo = [...new Map(missing.map((job) => [job.key, job])).values()];
    this.done += jobs.length - todo.length;
    const { onProgress, ...options } = this.options;
    const tasks = todo.map(({ strategy, scenario, seed }) => ({
      strategy,
      seed,
      config: groundConfig(this.ground, scenario, seed),
    }));
    const results = await runLabTasks(tasks, {
      ...options,
      onResult: () => onProgress?.((this.done += 1), this.total, text),
    });
    todo.forEach(({ key, scenario }, i) => this.results.set(key, scoredRun(scenario, results[i]!)));
  }
}
