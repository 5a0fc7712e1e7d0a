// Brings a database to the tables of this version where no `mercato up` does it: before the workers of a new version.
import type { Command } from 'commander';
import { applyMigrations } from '../../prisma/migrate.ts';
import { openDatabaseContext } from '../context.ts';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('apply the migrations that the database lacks; a second time changes nothing')
    .action(migrate);
}

async function migrate(_options: object, command: Command): Promise<void> {
  const { databaseUrl, isJson } = openDatabaseContext(command);
  const applied = await applyMigrations(databaseUrl);
  if (isJson) console.log(JSON.stringify({ applied }));
  else if (applied.length === 0) console.log('Every migration is applied already.');
  else console.log(`Migrations applied: ${applied.join(', ')}.`);
}
