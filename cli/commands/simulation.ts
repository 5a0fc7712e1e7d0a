// Simulations from outside: start, pause, resume, set-scale, advance, stop, reset, fork, status, list, digest, review.
import type { Command } from 'commander';
import { forkSimulation } from '../../client/fork.ts';
import { reconcileSimulations } from '../../client/reconciliation.ts';
import { reviewSimulation } from '../../client/report.ts';
import {
  advance,
  pauseSimulation,
  recoverSimulation,
  resetSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  stopSimulation,
  viewSimulation,
  waitForSimulation,
} from '../../client/simulations.ts';
import type { Services } from '../../client/simulations.ts';
import { configOf, ignoredEnvironment, requireSimulationMode } from '../../client/start-config.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { parseTimeScale } from '../../domain/retail/clock.ts';
import { digestSimulation, firstDifference } from '../../prisma/digest-store.ts';
import { listSimulations, loadSimulation } from '../../prisma/simulation-store.ts';
import type { ClockView } from '../../workflows/retail/messages.ts';
import { readConfigFile, readJsonFile, readOffers } from '../config-file.ts';
import { connected, openContext, print } from '../context.ts';
import type { CliContext } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { withoutUndefined } from '../options.ts';
import { showProgress } from '../progress.ts';
import { renderReport } from '../render-report.ts';
import { renderClock, renderList, renderView } from '../render-simulation.ts';

export function registerSimulation(program: Command): void {
  const group = program
    .command('simulation')
    .description('start simulations, steer them and read what they show');
  group
    .command('start')
    .description('store a simulation and start it; the same one twice is started once')
    .option('--id <id>', 'name of the simulation (default: sim-<date>-<time>)')
    .option('--config <file>', 'JSON file with any field of the configuration; flags win over it')
    .option(
      '--events <file>',
      'JSON file with an event calendar, such as data/us-calendar.json (default: no events)',
    )
    .option('--dataset <name>', 'dataset with agents, catalogue and coupons (default: default)')
    .option('--agents <n>', 'how many of its agents take part (default: all)')
    .option('--days <n>', 'simulated days (default: 42)')
    .option('--seed <text>', 'seed of all random draws (default: 1)')
    .option('--scale <scale>', 'simulated time per real time, or max (default: TIME_SCALE)')
    .option('--start-date <date>', 'first simulated day (default: 2026-01-05)')
    .option('--execution <mode>', 'workflow, activity or auto (default: auto)')
    .option('--profile <profile>', 'offers_only, browse or full (default: full)')
    .option('--channel <channel>', 'in_store or online (default: in_store)')
    .option('--refresh <policy>', 'replace, top_up, append or staggered (default: replace)')
    .option('--offers <policy>', 'JSON file with fields of offers, or the name of a policy (default: random)')
    .option('--wait', 'wait until it has ended, with its progress')
    .action(start);
  for (const { name, description, run, says } of [
    { name: 'pause', description: 'stop the clock at the next barrier', run: pauseSimulation },
    { name: 'resume', description: 'let the clock go on', run: resumeSimulation },
    {
      name: 'stop',
      description: 'end after the day that is being lived',
      run: stopSimulation,
      says: 'stopping after the day that is being lived; it was ',
    },
  ])
    group
      .command(name)
      .argument('<id>')
      .description(description)
      .action((id: string, _options: object, command: Command) =>
        steer(command, (services) => run(services, id), says),
      );
  group
    .command('set-scale')
    .argument('<id>')
    .argument('<scale>', 'a number above 0, or max')
    .description('change the pace; results do not depend on it')
    .action((id: string, scale: string, _options: object, command: Command) =>
      steer(command, (services) => setScale(services, id, scaleOf(scale))),
    );
  group
    .command('advance')
    .argument('<id>')
    .option('--hours <n>')
    .option('--days <n>')
    .option('--cycles <n>', 'cross this many cycle boundaries')
    .option('--until <date>', 'to 00:00 of a date')
    .description('run ahead of the clock, day after day; also while paused')
    .action((id: string, target: Record<string, string>, command: Command) =>
      steer(command, (services) => advance(services, id, targetOf(target))),
    );
  group
    .command('reset')
    .argument('<id>')
    .option('--new-id <id>', 'name of the new simulation (default: the old one with a number)')
    .description('end a simulation and start it anew under a new id; nothing is deleted')
    .action(reset);
  group
    .command('fork')
    .argument('<id>')
    .requiredOption('--at-cycle <k>', 'offer cycle before which everything is shared, from 2 on')
    .option('--config <file>', 'JSON file with the fields of the configuration that change there')
    .option(
      '--offers <policy>',
      'JSON file with fields of offers, or the name of a policy; wins over --config',
    )
    .option('--id <id>', 'name of the fork (default: the old one with -fork)')
    .option('--wait', 'wait until it has ended, with its progress')
    .description('copy the days of a simulation before an offer cycle, and go on from there in another way')
    .action(fork);
  group
    .command('recover')
    .argument('<id>')
    .option('--wait', 'wait until it has ended, with its progress')
    .description(
      'take up a simulation that was terminated or cancelled or has failed, after its last committed day',
    )
    .action(recover);
  group
    .command('reconcile')
    .description('make rows say what their executions are; workers do it by themselves twice a minute')
    .action(reconcile);
  group.command('status').argument('<id>').description('where a simulation stands').action(status);
  group.command('list').description('all simulations, newest first').action(list);
  group
    .command('digest')
    .argument('<id>')
    .argument('[other]', 'another simulation: says where the two first differ')
    .option('--by-day', 'also the digest of each table and day')
    .description('one hash over everything that was decided; equal for equal configuration and seed')
    .action(digest);
  group
    .command('review')
    .argument('<id>')
    .description(
      'the report: what happened, whether it adds up, how real it is; --json has the SQL of each figure',
    )
    .action(review);
}

