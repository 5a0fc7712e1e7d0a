// What processes and files take: processor time, memory, bytes on disk.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { parseConfig } from '../config.ts';
import type { Database } from '../prisma/client.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { memoryOf } from '../stack/process.ts';
import type { Supervisor } from '../stack/supervisor.ts';
import { memoryOfTree } from './memory.ts';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of processor time that a process, all below it and its children that have ended have used. Null where the
 * system does not tell (anything but Linux).
 */
export function cpuSecondsOfTree(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : null;
    if (stat !== null) stats.set(Number(name), stat);
  }
  const isBelow = (one: number): boolean => {
    for (let at: number | undefined = one; at !== undefined && at > 1; at = stats.get(at)?.parent)
      if (at === pid) return true;
    return false;
  };
  let ticks = 0;
  for (const [one, stat] of stats) if (isBelow(one)) ticks += stat.ticks;
  return ticks / TICKS_PER_SECOND;
}

type Stat = { parent: number; ticks: number };

/** A process's parent, and its own time with that of the children that it has collected. */
function readStat(pid: string): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name in brackets, may contain anything; the 14th to 17th are the times.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, ticks: fields.slice(11, 15).reduce((sum, value) => sum + value, 0) };
  } catch {
    // It ended while we looked.
    return null;
  }
}

const SAMPLE_MS = 1_000;

/** Watches the memory of all services until it is stopped; returns the highest of each. */
export function watchMemory(supervisor: Supervisor): { stop(): Record<string, number | null> } {
  const peaks = new Map<string, number | null>();
  const sample = (): void => {
    for (const { name, process: running } of supervisor.services) {
      const size = running === null ? null : memoryOfTree(running.pid);
      peaks.set(name, size === null ? null : Math.max(size, peaks.get(name) ?? 0));
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      // The system remembers the peak of one process, but not that of several together.
      for (const { name, process: running } of supervisor.services)
        if (name !== 'postgres' && running !== null)
          peaks.set(name, memoryOf(running.pid)?.peakMb ?? peaks.get(name) ?? null);
      return Object.fromEntries(peaks);
    },
  };
}

export type Sizes = { readonly postgresMb: number; readonly temporalMb: number };

export async function measureSizes(db: Database): Promise<Sizes> {
  const [row] = await db.$queryRaw<{ bytes: bigint }[]>`SELECT pg_database_size(current_database()) AS bytes`;
  const { temporalDatabase } = dataFolderAt(parseConfig(process.env).home);
  const files = ['', '-wal'].map((end) => statSync(`${temporalDatabase}${end}`, { throwIfNoEntry: false }));
  return {
    postgresMb: Number(row!.bytes) / 2 ** 20,
    temporalMb: files.reduce((sum, file) => sum + (file?.size ?? 0), 0) / 2 ** 20,
  };
}
