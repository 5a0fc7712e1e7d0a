import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import type { Config } from '../config.ts';
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
const ANSWER_TIMEOUT_MS = 5_000;
/** A worker that has polled within this time is at work. */
const POLLER_AGE_MS = 5 * 60_000;

export async function preflight(context: PreflightContext): Promise<PreflightReport> {
  const checks: PreflightCheck[] = [];
  for (const { check, ...item } of CHECKLIST) checks.push({ ...item, ...(await outcomeOf(check, context)) });
  const pool = await poolDepth(context).catch(() => null);
  return { datasetId: context.datasetId, isOk: checks.every(({ isOk }) => isOk), checks, pool };
}

type Outcome = Pick<PreflightCheck, 'isOk' | 'found' | 'remedy'>;
type Check = (context: PreflightContext) => Promise<Outcome>;

const CHECKLIST: (Pick<PreflightCheck, 'id' | 'assumption' | 'title'> & { check: Check })[] = [
  { id: 1, assumption: 'A1', title: 'at least 2 active agents', check: checkAgents },
  { id: 2, assumption: 'A1', title: 'every agent has its user', check: checkUsers },
  { id: 3, assumption: 'A2', title: '50 frontstore and 150 category/brand coupons', check: checkPool },
  { id: 4, assumption: 'A3', title: 'products in several categories', check: checkCatalogue },
  { id: 5, assumption: 'A4', title: 'migrations applied', check: checkMigrations },
  { id: 6, assumption: 'A5', title: 'SIMULATION_MODE=true', check: checkMode },
  { id: 7, assumption: null, title: 'start, advance and status can be carried out', check: checkTemporal },
  { id: 8, assumption: null, title: 'offers can be dealt to one agent', check: checkDeal },
  { id: 9, assumption: null, title: 'logs can be written', check: checkLogs },
  { id: 10, assumption: null, title: 'monitoring answers', check: checkMonitoring },
];

async function outcomeOf(check: Check, context: PreflightContext): Promise<Outcome> {
  try {
    return await check(context);
  } catch (error) {
    return { isOk: false, found: firstLine(error), remedy: 'mercato status' };
  }
}

async function checkAgents({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { active } = await countAgents(db, datasetId);
  return outcome(
    active >= NEEDED.agents,
    `${active} active agents in dataset ${datasetId}`,
    seedCommand(datasetId),
  );
}

async function checkUsers({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { active, withUser } = await countAgents(db, datasetId);
  return outcome(
    active > 0 && withUser === active,
    `${withUser} of ${active} active agents with a simulated user of their name`,
    seedCommand(datasetId),
  );
}

async function checkPool({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { frontstore, categoryBrand } = countPool(await readPool(db, datasetId));
  const isOk = frontstore >= NEEDED.frontstore && categoryBrand >= NEEDED.categoryBrand;
  return outcome(isOk, `${frontstore} frontstore, ${categoryBrand} category/brand`, seedCommand(datasetId));
}

async function checkCatalogue({ db, datasetId }: PreflightContext): Promise<Outcome> {
  const { stores, products, categories } = await countCatalogue(db, datasetId);
  const isOk = categories >= NEEDED.categories && stores > 0;
  return outcome(
    isOk,
    `${products} products in ${categories} categories, ${stores} stores`,
    seedCommand(datasetId),
  );
}

async function checkMigrations({ db, databaseUrl }: PreflightContext): Promise<Outcome> {
  const tables = await existingTables(db, TABLES_OF_MIGRATION_007);
  const missing = TABLES_OF_MIGRATION_007.filter((table) => !tables.includes(table));
  const { applied, pending, failed } = await migrationStatus(databaseUrl);
  const problems = [
    ...(missing.length > 0 ? [`no table ${missing.join(', ')}`] : []),
    ...(pending.length > 0 ? [`pending: ${pending.join(', ')}`] : []),
    ...(failed.length > 0 ? [`failed: ${failed.join(', ')}`] : []),
  ];
  const found =
    problems.length === 0
      ? `${applied.length} applied, ${TABLES_OF_MIGRATION_007.join(', ')} present`
      : problems.join('; ');
  return outcome(problems.length === 0, found, 'mercato down && mercato up');
}

async function checkMode({ config }: PreflightContext): Promise<Outcome> {
  return outcome(
    config.simulationMode,
    `SIMULATION_MODE is ${config.simulationMode}`,
    'export SIMULATION_MODE=true',
  );
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
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = SEARCH_ATTRIBUTES.map(({ name }) => name).filter(
        (name) => customAttributes[name] === undefined,
      );
      if (missing.length > 0)
        return outcome(
          false,
          `namespace ${namespace} lacks the search attributes ${missing.join(', ')}`,
          'mercato down && mercato up',
        );
      const workers = await countWorkers(connection, namespace);
      const found = `${temporalAddress}, namespace ${namespace}, ${workers} ${workers === 1 ? 'worker' : 'workers'} on task queue ${SIMULATION_QUEUE}`;
      return outcome(workers > 0, found, 'mercato down && mercato up');
    });
  } finally {
    await connection.close();
  }
}

