#!/usr/bin/env node
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { registerCalibrate } from './commands/calibrate.ts';
import { registerCheckDb } from './commands/check-db.ts';
import { registerDemo } from './commands/demo.ts';
import { registerExperiment } from './commands/experiment.ts';
import { registerExport } from './commands/export.ts';
import { registerLab } from './commands/lab.ts';
import { registerMarket } from './commands/market.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPreflight } from './commands/preflight.ts';
import { registerQuarantine } from './commands/quarantine.ts';
import { registerRealism } from './commands/realism.ts';
import { registerSeed } from './commands/seed.ts';
import { registerSimulation } from './commands/simulation.ts';
import { registerStack } from './commands/stack.ts';
import { explain } from './errors.ts';
import { EXIT_CODES, exitCodeOf } from './exit-codes.ts';

async function main(): Promise<void> {
  // Whoever reads what is printed may stop before its end (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT_CODES.interrupted);
  });
  // This file and the bundle in `dist/` both stand one folder below the root. The environment wins over the file.
  const settings = path.join(__dirname, '..', '.env');
  if (existsSync(settings)) process.loadEnvFile(settings);
  const program = new Command('mercato')
    .description('Durable retail market simulations: simulated shoppers, offer cycles and what they cause.')
    .option('--json', 'print one JSON value instead of text')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  registerDemo(program);
  registerStack(program);
  registerSeed(program);
  registerExperiment(program);
  registerRealism(program);
  registerCalibrate(program);
  registerExport(program);
  registerMarket(program);
  registerLab(program);
  registerMigrate(program);
  registerCheckDb(program);
  registerPreflight(program);
  registerSimulation(program);
  registerQuarantine(program);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  // Commander has already said what it had to say.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    if (error.exitCode !== 0) printJsonError('usage', error.message);
    return;
  }
  const { code, message, stack, cause } = explain(error);
  process.stderr.write(`${message}\n`);
  printJsonError(code, message);
  if (process.env.MERCATO_LOG_LEVEL === 'debug') console.error(stack, cause ?? '');
  process.exitCode = exitCodeOf(code);
});

/** With `--json` an error is a JSON value as well. */
function printJsonError(error: string, message: string): void {
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error, message })}\n`);
}
