// The local services as a user meets them: by the built command, in a data folder of their own.
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import type { StackStatus } from '../cli/stack-status.ts';
import { freePort } from '../stack/ports.ts';
import { identify } from '../stack/process.ts';
import { createHome } from './environment.ts';

const COMMAND = path.join(__dirname, '..', 'dist', 'mercato.cjs');

// Every command is a process of its own, which takes a while on a machine that is busy with other things.
jest.setTimeout(180_000);

let home: string;

beforeAll(async () => {
  home = await createHome();
});

afterAll(async () => {
  await mercato('purge', '--yes');
}, 180_000);

describe('up', () => {
  test('starts Postgres, Temporal and a worker that answer', async () => {
    const status = await up();

    expect(status.services.map(({ name, status: state }) => [name, state])).toEqual([
      ['postgres', 'running'],
      ['temporal', 'running'],
      ['worker-1', 'running'],
    ]);
    expect(await tables(status)).toContain('simulation_state');
    await expect(isAnswering(status.temporalAddress)).resolves.toBe(true);
  }, 180_000);

  test('a second time changes nothing', async () => {
    const first = await up();

    const second = await up();

    expect(withoutMemory(second)).toEqual(withoutMemory(first));
  }, 180_000);

  test('lets logs show the last lines of one service', async () => {
    await up();

    const { stdout } = await mercato('logs', 'supervisor', '-n', '1');

    expect(stdout.trim().split('\n')).toHaveLength(1);
  }, 180_000);

  test('with another number of workers is refused while it runs', async () => {
    await up();

    const { exitCode, stderr } = await mercato('up', '--workers', '3');

    expect(stderr).toBe('Mercato already runs, with --workers 1: `mercato down` first.\n');
    expect(exitCode).toBe(6);
  }, 180_000);

  test('after down finds data and addresses as they were', async () => {
    const before = await up();
    await query(before, 'CREATE TABLE IF NOT EXISTS kept_by_a_test (id int)');

    await mercato('down');
    const after = await up();

    expect(await tables(after)).toContain('kept_by_a_test');
    expect([after.databaseUrl, after.temporalAddress, after.webUiUrl]).toEqual([
      before.databaseUrl,
      before.temporalAddress,
      before.webUiUrl,
    ]);
  }, 180_000);

  test('moves to another port when somebody took the remembered one', async () => {
    const before = await up();
    await mercato('down');
    const port = Number(new URL(before.databaseUrl ?? '').port);
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));

    const { stderr } = await mercato('up');

    occupant.close();
    expect(stderr).toContain(`Port ${port} is taken by another program: postgres uses`);
    expect(new URL((await up()).databaseUrl ?? '').port).not.toBe(String(port));
  }, 180_000);
});

describe('down', () => {
  test('ends every process', async () => {
    const { services, supervisorPid } = await up();

    const { stdout, exitCode } = await mercato('down');

    expect([stdout, exitCode]).toEqual(['Mercato is stopped.\n', 0]);
    const pids = [supervisorPid, ...services.map((service) => service.pid)];
    expect(pids.filter((pid) => pid === null || identify(pid) !== null)).toEqual([]);
  }, 180_000);

  test('where nothing runs is content', async () => {
    await mercato('down');

    const { stdout, exitCode } = await mercato('down');

    expect([stdout, exitCode]).toEqual(['Mercato was not running.\n', 0]);
  }, 180_000);

  test('makes status say so, with exit code 3', async () => {
    await mercato('down');

    const { stdout, exitCode } = await mercato('status');

    expect(stdout).toContain('Mercato is not running.');
    expect(exitCode).toBe(3);
  }, 180_000);
});

