import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Connection } from '@temporalio/client';
import type { Config } from '../config.ts';
import { COMPLETE_JOURNEY_ID } from '../datasets/complete-journey/complete-journey.ts';
import { DEFAULT_DATASET_ID } from '../datasets/shipped-dataset.ts';
import { RandomKey } from '../domain/random.ts';
import { dealCoupons } from '../domain/retail/offer-assignment.ts';
import type { OfferRules, PoolCoupon } from '../domain/retail/offer-assignment.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Database } from '../prisma/client.ts';
import {
  countAgents,
  countCatalogue,
  existingTables,
  firstAgentId,
  readPool,
} from '../prisma/inspection-store.ts';
import { migrationStatus } from '../prisma/migrate.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { SIMULATION_QUEUE } from '../workflows/task-queues.ts';

// The pre-flight checklist of seed 000, item by item, with the assumptions A1 to A5 that it covers. Every check looks
// at the real thing and changes nothing; one that cannot look has failed.

export type PreflightCheck = {
  id: number;
  /** The assumption of seed 000 that it tests, if it is one. */
  assumption: 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | null;
  title: string;
  isOk: boolean;
  found: string;
  /** How to mend it, as a command to copy; null when nothing is to be mended. */
  remedy: string | null;
};

export type PoolDepth = {
  coupons: number;
  perCycle: number;
  /** Cycles of fresh coupons until the pool is used up. */ cycles: number | null;
};

export type PreflightReport = {
  datasetId: string;
  isOk: boolean;
  checks: PreflightCheck[];
  pool: { frontstore: PoolDepth; categoryBrand: PoolDepth } | null;
};

export type PreflightContext = {
  db: Database;
  databaseUrl: string;
  config: Config;
  datasetId: string;
  temporalAddress: string;
  /** Null when the Temporal server is not ours. */
  webUiUrl: string | null;
  logFolder: string;
};

const NEEDED = { agents: 2, frontstore: 50, categoryBrand: 150, categories: 2 };
const TABLES_OF_MIGRATION_007 = ['offer_cycles', 'user_offer_cycles', 'simulation_state'];
/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's API. */
const WORKFLOW_TASKS = 1;
const ANSWER_TIMEOUT_MS = 5_000;
/** A worker that has polled within this time is at work. */
const POLLER_AGE_MS = 5 * 60_000;

export async function preflight(context: PreflightContext): Promise<PreflightReport> {
  const checks: PreflightCheck[] = [];
  for (const item of CHECKLIST) checks.push(await carryOut(item, context));
  const pool = await poolDepth(context).catch(() => null);
  return { datasetId: context.datasetId, isOk: checks.every(({ isOk }) => isOk), checks, pool };
}

type Outcome = Pick<PreflightCheck, 'isOk' | 'found'>;
type Check = (context: PreflightContext) => Promise<Outcome>;

type Item = Pick<PreflightCheck, 'id' | 'assumption' | 'title'> & {
  check: Check;
  remedy: (context: PreflightContext) => string;
};

const RESTART = () => 'mercato down && mercato up';
const WRITABLE = ({ logFolder }: PreflightContext) =>
  `mkdir -p "${logFolder}" && chmod -R u+rwX "${logFolder}"`;

const CHECKLIST: Item[] = [
  { id: 1, assumption: 'A1', title: 'at least 2 active agents', check: checkAgents, remedy: seedCommand },
  { id: 2, assumption: 'A1', title: 'every agent has its user', check: checkUsers, remedy: seedCommand },
  {
    id: 3,
    assumption: 'A2',
    title: '50 frontstore and 150 category/brand coupons',
    check: checkPool,
    remedy: seedCommand,
  },
  {
    id: 4,
    assumption: 'A3',
    title: 'products in several categories',
    check: checkCatalogue,
    remedy: seedCommand,
  },
  { id: 5, assumption: 'A4', title: 'migrations applied', check: checkMigrations, remedy: RESTART },
  {
    id: 6,
    assumption: 'A5',
    title: 'SIMULATION_MODE=true',
    check: checkMode,
    remedy: () => 'export SIMULATION_MODE=true',
  },
  {
    id: 7,
    assumption: null,
    title: 'start, advance and status can be carried out',
    check: checkTemporal,
    remedy: RESTART,
  },
  {
    id: 8,
    assumption: null,
    title: 'offers can be dealt to one agent',
    check: checkDeal,
    remedy: seedCommand,
  },
  { id: 9, assumption: null, title: 'logs can be written', check: checkLogs, remedy: WRITABLE },
  { id: 10, assumption: null, title: 'monitoring answers', check: checkMonitoring, remedy: RESTART },
];

