// The figures of `npm run bench:retail`, and how they read as a screen of text.
import { median } from '../domain/descriptive-statistics.ts';
import { VARIANTS } from './bench-processes.ts';
import type { Variant } from './bench-processes.ts';

export type BenchOptions = { readonly agents: number; readonly days: number; readonly pairs: number };

export type Run = {
  readonly variant: Variant;
  readonly round: number;
  readonly seconds: number;
  /** Null where the activities did nothing. */
  readonly digest: string | null;
  /** Processor time while the simulation ran; null where the system does not tell. */
  readonly cpuSeconds: Readonly<Record<'process' | 'temporal' | 'postgres', number | null>>;
};

export type BenchResult = BenchOptions & {
  readonly sandbox: string;
  readonly shoppingDays: number;
  readonly runs: readonly Run[];
  /** Whether every run that worked did the same work. */
  readonly isSameWork: boolean;
};

const RATIOS: readonly (readonly [Variant, Variant])[] = [
  ['activity', 'direct'],
  ['workflow', 'direct'],
  ['activity', 'no-op activity'],
  ['workflow', 'no-op workflow'],
];

export function renderBench(result: BenchResult): string {
  const { agents, days, pairs, sandbox, shoppingDays, runs, isSameWork } = result;
  const digests = [...new Set(runs.flatMap(({ digest }) => digest ?? []))];
  return [
    `${shoppingDays} shopping days of ${agents} agents in ${days} days, ${pairs} rounds, one process each`,
    sandbox,
    '',
    `${'variant'.padEnd(16)}${'days per second'.padEnd(26)}CPU ms per day: process  Temporal  Postgres`,
    ...VARIANTS.map((variant) => renderVariant(variant, result)),
    '',
    `${'ratio'.padEnd(30)}median  range`,
    ...RATIOS.map(([one, other]) => renderRatio(one, other, runs)),
    '',
    isSameWork
      ? `All runs that worked have the digest ${digests[0]?.slice(0, 16)}….`
      : `The runs did NOT do the same work: digests ${digests.map((digest) => digest.slice(0, 16)).join(', ')}.`,
  ].join('\n');
}

function renderVariant(variant: Variant, { runs, shoppingDays }: BenchResult): string {
  const own = runs.filter((run) => run.variant === variant);
  const rate = spread(own.map((run) => shoppingDays / run.seconds));
  const cpu = (['process', 'temporal', 'postgres'] as const).map((name) => {
    const milliseconds = own.flatMap(({ cpuSeconds }) =>
      cpuSeconds[name] === null ? [] : [(cpuSeconds[name] * 1000) / shoppingDays],
    );
    return (milliseconds.length === 0 ? '–' : median(milliseconds).toFixed(1)).padStart(8);
  });
  return `${variant.padEnd(16)}${`${rate.median.toFixed(1)} (${rate.low.toFixed(1)} – ${rate.high.toFixed(1)})`.padEnd(39)}${cpu.join('  ')}`;
}

function renderRatio(one: Variant, other: Variant, runs: readonly Run[]): string {
  const { median: middle, low, high } = spread(ratiosOf(one, other, runs));
  return `${`${one} ÷ ${other}`.padEnd(30)}${middle.toFixed(2).padStart(6)}  ${low.toFixed(2)} – ${high.toFixed(2)}`;
}

/** Rate of one variant over that of another, round by round. */
export function ratiosOf(one: Variant, other: Variant, runs: readonly Run[]): number[] {
  const secondsOf = (variant: Variant, round: number): number =>
    runs.find((run) => run.variant === variant && run.round === round)!.seconds;
  const rounds = [...new Set(runs.map((run) => run.round))];
  return rounds.map((round) => secondsOf(other, round) / secondsOf(one, round));
}

function spread(values: readonly number[]): { median: number; low: number; high: number } {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}
