// `mercato lab attack`: the attack set against the sandbox of this machine.
import type { Command } from 'commander';
import type { AttackResult } from '../../sandbox/attack-run.ts';
import { CLOSED_KINDS } from '../../sandbox/sandbox.ts';
import { isJson, print } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { untilInterrupted } from '../interrupt.ts';
import { oneOf } from '../options.ts';
import { progressLine } from '../progress.ts';

export function registerLabAttack(group: Command): void {
  group
    .command('attack')
    .description('hostile strategies against the sandbox: each must be held, and leave everything as it was')
    .option('--sandbox <kind>', CLOSED_KINDS.join(' or '), 'quickjs')
    .addHelpText(
      'after',
      '\nEach runs with the static rules off; the column `rule` says which of them would have refused it before.\n' +
        'Exit code 7 when one is not contained.',
    )
    .action(attack);
}

async function attack(flags: { sandbox: string }, command: Command): Promise<void> {
  const kind = oneOf('--sandbox', flags.sandbox, CLOSED_KINDS);
  // The parser of strategies is loaded when it is wanted: every other command starts without it.
  const { runAttacks } = await import('../../sandbox/attack-run.ts');
  const { ATTACKS } = await import('../../sandbox/attacks.ts');
  const progress = progressLine();
  let done = 0;
  const onResult = ({ name }: AttackResult): void => progress.show((done += 1), ATTACKS.length, name);
  const results = await untilInterrupted((signal) => runAttacks(ATTACKS, { kind, onResult, signal }));
  progress.end();
  const escaped = results.filter(({ isContained }) => !isContained);
  const value = {
    sandbox: kind,
    attacks: results.length,
    contained: results.length - escaped.length,
    results,
  };
  print({ isJson: isJson(command) }, value, renderAttacks(kind, results));
  if (escaped.length > 0) process.exitCode = EXIT_CODES.checkFailed;
}

function renderAttacks(kind: string, results: readonly AttackResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = results.map(
    ({ name, rule, end, milliseconds, findings }) =>
      `${name.padEnd(width)}  ${(rule ?? '–').padEnd(22)}${end.padEnd(16)}${String(milliseconds).padStart(6)}  ${
        findings.length === 0 ? 'contained' : `NOT CONTAINED: ${findings.join('; ')}`
      }`,
  );
  const contained = results.filter(({ isContained }) => isContained).length;
  return [
    `${'attack'.padEnd(width)}  ${'rule'.padEnd(22)}${'without rules'.padEnd(16)}${'ms'.padStart(6)}`,
    ...rows,
    '',
    `${contained} of ${results.length} contained by ${kind}; the host is as it was after each of these.`,
  ].join('\n');
}
