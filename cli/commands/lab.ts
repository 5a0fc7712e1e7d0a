// The strategy lab: own strategies, and the sandbox that they run in. Needs neither Temporal nor a database.
import type { Command } from 'commander';
import { writeNewStrategy } from '../../sandbox/new-strategy.ts';
import { isJson, print } from '../context.ts';
import { registerLabEvaluate } from './lab-evaluate.ts';
import { registerLabAttack } from './lab-attack.ts';
import { registerLabSearch } from './lab-search.ts';

export function registerLab(program: Command): void {
  const group = program.command('lab').description('strategies of your own: write, try and judge them');
  group
    .command('new')
    .argument('<name>', 'of the strategy and its file')
    .option('--dir <folder>', 'where it is written', '.')
    .description('write a strategy to begin with, and the types it is written against')
    .action(writeNew);
  registerLabEvaluate(group);
  registerLabAttack(group);
  registerLabSearch(group);
}

function writeNew(name: string, { dir }: { dir: string }, command: Command): void {
  const files = writeNewStrategy(name, dir);
  print({ isJson: isJson(command) }, files, `${files.strategy}\n${files.types}`);
}
