import type { PairReport } from '../client/experiments.ts';
import type { Profile, SimulationReport } from '../client/report.ts';
import { formatCents } from '../domain/money.ts';
import type { Measure } from '../domain/retail/arm-comparison.ts';
import { MEASURE_LABELS, renderLift } from './render-experiment.ts';
import { renderFork } from './render-simulation.ts';

/** What the offers caused, where a twin without them was lived, too. */
export type Answer = PairReport & { readonly burnInWeeks: number };

/** The report on one screen, at most 100 columns wide. */
export function renderReport(
  report: SimulationReport,
  webUiUrl: string | null,
  answer: Answer | null = null,
): string {
  const { simulation, dataset, figures, checks, realism, speed } = report;
  const { config } = simulation;
  const weeks = (simulation.committedDays / 7).toFixed(1).replace('.0', '');
  const count = (section: keyof typeof figures, name: string): number => figures[section][name] ?? 0;
  const share = (part: number, whole: number): string =>
    whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
  const money = (name: string): string => formatCents(count('money', name));
  return [
    heading(`Simulation "${config.simulationId}" · ${simulation.status}`),
    `${simulation.agents} agents, ${weeks} weeks from ${config.startDate}, seed ${config.seed}, channel ${config.channel}, offers ${config.offerPolicy.type}/${config.refreshPolicy}`,
    ...(simulation.forkedFrom === null ? [] : [renderFork(simulation)]),
    `Data: ${dataset.title}.${dataset.notice === null ? '' : ` ${dataset.notice}`}`,
    `Digest ${report.digest.slice(0, 32)}…`,
    ...(answer === null ? [] : answerLines(answer)),
    heading('What happened'),
    `Money     gross ${money('grossCents')} − coupons ${money('couponDiscountCents')} → net ${money('netRevenueCents')}; unit cost ${money('unitCostCents')},`,
    `          vendors pay back ${money('vendorFundedCents')}, redemption fees ${money('redemptionFeeCents')} → margin ${money('marginCents')} ${dataset.currency}`,
    `Funnel    ${count('funnel', 'agentDays')} agent days → ${count('funnel', 'shopDays')} shop days (${share(count('funnel', 'shopDays'), count('funnel', 'agentDays'))}) → ${count('funnel', 'sessions')} sessions → ${count('funnel', 'carts')} carts → ${count('funnel', 'purchases')} purchases (${share(count('funnel', 'purchases'), count('funnel', 'carts'))} of carts)`,
    `Offers    ${count('ledger', 'dealt')} dealt; shown ${count('funnel', 'couponsShown')} times, noticed ${count('funnel', 'couponsNoticed')}, looked at ${count('funnel', 'couponsOpened')}, redeemed ${count('funnel', 'redemptions')} (${share(count('funnel', 'redemptions'), count('ledger', 'dealt'))} of dealt)`,
    `Ledger    ${count('ledger', 'dealt')} dealt − ${count('ledger', 'redeemed')} redeemed + ${count('ledger', 'givenBack')} given back − ${count('ledger', 'expired')} expired − ${count('ledger', 'removed')} removed − ${count('ledger', 'open')} open = ${count('ledger', 'error')}`,
    heading(`How real: ours against ${realism.source}, largest difference first`),
    ...pairs(realism.rows.map((row) => `${row.metric} ${number(row.ours)} / ${number(row.target)}`)),
    `Day of week, ours/theirs in %, distance ${realism.day.distance.toFixed(3)}`,
    profileLine(realism.day, DAYS),
    `Hour of day, ours/theirs in %, distance ${realism.hour.distance.toFixed(3)}`,
    profileLine(realism.hour, HOURS),
    heading('Whether it adds up'),
    ...checks.map((check) => `${check.isOk ? 'ok    ' : 'FAILED'}  ${check.name}: ${check.found}`),
    ...quarantineLines(report),
    ...(speed === null
      ? []
      : [
          `Speed     ${speed.seconds.toFixed(0)} s, ${Math.round(speed.simulatedPerReal).toLocaleString('en')} × real time, ${speed.shoppingDaysPerSecond.toFixed(1)} shopping days a second`,
        ]),
    heading('Limits'),
    ...(answer === null ? [ONE_ARM] : []),
    ...report.limits,
    ...(webUiUrl === null ? [] : [heading('Temporal Web UI'), webUiUrl]),
    ...(answer === null ? [] : [heading('Next'), ...NEXT(config.simulationId)]),
  ].join('\n');
}

const ONE_ARM =
  'One arm only: what the offers caused needs a comparison with the same shoppers under another policy.';

function answerLines(answer: Answer): string[] {
  const { comparison, burnInWeeks } = answer;
  const line = (measure: Measure): string => {
    const [label, unit] = MEASURE_LABELS[measure];
    const { difference, relative, interval, correlation, minimumDetectable } = comparison.measures[measure];
    const of = (value: number): string => (value / unit).toFixed(3);
    return [
      label.padEnd(14),
      `${of(difference).padStart(8)} (${of(interval[0])} … ${of(interval[1])})`.padEnd(32),
      relative === null ? '' : `${(100 * relative).toFixed(2)} %`.padStart(8),
      correlation === null ? '' : ` correlation ${correlation.toFixed(3)}`,
      ` detectable ${of(minimumDetectable)}`,
    ].join('');
  };
  return [
    heading('The answer: what the offers caused, per agent and week'),
    `B = these offers, A = none; the same ${comparison.agents} shoppers with the same luck, ${comparison.weeks} weeks after ${burnInWeeks} of burn-in`,
    ...(['orders', 'units', 'netRevenue', 'margin', 'redemptions'] as const).map(line),
    comparison.verdict,
    heading('Where it came from'),
    ...renderLift(answer),
  ];
}

const NEXT = (simulationId: string): string[] => [
  'npm run -s mercato -- experiment run random prior_buyers --agents 100 --seeds 3 --weeks 4 --burn-in 2',
  `npm run -s mercato -- simulation review ${simulationId} --json      # every figure, with its SQL`,
  'npm run -s mercato -- experiment --help                           # policies of your own as JSON files',
];

const LISTED = 5;

function quarantineLines({ quarantines }: SimulationReport): string[] {
  const lines = quarantines
    .slice(0, LISTED)
    .map(
      ({ agentId, sinceDate, reason }) => `        ${agentId} in quarantine since ${sinceDate}: ${reason}`,
    );
  const rest = quarantines.length - lines.length;
  return rest > 0 ? [...lines, `        and ${rest} more: mercato quarantine list`] : lines;
}

const WIDTH = 100;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));

/** `Sun 16.1/16.3  Mon …`, without entries that are empty on both sides. */
function profileLine({ ours, theirs }: Profile, names: readonly string[]): string {
  const percent = (share: number | undefined): string => (100 * (share ?? 0)).toFixed(1);
  return names
    .filter((_, i) => (ours[i] ?? 0) + (theirs[i] ?? 0) > 0.0005)
    .map((name) => `${name} ${percent(ours[names.indexOf(name)])}/${percent(theirs[names.indexOf(name)])}`)
    .join('  ');
}

function heading(text: string): string {
  return `\n── ${text} ${'─'.repeat(Math.max(0, WIDTH - text.length - 4))}`;
}

/** Two columns. */
function pairs(texts: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(texts.length / 2) }, (_, i) =>
    `${(texts[2 * i] ?? '').padEnd(WIDTH / 2)}${texts[2 * i + 1] ?? ''}`.trimEnd(),
  );
}

function number(value: number | null): string {
  if (value === null) return '–';
  return Math.abs(value) < 1 ? value.toFixed(3) : value.toFixed(2);
}
