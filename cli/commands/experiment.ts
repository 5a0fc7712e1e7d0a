// What one way of dealing offers does that another does not.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  reportExperiment,
  reportPairs,
  startExperiment,
  stopExperiment,
  viewExperiment,
  waitForExperiment,
} from '../../client/experiments.ts';
import type { Services } from '../../client/simulations.ts';
import { offersOf, requireSimulationMode } from '../../client/start-config.ts';
import { listExperiments } from '../../prisma/experiment-store.ts';
import { readConfigFile, readOffers } from '../config-file.ts';
import { connected, openContext, print } from '../context.ts';
import type { CliContext } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { namesOf, wholeNumber, withoutUndefined } from '../options.ts';
import { progressLine } from '../progress.ts';
import { renderComparison, renderExperiment, renderLift, renderView } from '../render-experiment.ts';
import { requireFolderOf, writeExperimentPage } from '../experiment-page.ts';

export function registerExperiment(program: Command): void {
  const group = program
    .command('experiment')
    .description('what an offer policy causes, and how sure that is');
  group
    .command('run')
    .argument(
      '<a>',
      'JSON file with fields of offers, FILE.csv#ROW, FILE.xlsx#ROW, or the name of a policy: none, random …',
    )
    .argument('<b>', 'the same for the other arm')
    .option('--id <id>', 'name of the experiment (default: exp-<date>-<time>)')
    .option('--seeds <n>', 'how many seeds, or their names with commas', '10')
    .option('--agents <n>', 'shoppers, the same in all simulations', '300')
    .option('--weeks <n>', 'weeks that are measured', '12')
    .option('--burn-in <n>', 'weeks before them, which count nothing', '26')
    .option('--dataset <name>', 'dataset with agents, catalogue and coupons')
    .option('--channel <channel>', 'in_store or online')
    .option('--start-date <date>', 'first simulated day')
    .option('--config <file>', 'JSON file with any other field that all simulations have in common')
    .option('--in-flight <n>', 'simulations at work at the same time', '2')
    .option('--html <file>', 'write the report as a page, too')
    .option('--no-wait', 'start it and come back at once')
    .description('run both arms on the same shoppers with the same luck, and compare them; again: go on')
    .action(run);
  group
    .command('report')
    .argument('<id>')
    .option('--html <file>', 'write it as a self-contained page')
    .description('the answer, where it came from, and how sure it is')
    .action(report);
  group.command('status').argument('<id>').description('how far its simulations are').action(status);
  group.command('list').description('all experiments, newest first').action(list);
  group
    .command('stop')
    .argument('<id>')
    .description('end what runs; `run` with the same arguments goes on where it was')
    .action(stop);
  group
    .command('compare')
    .argument('<a>', 'a completed simulation, or several of different seeds with commas')
    .argument('<b>', 'as many, of the same seeds, that differ in their offers alone')
    .option('--burn-in <weeks>', 'weeks at the beginning that count nothing', '0')
    .description('the same for simulations that were started by hand')
    .action(compare);
}

type RunFlags = {
  id?: string;
  seeds: string;
  agents: string;
  weeks: string;
  burnIn: string;
  dataset?: string;
  channel?: string;
  startDate?: string;
  config?: string;
  inFlight: string;
  html?: string;
  wait: boolean;
};