type StartFlags = {
  id?: string;
  config?: string;
  events?: string;
  dataset?: string;
  agents?: string;
  days?: string;
  seed?: string;
  scale?: string;
  startDate?: string;
  execution?: string;
  profile?: string;
  channel?: string;
  refresh?: string;
  offers?: string;
  wait?: boolean;
};

async function start(flags: StartFlags, command: Command): Promise<void> {
  const context = openContext(command);
  requireSimulationMode(context.config);
  const config = configOf(
    {
      simulationId: defaultId(),
      ...readConfigFile(flags.config),
      ...eventsOf(flags.events),
      ...(flags.offers === undefined ? {} : readOffers(flags.offers).offers),
      ...fieldsOf(flags),
    },
    context.config,
  );
  await connected(context, async (services) => {
    const stored = await startSimulation(services, config);
    for (const warning of ignoredEnvironment(stored.config, context.config, process.env))
      process.stderr.write(`${warning}\n`);
    await showView(context, services, config.simulationId, flags.wait === true);
  });
}

async function steer(
  command: Command,
  send: (services: Services) => Promise<ClockView>,
  says = '',
): Promise<void> {
  const context = openContext(command);
  const clock = await connected(context, send);
  print(context, clock, `${says}${renderClock(clock)}`);
}

async function reset(id: string, { newId }: { newId?: string }, command: Command): Promise<void> {
  const context = openContext(command);
  requireSimulationMode(context.config);
  const record = await connected(context, (services) => resetSimulation(services, id, newId ?? null));
  print(
    context,
    record,
    `Simulation "${id}" ended; "${record.simulationId}" has started from the first day.`,
  );
}

type ForkFlags = { atCycle: string; config?: string; offers?: string; id?: string; wait?: boolean };

async function fork(id: string, flags: ForkFlags, command: Command): Promise<void> {
  const context = openContext(command);
  requireSimulationMode(context.config);
  const request = {
    atCycle: numberOf('--at-cycle', flags.atCycle),
    changes: {
      ...readConfigFile(flags.config),
      ...(flags.offers === undefined ? {} : readOffers(flags.offers).offers),
    },
    forkId: flags.id ?? null,
  };
  await connected(context, async (services) => {
    const { config } = await forkSimulation(services, id, request);
    await showView(context, services, config.simulationId, flags.wait === true);
  });
}

async function recover(id: string, { wait }: { wait?: boolean }, command: Command): Promise<void> {
  const context = openContext(command);
  requireSimulationMode(context.config);
  await connected(context, async (services) => {
    await recoverSimulation(services, id);
    await showView(context, services, id, wait === true);
  });
}

