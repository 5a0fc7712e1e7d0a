import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCompleteJourney } from '../datasets/complete-journey/complete-journey.ts';
import { openPackageFiles } from '../datasets/complete-journey/package-files.ts';
import { BadWorkbookError } from '../datasets/issue.ts';
import type { Issue } from '../datasets/issue.ts';
import { panelDataset } from '../datasets/panel/dataset.ts';
import { DEFAULT_DATASET_ID, moreShippedAgents, SHIPPED_AGENTS } from '../datasets/shipped-dataset.ts';
import { parseWorkbook } from '../datasets/workbook.ts';
import type { ParsedWorkbook } from '../datasets/workbook.ts';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset, readDatasetKeys } from '../prisma/dataset-store.ts';
import type { LoadResult } from '../prisma/dataset-store.ts';

// From where agents, catalogue and coupons come to where they are kept: read, check, load as a whole.

/** This file and the bundle in `dist/` both stand one folder below the root. */
export const SHIPPED_WORKBOOK = path.join(__dirname, '..', 'data', 'mercato.xlsx');

export type SeedSource =
  | { type: 'shipped' }
  | { type: 'workbook'; file: string }
  | { type: 'complete_journey'; folder: string | null; households: number | null; cacheFolder: string };

export type SeedOptions = {
  source: SeedSource;
  /** Null: `default` for workbooks, `complete-journey` for the panel. */
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
    case 'complete_journey': {
      const panel = await readCompleteJourney(await openPackageFiles(source));
      const { dataset, warnings } = panelDataset(panel, source);
      return { dataset: { ...dataset, id: options.datasetId ?? dataset.id }, issues: warnings };
    }
  }
}

async function readWorkbook(
  db: Database,
  file: string,
  { datasetId, skipBad }: SeedOptions,
): Promise<Reading> {
  const id = datasetId ?? DEFAULT_DATASET_ID;
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(id))
    throw new InvalidInputError(
      `Dataset name ${JSON.stringify(id)}: small letters, digits, _ . - only, at most 64.`,
    );
  const known = await readDatasetKeys(db, id);
  const head = known.head ?? { title: path.parse(file).name, notice: null, currency: 'USD' };
  const { dataset, issues } = parseOrName(file, await readFileOrExplain(file), { id, head, known });
  const stops = issues.some(({ severity }) => severity === 'fatal' || (severity === 'error' && !skipBad));
  if (stops) throw new BadWorkbookError(file, issues);
  return { dataset, issues };
}

/** Errors of the file as a whole do not know its name. */
function parseOrName(file: string, ...given: Parameters<typeof parseWorkbook>): ParsedWorkbook {
  try {
    return parseWorkbook(...given);
  } catch (cause) {
    if (cause instanceof InvalidInputError)
      throw new InvalidInputError(`${file}: ${cause.message}`, { cause });
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
  const more =
    source.type === 'complete_journey'
      ? `Ask for more with --households ${count}.`
      : 'Only the shipped workbook can be extended.';
  throw new InvalidInputError(
    `${count} agents were asked for, but the source has ${dataset.agents.length}. ${more}`,
  );
}