async function run(a: string, b: string, flags: RunFlags, command: Command): Promise<void> {
  const context = openContext(command);
  requireSimulationMode(context.config);
  if (flags.html !== undefined) requireFolderOf(flags.html);
  const [left, right] = [readOffers(a), readOffers(b)];
  const isSameName = left.name === right.name;
  const common = {
    ...offersOf(context.config),
    ...readConfigFile(flags.config),
    ...withoutUndefined({
      agents: wholeNumber('--agents', flags.agents, 1),
      datasetId: flags.dataset,
      channel: flags.channel,
      startDate: flags.startDate,
    }),
  };
  const experiment = {
    experimentId: flags.id ?? defaultId(),
    arms: [
      { ...left, name: isSameName ? 'a' : left.name },
      { ...right, name: isSameName ? 'b' : right.name },
    ],
    seeds: seedsOf(flags.seeds),
    weeks: wholeNumber('--weeks', flags.weeks, 1),
    burnInWeeks: wholeNumber('--burn-in', flags.burnIn, 0),
    inFlight: wholeNumber('--in-flight', flags.inFlight, 1),
    simulation: common,
  };
  await connected(context, async (services) => {
    const { experimentId } = await startExperiment(services, experiment);
    if (!flags.wait) {
      const view = await viewExperiment(services.db, experimentId);
      print(context, view, renderView(view));
      return;
    }
    await showExperiment(services, experimentId);
    const { failed } = await waitForExperiment(services, experimentId);
    for (const { simulationId, reason } of failed)
      process.stderr.write(`Simulation "${simulationId}" did not come to its end: ${reason}\n`);
    await printReport(services, context, experimentId, flags.html);
    if (failed.length > 0) process.exitCode = EXIT_CODES.checkFailed;
  });
}

async function report(id: string, { html }: { html?: string }, command: Command): Promise<void> {
  const context = openContext(command);
  await connected(context, (services) => printReport(services, context, id, html));
}

async function printReport(
  { db }: Services,
  context: CliContext,
  experimentId: string,
  html: string | undefined,
): Promise<void> {
  const found = await reportExperiment(db, experimentId);
  if (html !== undefined) await writeExperimentPage(html, found);
  print(context, found, `${renderExperiment(found)}${html === undefined ? '' : `\nThe page is in ${html}.`}`);
}

async function status(id: string, _options: object, command: Command): Promise<void> {
  const context = openContext(command);
  const view = await connected(context, ({ db }) => viewExperiment(db, id));
  print(context, view, renderView(view));
}

async function list(_options: object, command: Command): Promise<void> {
  const context = openContext(command);
  const records = await connected(context, ({ db }) => listExperiments(db));
  const lines = records.map(
    ({ experimentId, status: is, config }) =>
      `${experimentId}  ${is}  ${config.arms.map(({ name }) => name).join(' against ')}, ${config.seeds.length} ${config.seeds.length === 1 ? 'seed' : 'seeds'}`,
  );
  print(context, records, lines.length === 0 ? 'There are no experiments.' : lines.join('\n'));
}

async function stop(id: string, _options: object, command: Command): Promise<void> {
  const context = openContext(command);
  await connected(context, (services) => stopExperiment(services, id));
  print(context, { experimentId: id }, `Experiment "${id}" is ending.`);
}

async function compare(a: string, b: string, flags: { burnIn: string }, command: Command): Promise<void> {
  const burnIn = wholeNumber('--burn-in', flags.burnIn, 0);
  const context = openContext(command);
  await connected(context, async ({ db }) => {
    const found = await reportPairs(db, namesOf(a), namesOf(b), burnIn);
    print(
      context,
      { a: namesOf(a), b: namesOf(b), ...found },
      [renderComparison(found.comparison), '', ...renderLift(found)].join('\n'),
    );
  });
}

const POLL_MS = 1000;

/** Shows an experiment until it has ended. A server that is away for a while only delays it. */
export async function showExperiment({ db }: Services, experimentId: string): Promise<void> {
  const display = progressLine();
  for (;;) {
    const view = await viewExperiment(db, experimentId).catch(() => null);
    if (view !== null) {
      const days = view.simulations.reduce((sum, { committedDays }) => sum + committedDays, 0);
      const all = view.simulations.reduce((sum, simulation) => sum + simulation.days, 0);
      const done = view.simulations.filter(({ status: is }) => is === 'completed').length;
      display.show(days, all, `${done} of ${view.simulations.length} simulations completed`);
      if (view.record.finishedAt !== null) break;
    }
    await sleep(POLL_MS);
  }
  display.end();
}

/** `10` is the seeds 1 to 10; anything with a comma is a list of names. */
function seedsOf(given: string): string[] {
  if (given.includes(',')) return namesOf(given.replace(/,$/, ''));
  return Array.from({ length: wholeNumber('--seeds', given, 1) }, (_, i) => String(i + 1));
}

function defaultId(): string {
  return `exp-${new Date().toISOString().slice(2, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