/** How a simulation stands, now or when it has ended. */
async function showView(
  context: CliContext,
  services: Services,
  id: string,
  isAwaited: boolean,
): Promise<void> {
  if (isAwaited) {
    await showProgress(services, id);
    await waitForSimulation(services, id);
  }
  const view = await viewSimulation(services, id);
  print(context, view, renderView(view, context.webUiUrl));
}

async function reconcile(_options: object, command: Command): Promise<void> {
  const context = openContext(command);
  const mended = await connected(context, reconcileSimulations);
  const lines = mended.map(
    ({ simulationId, was, is }) => `Simulation "${simulationId}" was ${was}, is ${is}.`,
  );
  print(context, mended, lines.length === 0 ? 'Every row says what its execution is.' : lines.join('\n'));
}

async function status(id: string, _options: object, command: Command): Promise<void> {
  const context = openContext(command);
  await connected(context, async (services) => {
    const view = await viewSimulation(services, id);
    for (const warning of ignoredEnvironment(view.record.config, context.config, process.env))
      process.stderr.write(`${warning}\n`);
    print(context, view, renderView(view, context.webUiUrl));
  });
}

async function list(_options: object, command: Command): Promise<void> {
  const context = openContext(command);
  const records = await connected(context, ({ db }) => listSimulations(db));
  print(context, records, renderList(records));
}

async function digest(
  id: string,
  other: string | undefined,
  { byDay }: { byDay?: boolean },
  command: Command,
): Promise<void> {
  const context = openContext(command);
  await connected(context, async ({ db }) => {
    for (const one of other === undefined ? [id] : [id, other]) await loadSimulation(db, one);
    const ours = await digestSimulation(db, id);
    const theirs = other === undefined ? null : await digestSimulation(db, other);
    const difference = theirs === null ? null : firstDifference(ours, theirs);
    const { parts, ...short } = ours;
    const result = {
      ...(byDay === true ? ours : short),
      ...(theirs === null ? {} : { other: theirs.digest, firstDifference: difference }),
    };
    const lines = [
      `${ours.digest}  ${id}`,
      ...(theirs === null ? [] : [`${theirs.digest}  ${other}`]),
      ...(difference === null ? [] : [`They first differ in ${difference.table}, ${difference.part}.`]),
      ...(byDay === true
        ? parts.map((part) => `${part.digest.slice(0, 16)}  ${part.table}  ${part.part}  ${part.rows} rows`)
        : []),
    ];
    print(context, result, lines.join('\n'));
    if (difference !== null) process.exitCode = EXIT_CODES.checkFailed;
  });
}

async function review(id: string, _options: object, command: Command): Promise<void> {
  const context = openContext(command);
  const report = await connected(context, ({ db }) => reviewSimulation(db, id));
  print(context, report, renderReport(report, context.webUiUrl));
  if (report.checks.some((check) => !check.isOk)) process.exitCode = EXIT_CODES.checkFailed;
}

function fieldsOf(flags: StartFlags): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    simulationId: flags.id,
    datasetId: flags.dataset,
    agents: flags.agents === undefined ? undefined : numberOf('--agents', flags.agents),
    days: flags.days === undefined ? undefined : numberOf('--days', flags.days),
    seed: flags.seed,
    timeScale: flags.scale === undefined ? undefined : scaleOf(flags.scale),
    startDate: flags.startDate,
    execution: flags.execution,
    profile: flags.profile,
    channel: flags.channel,
    refreshPolicy: flags.refresh,
  };
  return withoutUndefined(fields);
}

function targetOf({ until, ...amounts }: Record<string, string>): Record<string, unknown> {
  return {
    ...Object.fromEntries(
      Object.entries(amounts).map(([unit, amount]) => [unit, numberOf(`--${unit}`, amount)]),
    ),
    ...(until === undefined ? {} : { until }),
  };
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new InvalidInputError(`${option} must be a number, not "${text}".`);
  return number;
}

function scaleOf(text: string): number | 'max' {
  const scale = parseTimeScale(text);
  if (scale === null)
    throw new InvalidInputError(
      `The scale must be a number above 0 and at most 1000000, or max, not "${text}".`,
    );
  return scale;
}

/** The events of a calendar file; what else is in it is for people. */
function eventsOf(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  const { events } = readJsonFile('event calendar', file);
  if (events !== undefined) return { events };
  throw new InvalidInputError(`The event calendar file ${file} has no list \`events\`.`);
}

function defaultId(): string {
  return `sim-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
