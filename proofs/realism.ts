// `npm run proof:realism`: whether the shipped shoppers live like real households, 300 agents in five seeds after half a
// year of burn-in: a year in the shop, and eight weeks online. Prints the tables of `mercato realism`; fails when a row does.
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
  let failing = 0;
  for (const { channel, weeks } of RUNS) {
    const run = await measureRealism({ channel }, { ...SIZE, weeks }, tenths(channel));
    process.stdout.write(`${describe(run)}\n\n`);
    failing += run.rows.filter(({ verdict }) => verdict === 'fails').length;
  }
  return failing === 0 ? 0 : 1;
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
