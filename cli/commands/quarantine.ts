// Agents whose shopping days kept failing: who is left alone and why, and how one is let go.
import Table from 'cli-table3';
import type { Command } from 'commander';
import { withServices } from '../../client/services.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { listQuarantines, releaseAgent } from '../../prisma/quarantine-store.ts';
import type { QuarantineRecord } from '../../prisma/quarantine-store.ts';
import { openContext } from '../context.ts';

export function registerQuarantine(program: Command): void {
  const group = program
    .command('quarantine')
    .description('agents that are left alone, since their shopping days kept failing');
  group
    .command('list')
    .option('--simulation <id>', 'of one simulation only')
    .description('who is or was in quarantine, since which simulated date and why')
    .action(list);
  group
    .command('release')
    .argument('<agent>')
    .option('--simulation <id>', 'where; needed when it is in quarantine in several simulations')
    .description('let an agent shop again, from the next day that is not planned yet')
    .action(release);
}

type Flags = { simulation?: string };

async function list({ simulation }: Flags, command: Command): Promise<void> {
  const context = openContext(command);
  await withServices({ ...context, poolSize: 1 }, async ({ db }) => {
    const records = await listQuarantines(db, simulation ?? null);
    process.stdout.write(`${context.isJson ? JSON.stringify(records) : render(records)}\n`);
  });
}

async function release(agentId: string, { simulation }: Flags, command: Command): Promise<void> {
  const context = openContext(command);
  await withServices({ ...context, poolSize: 1 }, async ({ db }) => {
    const open = (await listQuarantines(db, simulation ?? null)).filter(
      (record) => record.agentId === agentId && record.releasedDate === null,
    );
    const simulationIds = open.map((record) => record.simulationId);
    if (simulationIds.length > 1)
      throw new InvalidInputError(
        `Agent "${agentId}" is in quarantine in ${simulationIds.join(' and ')}: say which with --simulation.`,
      );
    const simulationId = simulation ?? simulationIds[0];
    if (simulationId === undefined)
      throw new InvalidInputError(`Agent "${agentId}" is in quarantine nowhere.`);
    const releasedDate = await releaseAgent(db, simulationId, agentId);
    const result = { simulationId, agentId, releasedDate };
    process.stdout.write(
      `${context.isJson ? JSON.stringify(result) : `Agent "${agentId}" may shop again in simulation "${simulationId}" from ${releasedDate}.`}\n`,
    );
  });
}

function render(records: readonly QuarantineRecord[]): string {
  if (records.length === 0) return 'Nobody is in quarantine.';
  const table = new Table({
    head: ['simulation', 'agent', 'since', 'failed days', 'released', 'reason'],
    style: { head: [], border: [] },
    colWidths: [null, null, null, null, null, 60],
    wordWrap: true,
  });
  for (const record of records)
    table.push([
      record.simulationId,
      record.agentId,
      record.sinceDate,
      record.failedDays,
      record.releasedDate ?? '-',
      record.reason,
    ]);
  return table.toString();
}