async function carryOut(
  { check, remedy, ...item }: Item,
  context: PreflightContext,
): Promise<PreflightCheck> {
  const { isOk, found } = await check(context).catch((error: unknown) => ({
    isOk: false,
    found: lastLine(error),
  }));
  return { ...item, isOk, found, remedy: isOk ? null : remedy(context) };
}

async function checkAgents({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { active } = await countAgents(db, datasetId);
  return { isOk: active >= NEEDED.agents, found: `${active} active agents in dataset ${datasetId}` };
}

async function checkUsers({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { active, withUser } = await countAgents(db, datasetId);
  const found = `${withUser} of ${active} active agents with a simulated user of their name`;
  return { isOk: active > 0 && withUser === active, found };
}

async function checkPool({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { frontstore, categoryBrand } = countPool(await readPool(db, datasetId));
  const isOk = frontstore >= NEEDED.frontstore && categoryBrand >= NEEDED.categoryBrand;
  return { isOk, found: `${frontstore} frontstore, ${categoryBrand} category/brand` };
}

async function checkCatalogue({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { stores, products, categories } = await countCatalogue(db, datasetId);
  const isOk = categories >= NEEDED.categories && stores > 0;
  return { isOk, found: `${products} products in ${categories} categories, ${stores} stores` };
}

async function checkMigrations({ db, databaseUrl }: PreflightContext): Promise<Outcome> {
  const present = await existingTables(db, TABLES_OF_MIGRATION_007);
  const { applied, pending, failed } = await migrationStatus(databaseUrl);
  const missing = TABLES_OF_MIGRATION_007.filter((table) => !present.includes(table));
  const problems = Object.entries({ 'missing tables': missing, pending, failed }).filter(
    ([, names]) => names.length > 0,
  );
  if (problems.length > 0)
    return { isOk: false, found: problems.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; ') };
  return { isOk: true, found: `${applied.length} applied; ${TABLES_OF_MIGRATION_007.join(', ')} are there` };
}

async function checkMode({ config }: PreflightContext): Promise<Outcome> {
  return { isOk: config.simulationMode, found: `SIMULATION_MODE is ${config.simulationMode}` };
}

/** They are updates and queries of a workflow: they need the server, what executions are found by, and a worker. */
async function checkTemporal({ temporalAddress, config }: PreflightContext): Promise<Outcome> {
  const { namespace } = config.temporal;
  const connection = await Connection.connect({
    address: temporalAddress,
    connectTimeout: ANSWER_TIMEOUT_MS,
  });
  try {
    return await connection.withDeadline(Date.now() + ANSWER_TIMEOUT_MS, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      const missing = await missingSearchAttributes(connection, namespace);
      if (missing.length > 0)
        return {
          isOk: false,
          found: `namespace ${namespace} lacks the search attributes ${missing.join(', ')}`,
        };
      const workers = await countWorkers(connection, namespace);
      const found = `${temporalAddress}, namespace ${namespace}, workers on task queue ${SIMULATION_QUEUE}: ${workers}`;
      return { isOk: workers > 0, found };
    });
  } finally {
    await connection.close();
  }
}

async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => customAttributes[name] === undefined);
}

async function countWorkers(connection: Connection, namespace: string): Promise<number> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: SIMULATION_QUEUE },
    taskQueueType: WORKFLOW_TASKS,
  });
  const since = Date.now() - POLLER_AGE_MS;
  const recent = (pollers ?? []).filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > since,
  );
  return new Set(recent.map(({ identity }) => identity)).size;
}