async function countWorkers(connection: Connection, namespace: string): Promise<number> {
  const queue = { namespace, taskQueue: { name: SIMULATION_QUEUE } };
  const workflowTasks = 1;
  const { pollers } = await connection.workflowService.describeTaskQueue({
    ...queue,
    taskQueueType: workflowTasks,
  });
  const recent = (pollers ?? []).filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - POLLER_AGE_MS,
  );
  return new Set(recent.map(({ identity }) => identity)).size;
}

/** Twice, in memory: a full and lawful deal, the same both times. */
async function checkDeal({ db, config, datasetId }: PreflightContext): Promise<Outcome> {
  const agentId = await firstAgentId(db, datasetId);
  if (agentId === null)
    return outcome(false, `dataset ${datasetId} has no active agent`, seedCommand(datasetId));
  const rules = rulesOf(config);
  const pool = (await readPool(db, datasetId)) as PoolCoupon[];
  const deal = () =>
    dealCoupons({ rules, cycleNumber: 1, pool, entries: [], key: RandomKey.of('preflight').at(agentId) })
      .deals;
  const deals = deal();
  const { frontstore, categoryBrand } = countPool(deals);
  const isRepeatable = JSON.stringify(deals) === JSON.stringify(deal());
  const isDistinct = new Set(deals.map(({ code }) => code)).size === deals.length;
  const wanted = Math.min(rules.walletCapacity, rules.frontstorePerCycle + rules.categoryBrandPerCycle);
  const found = `${agentId} would get ${frontstore} frontstore and ${categoryBrand} category/brand coupons${isDistinct ? '' : ', some of them twice'}${isRepeatable ? '' : ', others each time'}`;
  return outcome(deals.length === wanted && isDistinct && isRepeatable, found, seedCommand(datasetId));
}

async function checkLogs({ logFolder }: PreflightContext): Promise<Outcome> {
  await mkdir(logFolder, { recursive: true });
  const file = path.join(logFolder, `preflight-${randomUUID()}`);
  try {
    await appendFile(file, 'preflight\n');
    const content = await readFile(file, 'utf8');
    return outcome(
      content === 'preflight\n',
      `${logFolder} can be written and read back`,
      `chmod -R u+rwX "${logFolder}"`,
    );
  } catch (error) {
    return outcome(false, firstLine(error), `chmod -R u+rwX "${logFolder}"`);
  } finally {
    await rm(file, { force: true });
  }
}

/** Temporal's Web UI; with somebody else's server, the tables that the dashboard reads. */
async function checkMonitoring({ db, webUiUrl }: PreflightContext): Promise<Outcome> {
  if (webUiUrl === null) {
    const sessions = await db.shoppingSession.count();
    return outcome(
      true,
      `statistics can be read (${sessions} sessions); the Web UI is that of your Temporal server`,
      null,
    );
  }
  const response = await fetch(webUiUrl, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return outcome(response.ok, `${webUiUrl} answers with ${response.status}`, 'mercato down && mercato up');
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

function outcome(isOk: boolean, found: string, remedy: string | null): Outcome {
  return { isOk, found, remedy: isOk ? null : remedy };
}

function seedCommand(datasetId: string): string {
  if (datasetId === 'default') return 'mercato seed agents';
  return datasetId === 'complete-journey'
    ? 'mercato seed agents --from complete-journey'
    : `mercato seed agents --from FILE.xlsx --dataset ${datasetId}`;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n').at(-1)!;
}
