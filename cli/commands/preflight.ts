// The checklist before a simulation: what is there, what is missing, and the command that mends it.
import type { Command } from 'commander';
import {
  preflight as check,
  type PoolDepth,
  type PreflightCheck,
  type PreflightReport,
} from '../../client/preflight.ts';
import { createDatabase } from '../../prisma/client.ts';
import { openContext } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';

export function registerPreflight(program: Command): void {
  program
    .command('preflight')
    .description('check everything a simulation needs; exit code 7 when something is missing')
    .option('--dataset <name>', 'dataset that is to be simulated', 'default')
    .option('--force', 'exit code 0 whatever was found')
    .action(preflight);
}

async function preflight(
  { dataset, force }: { dataset: string; force?: boolean },
  command: Command,
): Promise<void> {
  const { config, databaseUrl, folder, isJson, temporalAddress, webUiUrl } = openContext(command);
  const db = createDatabase(databaseUrl, { poolSize: config.database.poolSize });
  try {
    const report = await check({
      db,
      databaseUrl,
      config,
      datasetId: dataset,
      temporalAddress,
      webUiUrl,
      logFolder: folder.logs,
    });
    if (isJson) console.log(JSON.stringify(report));
    else console.log(describe(report).join('\n'));
    if (!report.isOk && force !== true) process.exitCode = EXIT_CODES.checkFailed;
  } finally {
    await db.$disconnect();
  }
}

function describe({ checks, pool, isOk }: PreflightReport): string[] {
  const failed = checks.filter((one) => !one.isOk).length;
  return [
    ...checks.flatMap(describeCheck),
    ...(pool === null
      ? []
      : [
          `Pool ÷ deal: frontstore ${describeDepth(pool.frontstore)}, category/brand ${describeDepth(pool.categoryBrand)}.`,
        ]),
    isOk ? 'Ready.' : `${failed} of ${checks.length} checks failed; --force goes on all the same.`,
  ];
}

function describeCheck({ id, assumption, title, isOk, found, remedy }: PreflightCheck): string[] {
  const name = `${String(id).padStart(2)} ${(assumption ?? '').padEnd(2)} ${title}`;
  return [
    `${isOk ? 'ok    ' : 'FAILED'} ${name}: ${found}`,
    ...(remedy === null ? [] : [`             ${remedy}`]),
  ];
}

function describeDepth({ coupons, perCycle, cycles }: PoolDepth): string {
  return cycles === null
    ? `${coupons} ÷ 0`
    : `${coupons} ÷ ${perCycle} = ${cycles.toFixed(1)} cycles of fresh coupons`;
}
