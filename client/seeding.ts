import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCompleteJourney } from '../datasets/complete-journey/complete-journey.ts';
import { openPackageFiles } from '../datasets/complete-journey/package-files.ts';
import { isSheetFolder, readCsvSheets } from '../datasets/csv-sheets.ts';
import { BadWorkbookError } from '../datasets/issue.ts';
import type { Issue } from '../datasets/issue.ts';
import { panelDataset } from '../datasets/panel/dataset.ts';
import { isPanelFolder, readPanelFolder } from '../datasets/panel/panel-folder.ts';
import { DEFAULT_DATASET_ID, moreShippedAgents, SHIPPED_AGENTS } from '../datasets/shipped-dataset.ts';
import { parseTables, parseWorkbook } from '../datasets/workbook.ts';
import type { ParsedWorkbook, WorkbookContext } from '../datasets/workbook.ts';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset, readDatasetKeys } from '../prisma/dataset-store.ts';
import type { LoadResult } from '../prisma/dataset-store.ts';

// From where agents, catalogue and coupons come to where they are kept: read, check, load as a whole.

/** This file and the bundle in `dist/` both stand one folder below the root. */
export const SHIPPED_WORKBOOK = path.join(__dirname, '..', 'data', 'mercato.xlsx');

/** How many households of a panel become agents; null = all. */
type Panel = { households: number | null };

export type SeedSource =
  | { type: 'shipped' }
  | { type: 'workbook'; file: string }
  /** A panel's tables, or the sheets of a workbook as CSV files. */
  | ({ type: 'folder'; folder: string } & Panel)
  | ({ type: 'complete_journey'; folder: string | null; cacheFolder: string } & Panel);

export type SeedOptions = {
  source: SeedSource;
  /** Null: `default` for workbooks and sheets, the panel's own name for panels. */
  datasetId: string | null;
  /** How many agents to load; null = all there are. */
  agents: number | null;
  /** Leave out bad rows and load the rest. */
  skipBad: boolean;
  /** Change a dataset that simulations were run on. */
  force: boolean;
};

export type SeedResult = LoadResult & {
  title: string;
  notice: string | null;
  agents: number;
  /** Rows and columns that were left out, and warnings. */
  issues: Issue[];
};

export async function seedAgents(db: Database, options: SeedOptions): Promise<SeedResult> {
  const { dataset, issues } = await readSource(db, options);
  const wanted = withAgents(dataset, options);
  const result = await loadDataset(db, wanted, { force: options.force });
  return { ...result, title: wanted.title, notice: wanted.notice, agents: wanted.agents.length, issues };
}

type Reading = { dataset: Dataset; issues: Issue[] };

async function readSource(db: Database, options: SeedOptions): Promise<Reading> {
  const { source } = options;
  switch (source.type) {
    case 'shipped':
      return readWorkbook(db, SHIPPED_WORKBOOK, options);
    case 'workbook':
      return readWorkbook(db, source.file, options);
    case 'folder':
      return readFolder(db, source, options);
    case 'complete_journey': {
      const panel = await readCompleteJourney(await openPackageFiles(source));
      return readingOf(panelDataset(panel, source), options);
    }
  }
}

async function readFolder(
  db: Database,
  source: Extract<SeedSource, { type: 'folder' }>,
  options: SeedOptions,
): Promise<Reading> {
  const { folder } = source;
  if (!existsSync(folder)) throw new NotFoundError(`There is no folder ${folder}.`);
  if (!(await isPanelFolder(folder))) {
    if (!(await isSheetFolder(folder)))
      throw new InvalidInputError(
        `${folder} has neither a panel (transactions.csv, products.csv; see docs/panel.md) nor sheets of a workbook (agents.csv, products.csv, coupons.csv …).`,
      );
    if (source.households !== null)
      throw new InvalidInputError(`${folder} has sheets and no panel; households are those of panels.`);
    return readSheets(db, folder, options, async (context) =>
      parseTables(await readCsvSheets(folder), context),
    );
  }
  const { panel, issues } = await readPanelFolder(folder);
  if (panel === null || stops(issues, options)) throw new BadWorkbookError(folder, issues);
  const { dataset, issues: warnings } = readingOf(panelDataset(panel, source), options);
  return { dataset, issues: [...issues, ...warnings] };
}

function readingOf(
  { dataset, warnings }: { dataset: Dataset; warnings: Issue[] },
  { datasetId }: SeedOptions,
): Reading {
  const id = datasetId ?? dataset.id;
  checkDatasetId(id);
  return { dataset: { ...dataset, id }, issues: warnings };
}

function readWorkbook(db: Database, file: string, options: SeedOptions): Promise<Reading> {
  return readSheets(db, file, options, async (context) =>
    parseWorkbook(await readFileOrExplain(file), context),
  );
}

/** Sheets may lack what the database has already of the dataset. */
async function readSheets(
  db: Database,
  place: string,
  options: SeedOptions,
  parse: (context: WorkbookContext) => Promise<ParsedWorkbook>,
): Promise<Reading> {
  const id = options.datasetId ?? DEFAULT_DATASET_ID;
  checkDatasetId(id);
  const known = await readDatasetKeys(db, id);
  const head = known.head ?? { title: path.parse(place).name, notice: null, currency: 'USD' };
  const { dataset, issues } = await named(place, () => parse({ id, head, known }));
  if (stops(issues, options)) throw new BadWorkbookError(place, issues);
  return { dataset, issues };
}

function stops(issues: readonly Issue[], { skipBad }: SeedOptions): boolean {
  return issues.some(({ severity }) => severity === 'fatal' || (severity === 'error' && !skipBad));
}

function checkDatasetId(id: string): void {
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(id))
    throw new InvalidInputError(
      `Dataset name ${JSON.stringify(id)}: small letters, digits, _ . - only, at most 64.`,
    );
}

/** Errors of a file as a whole do not know its name. */
async function named<T>(place: string, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (cause) {
    if (cause instanceof InvalidInputError)
      throw new InvalidInputError(`${place}: ${cause.message}`, { cause });
    throw cause;
  }
}

async function readFileOrExplain(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new NotFoundError(`There is no file ${file}.`, { cause });
    throw new InvalidInputError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The first agents; of the shipped kind there are as many as one wants. */
function withAgents(dataset: Dataset, { agents: count, source }: SeedOptions): Dataset {
  if (count === null || count === dataset.agents.length) return dataset;
  if (count < dataset.agents.length) return { ...dataset, agents: dataset.agents.slice(0, count) };
  if (source.type === 'shipped')
    return {
      ...dataset,
      agents: [...dataset.agents, ...moreShippedAgents(dataset, count).slice(SHIPPED_AGENTS)],
    };
  const isPanel = source.type === 'complete_journey' || source.type === 'folder';
  const more =
    isPanel && source.households !== null
      ? `Ask for more with --households ${count}.`
      : 'Only the shipped workbook can be extended.';
  throw new InvalidInputError(
    `${count} agents were asked for, but the source has ${dataset.agents.length}. ${more}`,
  );
}
