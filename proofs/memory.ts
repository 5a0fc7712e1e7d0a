// Memory of processes together with their children: Postgres is one process per connection.
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Proportional set size of a process and all below it in MB: pages that several share are counted once. Null where
 * the system does not tell (anything but Linux).
 */
export function memoryOfTree(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) parents.set(Number(name), parent);
  }
  const isBelow = (one: number): boolean => {
    for (let at: number | undefined = one; at !== undefined && at > 1; at = parents.get(at))
      if (at === pid) return true;
    return false;
  };
  const kilobytes = [...parents.keys()].filter(isBelow).reduce((sum, one) => sum + sizeOf(one), 0);
  return Math.round(kilobytes / 102.4) / 10;
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function sizeOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    // It ended while we looked.
    return 0;
  }
}