describe('kill -9', () => {
  test.each(['postgres', 'temporal', 'worker-1'])(
    'of %s: it is started again',
    async (name) => {
      const before = serviceOf(await up(), name);

      process.kill(before.pid ?? NaN, 'SIGKILL');

      const after = await serviceWith(name, ({ pid, status }) => status === 'running' && pid !== before.pid);
      expect([after.restarts, after.address]).toEqual([before.restarts + 1, before.address]);
    },
    60_000,
  );

  test('of the supervisor: the next up ends what it left behind', async () => {
    const before = await up();
    process.kill(before.supervisorPid ?? NaN, 'SIGKILL');

    const after = await up();

    const left = before.services
      .map((service) => service.pid)
      .filter((pid) => pid !== null && identify(pid) !== null);
    expect(left).toEqual([]);
    expect(after.services.every((service) => service.status === 'running')).toBe(true);
  }, 180_000);

  test('of the supervisor: down ends what it left behind', async () => {
    const { supervisorPid, services } = await up();
    process.kill(supervisorPid ?? NaN, 'SIGKILL');

    await mercato('down');

    const left = services
      .map((service) => service.pid)
      .filter((pid) => pid !== null && identify(pid) !== null);
    expect(left).toEqual([]);
  }, 180_000);
});

describe('one clear sentence', () => {
  test('for a folder that cannot be made', async () => {
    const file = path.join(await createHome(), 'file');
    writeFileSync(file, '');

    const { stderr, exitCode } = await mercatoIn(path.join(file, 'home'), 'up');

    expect(stderr).toBe(
      `Cannot write to the data folder ${file}/home: a part of the path is a file. ` +
        'Set MERCATO_HOME to a folder that can be written.\n',
    );
    expect(exitCode).toBe(4);
  });

  test('for a wrong environment', async () => {
    const { stderr, exitCode } = await mercatoIn(home, 'up', '--workers', 'many');

    expect(stderr).toBe(
      'Wrong environment: MERCATO_WORKERS is "many", but must be a whole number from 1 to 64.\n',
    );
    expect(exitCode).toBe(2);
  });

  test('for a database of yours that does not answer', async () => {
    const port = await freePort();

    const { stderr, exitCode } = await mercatoWith(
      { DATABASE_URL: `postgresql://me@127.0.0.1:${port}/x` },
      'up',
    );

    expect(stderr).toContain(`The database does not answer at 127.0.0.1:${port}`);
    expect(exitCode).toBe(4);
  }, 180_000);

  test('for purge without --yes, and nothing is deleted', async () => {
    const { stderr, exitCode } = await mercato('purge');

    expect(stderr).toContain('say `mercato purge --yes` if you mean it');
    expect([exitCode, existsSync(home)]).toEqual([2, true]);
  });

  test('for a command that does not exist', async () => {
    const { stderr, exitCode } = await mercato('dance');

    expect(stderr).toContain("error: unknown command 'dance'");
    expect(exitCode).toBe(2);
  });
});

type Result = { exitCode: number; stdout: string; stderr: string };

function mercato(...args: string[]): Promise<Result> {
  return mercatoIn(home, ...args);
}

function mercatoIn(folder: string, ...args: string[]): Promise<Result> {
  return mercatoWith({ MERCATO_HOME: folder }, ...args);
}

/** Without the developer's own settings. */
function mercatoWith(settings: Record<string, string>, ...args: string[]): Promise<Result> {
  const env = { ...process.env, DATABASE_URL: '', TEMPORAL_ADDRESS: '', MERCATO_WORKERS: '', ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function up(): Promise<StackStatus> {
  const { exitCode, stdout, stderr } = await mercato('up', '--json');
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as StackStatus;
}

type Service = StackStatus['services'][number];

/** What a process needs changes by itself. */
function withoutMemory(status: StackStatus): StackStatus {
  return { ...status, services: status.services.map((service) => ({ ...service, memory: null })) };
}

function serviceOf({ services }: StackStatus, name: string): Service {
  const service = services.find((one) => one.name === name);
  if (service === undefined) throw new Error(`There is no service ${name}.`);
  return service;
}

async function serviceWith(name: string, condition: (service: Service) => boolean): Promise<Service> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const { stdout } = await mercato('status', '--json');
    const service = serviceOf(JSON.parse(stdout) as StackStatus, name);
    if (condition(service)) return service;
    if (Date.now() > deadline) throw new Error(`${name} stayed ${service.status}.`);
    await sleep(200);
  }
}

async function tables(status: StackStatus): Promise<string[]> {
  const rows = await query(
    status,
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  return rows.map((row) => String(row.table_name));
}

async function query({ databaseUrl }: StackStatus, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl ?? '' });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function isAnswering(temporalAddress: string | null): Promise<boolean> {
  const connection = await Connection.connect({ address: temporalAddress ?? '' });
  await connection.close();
  return true;
}
