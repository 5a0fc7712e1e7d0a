import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError } from '../domain/errors.ts';
import type { DataFolder } from '../stack/data-folder.ts';

const POLL_MS = 250;
// More than enough for the last lines that anybody asks for, and a limit for files of gigabytes.
const TAIL_BYTES = 1024 * 1024;

export type LogOptions = { lines: number; isFollowing: boolean; isJson: boolean };

type LogLine = { service: string; line: string };

/**
 * The last lines of one service or of all; when following, also everything that comes, until Ctrl-C. As JSON they are one
 * array of `{ service, line }`; when following, one such object a line.
 */
export async function printLogs(
  folder: DataFolder,
  service: string | null,
  options: LogOptions,
): Promise<void> {
  const files = findLogs(folder, service);
  const read = new Map<string, number>();
  const print = (lines: readonly LogLine[]): void => printLines(lines, files.length > 1, options.isJson);
  const last: LogLine[] = [];
  for (const file of files) {
    const { size } = statSync(file);
    const tail = readFrom(file, Math.max(0, size - TAIL_BYTES))
      .trimEnd()
      .split('\n');
    if (options.lines > 0) last.push(...linesOf(file, tail.slice(-options.lines)));
    read.set(file, size);
  }
  if (options.isJson && !options.isFollowing) console.log(JSON.stringify(last));
  else print(last);
  while (options.isFollowing) {
    await sleep(POLL_MS);
    for (const file of files) {
      const from = read.get(file) ?? 0;
      const text = readFrom(file, from);
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      read.set(file, from + Buffer.byteLength(whole));
      print(linesOf(file, whole.trimEnd().split('\n')));
    }
  }
}

function findLogs(folder: DataFolder, service: string | null): string[] {
  const names = existsSync(folder.logs)
    ? readdirSync(folder.logs).filter((name) => name.endsWith('.log'))
    : [];
  const wanted = names.filter((name) => service === null || name === `${service}.log`);
  if (wanted.length > 0) return wanted.sort().map((name) => path.join(folder.logs, name));
  const known = names.map((name) => path.basename(name, '.log')).join(', ');
  throw new NotFoundError(
    `No logs${service === null ? '' : ` of ${service}`}; there are: ${known || 'none yet'}.`,
  );
}

function readFrom(file: string, from: number): string {
  const handle = openSync(file, 'r');
  try {
    const length = Math.max(0, fstatSync(handle).size - from);
    const buffer = Buffer.alloc(length);
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, length, from));
  } finally {
    closeSync(handle);
  }
}

function linesOf(file: string, lines: readonly string[]): LogLine[] {
  const service = path.basename(file, '.log');
  return lines.filter((line) => line !== '').map((line) => ({ service, line }));
}

function printLines(lines: readonly LogLine[], isNamed: boolean, isJson: boolean): void {
  for (const found of lines) {
    const text = isNamed ? `${found.service.padEnd(10)} | ${found.line}` : found.line;
    console.log(isJson ? JSON.stringify(found) : text);
  }
}
