// Simulations as tables for machine learning.
import type { Command } from 'commander';
import { exportSimulations } from '../../client/export.ts';
import type { ExportDescription } from '../../client/export.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { createDatabase } from '../../prisma/client.ts';
import { EXPORT_FORMATS } from '../../recordings/formats.ts';
import type { ExportFormat, WrittenTables } from '../../recordings/formats.ts';
import { openDatabaseContext } from '../context.ts';
import { namesOf } from '../options.ts';

export function registerExport(program: Command): void {
  program
    .command('export')
    .argument('<simulations>', 'a simulation, or several with commas')
    .requiredOption('--out <folder>', 'a new folder')
    .option('--format <format>', `of the files: ${EXPORT_FORMATS.join(', ')}`, 'parquet')
    .option('--with-latent', 'also what no shop can know: traits, utilities, probabilities, reasons')
    .option('--horizon <days>', 'days within which a redemption counts; left out: the life of the coupon')
    .option('--test-share <share>', 'share of households, and of days at the end, that are held out', '0.25')
    .description('what happened, as tables to learn from, with a data dictionary, splits and labels')
    .action(exportTables);
}

type Flags = { out: string; format: string; withLatent?: true; horizon?: string; testShare: string };

async function exportTables(list: string, flags: Flags, command: Command): Promise<void> {
  const { out } = flags;
  if (out === '') throw new InvalidInputError('--out must not be empty.');
  const format = EXPORT_FORMATS.find((one) => one === flags.format);
  if (format === undefined)
    throw new InvalidInputError(`--format ${flags.format}: one of ${EXPORT_FORMATS.join(', ')}, please.`);
  const options = {
    withLatent: flags.withLatent === true,
    horizonDays: flags.horizon === undefined ? null : numberOf('--horizon', flags.horizon),
    testShare: numberOf('--test-share', flags.testShare),
  };
  const ids = namesOf(list);
  const { config, databaseUrl, isJson } = openDatabaseContext(command);
  const db = createDatabase(databaseUrl, { poolSize: config.database.poolSize });
  try {
    const { description, tables } = await exportSimulations(db, ids, options, async (exported) => {
      // Loaded when it is wanted: every other command starts without it.
      const { writeExport } = await import('../../recordings/write-export.ts');
      const written = await writeExport(out, exported.tables, exported.description, format);
      return { description: exported.description, tables: written };
    });
    const value = { folder: out, format, ...description, tables };
    process.stdout.write(`${isJson ? JSON.stringify(value) : render(out, description, tables, format)}\n`);
  } finally {
    await db.$disconnect();
  }
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidInputError(`${flag} is a number; "${text}" is none.`);
  return value;
}

function render(
  folder: string,
  { simulations, testFromDay, testShare, withLatent }: ExportDescription,
  tables: WrittenTables,
  format: ExportFormat,
): string {
  const open = simulations.filter(({ status, days, config }) => status !== 'completed' && days < config.days);
  const notices = new Set(simulations.flatMap(({ notice }) => (notice === null ? [] : [notice])));
  return [
    `${folder}: ${simulations.map(({ simulationId, days }) => `${simulationId} (${days} days)`).join(', ')}`,
    ...Object.entries(tables).map(
      ([file, rows]) =>
        `  ${file.padEnd(22 + format.length - 7)} ${rows.toLocaleString('en-US').padStart(12)} rows`,
    ),
    '  dictionary.json        what every column means',
    '  export.json            what was exported, and how it was split',
    `Held out: ${Math.round(testShare * 100)} % of the households, and days from number ${testFromDay} on.`,
    ...(withLatent ? ['With latent columns: to check models against, not to train them on.'] : []),
    ...open.map(
      ({ simulationId, status, days, config }) =>
        `Simulation "${simulationId}" is ${status}: its first ${days} of ${config.days} days.`,
    ),
    ...notices,
  ].join('\n');
}
