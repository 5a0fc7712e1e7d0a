// What `lab report` does: the page of an evaluation or of a search, from what its folder holds.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { digestOf, digestOfResults, readRunCard, sha256 } from '../client/lab-card.ts';
import type { RunCard } from '../client/lab-card.ts';
import type { EvaluationSummary } from '../client/lab-judgement.ts';
import type { SearchRecord } from '../client/lab-search.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { isJson, print } from './context.ts';
import { evaluationPage } from './lab-page.ts';
import { searchPage } from './lab-search-page.ts';

export type ReportFlags = { search?: string; out?: string };

/** @throws InvalidInputError when the folder holds neither, or what it holds does not fit its card */
export async function runReport(folder: string, flags: ReportFlags, command: Command): Promise<void> {
  const isSearch = !existsSync(path.join(folder, 'evaluation.json'));
  if (isSearch && flags.search !== undefined)
    throw new InvalidInputError(`--search goes with an evaluation; ${folder} holds none.`);
  const page = isSearch
    ? await searchPage(readSearch(folder))
    : await evaluationReport(folder, flags.search ?? null);
  const file = flags.out ?? path.join(folder, 'report.html');
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  print({ isJson: isJson(command) }, { file }, file);
}

async function evaluationReport(folder: string, searchFolder: string | null): Promise<string> {
  const file = path.join(folder, 'evaluation.json');
  const summary = read<EvaluationSummary>(file, 'mercato evaluation');
  const card = readRunCard(path.join(folder, 'card.json'));
  if (card.verdict.digest !== digestOfResults(summary) || card.evaluation !== digestOf(summary))
    throw new InvalidInputError(
      `${file} is not what card.json was written with: one of them has been changed.`,
    );
  return evaluationPage(summary, card, searchFolder === null ? null : searchOf(card, searchFolder));
}

/** @throws InvalidInputError when the strategy on the card is neither what the search began with nor what it found */
function searchOf({ strategy }: RunCard, folder: string): SearchRecord {
  const search = readSearch(folder);
  const winner = path.join(folder, 'winner.ts');
  const hashes = [search.strategy.hash, ...(existsSync(winner) ? [sha256(readFileSync(winner))] : [])];
  if (hashes.includes(strategy.hash)) return search;
  throw new InvalidInputError(
    `${folder} is a search over ${search.strategy.fileName}, and ${strategy.fileName} (${strategy.hash.slice(0, 8)}) is neither that nor the winner that it wrote.`,
  );
}

function readSearch(folder: string): SearchRecord {
  return read<SearchRecord>(path.join(folder, 'search.json'), 'mercato search');
}

/** What Mercato wrote itself: its format and version are looked at, the rest is taken as it is. */
function read<T extends { readonly format: string; readonly version: 1 }>(
  file: string,
  format: T['format'],
): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'), unbounded);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const { format: found, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (found === format && version === 1) return value as T;
  throw new InvalidInputError(`${file} is no ${format} of version 1.`);
}

/** JSON has no infinity: an end of an interval that is not bounded is written as null. */
function unbounded(key: string, value: unknown): unknown {
  if (key !== 'interval' || !Array.isArray(value)) return value;
  const [low, high] = value as [unknown, unknown];
  return [low ?? -Infinity, high ?? Infinity];
}