/** Twice, in memory: a full deal without repetitions, the same both times. */
async function checkDeal({ db, config, datasetId }: PreflightContext): Promise<Outcome> {
  const agentId = await firstAgentId(db, datasetId);
  if (agentId === null) return { isOk: false, found: `dataset ${datasetId} has no active agent` };
  const rules = rulesOf(config);
  const pool = (await readPool(db, datasetId)) as PoolCoupon[];
  const key = RandomKey.of('preflight').at(agentId);
  const [deals, again] = [1, 2].map(
    () => dealCoupons({ rules, cycleNumber: 1, pool, entries: [], key }).deals,
  );
  const { frontstore, categoryBrand } = countPool(deals!);
  const flaws = [
    ...(new Set(deals!.map(({ code }) => code)).size < deals!.length ? ['some of them twice'] : []),
    ...(isDeepStrictEqual(deals, again) ? [] : ['others the second time']),
  ];
  const wanted = Math.min(rules.walletCapacity, rules.frontstorePerCycle + rules.categoryBrandPerCycle);
  const found = [
    `${agentId} would get ${frontstore} frontstore and ${categoryBrand} category/brand coupons`,
    ...flaws,
  ].join(', ');
  return { isOk: deals!.length === wanted && flaws.length === 0, found };
}

async function checkLogs({ logFolder }: PreflightContext): Promise<Outcome> {
  await mkdir(logFolder, { recursive: true });
  const file = path.join(logFolder, `preflight-${randomUUID()}`);
  try {
    await appendFile(file, 'preflight\n');
    const isOk = (await readFile(file, 'utf8')) === 'preflight\n';
    return {
      isOk,
      found: `${logFolder} ${isOk ? 'can be written and read back' : 'does not give back what was written'}`,
    };
  } finally {
    await rm(file, { force: true });
  }
}

/** Temporal's Web UI; with somebody else's server, the tables that the dashboard reads. */
async function checkMonitoring({ db, webUiUrl }: PreflightContext): Promise<Outcome> {
  if (webUiUrl === null) {
    const sessions = await db.shoppingSession.count();
    return {
      isOk: true,
      found: `statistics can be read (${sessions} sessions); the Web UI is that of your Temporal server`,
    };
  }
  const response = await fetch(webUiUrl, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return { isOk: response.ok, found: `${webUiUrl} answers with ${response.status}` };
}

async function poolDepth({
  db,
  config,
  datasetId,
}: PreflightContext): Promise<NonNullable<PreflightReport['pool']>> {
  const { frontstore, categoryBrand } = countPool(await readPool(db, datasetId));
  const depth = (coupons: number, perCycle: number) => ({
    coupons,
    perCycle,
    cycles: perCycle === 0 ? null : coupons / perCycle,
  });
  return {
    frontstore: depth(frontstore, config.frontstorePerCycle),
    categoryBrand: depth(categoryBrand, config.categoryBrandPerCycle),
  };
}

/** As a simulation started now would have them. */
function rulesOf(config: Config): OfferRules {
  const { refreshPolicy, noRepeatCycles } = SimulationConfig.parse({ simulationId: 'preflight' });
  return {
    refreshPolicy,
    noRepeatCycles,
    cycleDays: config.offerCycleDays,
    expirationDays: config.offerExpirationDays,
    walletCapacity: config.maxWalletCapacity,
    frontstorePerCycle: config.frontstorePerCycle,
    categoryBrandPerCycle: config.categoryBrandPerCycle,
  };
}

function countPool(coupons: readonly { scope: string }[]): { frontstore: number; categoryBrand: number } {
  const frontstore = coupons.filter(({ scope }) => scope === 'frontstore').length;
  return { frontstore, categoryBrand: coupons.length - frontstore };
}

function seedCommand({ datasetId }: PreflightContext): string {
  if (datasetId === DEFAULT_DATASET_ID) return 'mercato seed agents';
  if (datasetId === COMPLETE_JOURNEY_ID) return 'mercato seed agents --from complete-journey';
  return `mercato seed agents --from FILE.xlsx --dataset ${datasetId}`;
}

/** Where the libraries put what matters. */
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n').at(-1)!;
}
