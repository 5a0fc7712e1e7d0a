// What is in the database: tables, row counts, a few rows, and whether the schema is this version's.
import Table from 'cli-table3';
import type { Command } from 'commander';
import { checkDatabase, type DatabaseReport } from '../../client/database-check.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { createDatabase } from '../../prisma/client.ts';
import { openDatabaseContext } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';

const LONGEST_VALUE = 80;

export function registerCheckDb(program: Command): void {
  program
    .command('check-db')
    .description(
      'list tables, row counts and sample rows, and validate the schema; exit code 7 when it is not this version’s',
    )
    .option('--samples <n>', 'rows shown of each table', '1')
    .action(checkDb);
}

async function checkDb({ samples }: { samples: string }, command: Command): Promise<void> {
  if (!/^\d{1,3}$/.test(samples))
    throw new InvalidInputError(`--samples ${samples}: a whole number from 0 to 999, please.`);
  const { config, databaseUrl, isJson } = openDatabaseContext(command);
  const db = createDatabase(databaseUrl, { poolSize: config.database.poolSize });
  try {
    const report = await checkDatabase(db, databaseUrl, Number(samples));
    console.log(isJson ? JSON.stringify(report) : describe(report).join('\n'));
    if (!report.isOk) process.exitCode = EXIT_CODES.checkFailed;
  } finally {
    await db.$disconnect();
  }
}

function describe({ tables, migrations, isOk }: DatabaseReport): string[] {
  const { applied, pending, failed, edited, unknown, drift } = migrations;
  const counts = new Table({
    head: ['table', 'rows'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  });
  counts.push(...tables.map(({ table, rows }) => [table, rows]));
  return [
    counts.toString(),
    ...tables
      .filter((one) => one.samples.length > 0)
      .flatMap(({ table, samples }) => ['', `${table}:`, ...samples.map(describeRow)]),
    '',
    `Migrations applied: ${applied.join(', ') || 'none'}`,
    ...Object.entries({ pending, failed, edited, unknown })
      .filter(([, names]) => names.length > 0)
      .map(([state, names]) => `Migrations ${state}: ${names.join(', ')}`),
    ...(drift === null ? [] : ['The tables differ from schema.prisma:', drift]),
    isOk
      ? 'The schema is valid.'
      : 'The schema is not that of this version. Start Mercato once with `mercato up`, which migrates.',
  ];
}

function describeRow(row: Record<string, unknown>): string {
  const cells = Object.entries(row).map(
    ([column, value]) => `${column}=${shortened(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return `  ${cells.join('  ')}`;
}

function shortened(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
