// `npm run proof:realism`: whether the shipped shoppers live like real households, 300 agents in five seeds after half a
// year of burn-in: a year in the shop, and eight weeks online. Prints the tables of `mercato realism`; fails when a row does.
import { parseArgs } from 'node:util';
import { measureRealism } from '../client/realism.ts';
import type { RealismRun } from '../client/realism.ts';
import { REALISM_LEGEND, failingText, renderRealismTable } from '../cli/render-realism.ts';
import { runProof, say } from './run.ts';

const SIZE = { agents: 300, seeds: ['1', '2', '3', '4', '5'], burnInWeeks: 26 };
const RUNS = [
  { channel: 'in_store', weeks: 52 },
  { channel: 'online', weeks: 8 },
] as const;

runProof(async () => {
  const { json } = parseArgs({ options: { json: { type: 'boolean', default: false } } }).values;
  const runs: RealismRun[] = [];
  for (const { channel, weeks } of RUNS) {
    const run = await measureRealism({ channel }, { ...SIZE, weeks }, tenths(channel));
    runs.push(run);
    if (!json) process.stdout.write(`${describe(run)}\n\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(runs)}\n`);
  return runs.some(({ rows }) => rows.some(({ verdict }) => verdict === 'fails')) ? 1 : 0;
});

function describe({ channel, rows, seconds, source }: RealismRun): string {
  return [
    `${channel}, against: ${source}`,
    renderRealismTable(rows),
    REALISM_LEGEND,
    failingText(rows),
    `${seconds.toFixed(0)} s.`,
  ].join('\n');
}

function tenths(what: string): (part: number) => void {
  let said = 0;
  return (part) => {
    if (Math.floor(10 * part) === said) return;
    said = Math.floor(10 * part);
    say(`${what}: ${10 * said} %`);
  };
}
