// Judging a strategy, and checking somebody else's judgement. Needs neither Temporal nor a database.
import type { Command } from 'commander';
import { CLOSED_KINDS } from '../../sandbox/sandbox.ts';
import type { EvaluateFlags } from '../lab-evaluation.ts';
import type { ReportFlags } from '../lab-report.ts';

export function registerLabEvaluate(group: Command): void {
  const running = (command: Command): Command =>
    command.option('--processes <n>', 'runs at the same time; left out: one for each processor');
  running(
    group
      .command('evaluate')
      .argument('<file>', 'a strategy, as `lab new` writes one')
      .description('is a strategy better than another one, or only lucky?'),
  )
    .option(
      '--against <reference>',
      'cash, random (with its turnover), best (of the versions that were tried on these days), or the file of another strategy',
      'cash',
    )
    .option('--scenarios <names>', 'with commas between them; presets of `market presets` too', 'realistic')
    .option('--seeds <seeds>', 'how many days, or which: 1-40', '40')
    .option('--looks <counts>', 'instead: look after so many days, and stop when it is clear: 20,40,80')
    .option('--minutes <n>', 'of each day from its open; left out: the whole day')
    .option('--target <shares>', 'to be held at the close: judged by implementation shortfall', '0')
    .option(
      '--sealed [what]',
      'on what nobody has looked at; the look is written down: seeds, parameters, mechanism, or all (with known days beside them)',
    )
    .option('--parameters <json>', 'of the strategy, for instance {"quantity":20}', '{}')
    .option('--sandbox <kind>', CLOSED_KINDS.join(' or '), CLOSED_KINDS[0])
    .option('--capacity <n>', 'on so many of the days also at other fees, latencies and sizes')
    .option('--out <folder>', 'a new folder for run cards, runs as Parquet, and report as HTML')
    .action(async (file: string, flags: EvaluateFlags, command: Command) =>
      (await import('../lab-evaluation.ts')).runEvaluate(file, flags, command),
    );
  group
    .command('report')
    .argument('<folder>', 'of `lab evaluate --out` or `lab search --out`')
    .description('write the page of an evaluation or a search again')
    .option('--search <folder>', 'of the search that the strategy was found by: its candidates are shown too')
    .option('--out <file>', 'left out: report.html in the folder')
    .action(async (folder: string, flags: ReportFlags, command: Command) =>
      (await import('../lab-report.ts')).runReport(folder, flags, command),
    );
  running(
    group
      .command('verify')
      .argument('<card>', 'card.json of an evaluation')
      .description('run everything on a run card again, and say what differs first'),
  ).action(async (card: string, flags: { processes?: string }, command: Command) =>
    (await import('../lab-evaluation.ts')).runVerify(card, flags, command),
  );
}
