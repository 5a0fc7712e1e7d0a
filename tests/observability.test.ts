// What a worker tells of itself: logs, metrics, health, traces, and its death when it hangs. Real processes each time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { readStatus } from '../cli/stack-status.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { createDataFolder, dataFolderAt, writeState } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { identify } from '../stack/process.ts';
import { workerPortNames, workerProgram } from '../stack/workers.ts';
import { SIMULATION_QUEUE } from '../workflows/task-queues.ts';
import type { HealthReport } from '../workers/health.ts';
import { createHome } from './environment.ts';
import {
  aSimulation,
  aSmallDataset,
  createRig,
  eventually,
  handleOf,
  runSimulation,
} from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';
import { killWorkerProcesses, startWorkerProcess } from './worker-processes.ts';
import type { LogLine, WorkerProcess } from './worker-processes.ts';

const DATASET = aSmallDataset({ agents: 6 });
const BROKEN = DATASET.agents[0]!.agentId;
/** What the SDK shows from the first time on that it happens. */
const ONLY_IN_TROUBLE = new Set([
  'temporal_long_request_failure',
  'temporal_request_failure',
  'temporal_sticky_cache_total_forced_eviction',
]);

let rig: Rig;
let folder: string;
const closing: (() => void)[] = [];

beforeAll(async () => {
  rig = await createRig(DATASET);
  // The database allows an empty list, the persona's schema does not: this agent fails each time.
  await rig.db.$executeRaw`UPDATE agents SET preferred_categories = '{}' WHERE agent_id = ${BROKEN}`;
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-observability-'));
});

afterAll(async () => {
  killWorkerProcesses();
  for (const close of closing) close();
  rmSync(folder, { recursive: true });
  await rig.close();
});

describe('a worker with everything switched on', () => {
  const simulation = aSimulation({ days: 3, offerCycleDays: 2, execution: 'workflow' });
  const stranger = 'simulation/of-another-version';
  let lines: LogLine[];
  let metrics: string;
  let healthy: { status: number; report: HealthReport };
  let collector: Collector;

  beforeAll(async () => {
    collector = await startCollector();
    const ports = { health: await freePort(), metrics: await freePort() };
    const worker = await startWorkerProcess(rig, {
      MERCATO_HEALTH_PORT: String(ports.health),
      MERCATO_METRICS_PORT: String(ports.metrics),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=open%20sesame',
    });
    const says = (isIt: (line: LogLine) => boolean) =>
      eventually(
        async () => worker.lines(),
        (said) => said.some(isIt),
      );

    await rig.db.$executeRaw`ALTER TABLE offer_cycles RENAME TO offer_cycles_away`;
    await startSimulation(rig, simulation);
    await says(({ activityType, attempt }) => activityType === 'runOfferCycle' && attempt === 2);
    await handleOf(rig, simulation.simulationId).signal('setScale', 'nonsense');
    await says(({ msg }) => msg === 'Ignored a signal');
    await rig.db.$executeRaw`ALTER TABLE offer_cycles_away RENAME TO offer_cycles`;
    await waitForSimulation(rig, simulation.simulationId);
    const start = { taskQueue: SIMULATION_QUEUE, workflowId: stranger, args: [] };
    const unknown = await rig.temporal.workflow.start('noSuchWorkflow', start);
    await says(({ simulation: id }) => id === 'of-another-version');
    await unknown.terminate();
    metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    healthy = await askHealth(ports.health);
    worker.child.kill('SIGTERM');
    await worker.exit;
    lines = worker.lines();
  });

  describe('logs', () => {
    test('only JSON, each line with a time, a level and a message', () => {
      const isGood = ({ time, level, msg }: LogLine) =>
        new Date(time).toISOString() === time && /^(debug|info|warn|error)$/.test(level) && msg !== '';

      expect(lines.filter((line) => !isGood(line))).toEqual([]);
    });

    test('say of what simulation they speak, wherever they speak of one', () => {
      const about = lines.filter(
        ({ workflowId, workflowRunId, runId }) => workflowId ?? workflowRunId ?? runId,
      );

      expect(about.length).toBeGreaterThan(5);
      expect(about.filter((line) => line.simulation === undefined)).toEqual([]);
    });

    test('carry the simulation also when workflow code wrote them', () => {
      expect(lines.filter(({ msg }) => msg === 'Ignored a signal')).toMatchObject([
        { level: 'warn', simulation: simulation.simulationId, signal: 'setScale' },
      ]);
    });

    test('carry the simulation also when the native half of the SDK wrote them', () => {
      const native = lines.filter(
        ({ sdkComponent, runId }) => sdkComponent === 'core' && runId !== undefined,
      );

      expect(new Set(native.map((line) => line.simulation))).toEqual(new Set(['of-another-version']));
    });

    test('tell each failed attempt once, with reason, type, duration and that it is tried again', () => {
      const failures = failuresOf(lines, 'runOfferCycle');

      expect(failures.map(({ attempt }) => attempt)).toEqual(failures.map((_, index) => index + 1));
      expect(failures).toMatchObject(
        failures.map(() => ({
          level: 'warn',
          simulation: simulation.simulationId,
          reason: expect.stringContaining('offer_cycles') as string,
          type: 'PrismaClientKnownRequestError',
          willRetry: true,
          durationMs: expect.any(Number) as number,
        })),
      );
    });

    test('tell whose day failed, when, why and that this was final, once a day', async () => {
      const failures = failuresOf(lines, 'runShoppingDay');

      expect(failures.map(({ day, date }) => ({ day, date }))).toEqual(await failedDays(simulation));
      expect(failures).toMatchObject(
        failures.map(() => ({
          level: 'warn',
          simulation: simulation.simulationId,
          agent: BROKEN,
          reason: expect.stringContaining('preferredCategories') as string,
          type: 'AgentFailure',
          attempt: 1,
          willRetry: false,
        })),
      );
    });

    test('tell of each day what it was when it is committed', async () => {
      const committed = lines.filter(({ msg }) => msg === 'Day committed');

      expect(
        committed.map(({ level, day, date, shoppers, sessions, orders, failed }) => ({
          ...{ level, day, date, shoppers, sessions, orders, failed },
        })),
      ).toEqual(await storedDays(simulation));
      expect(committed.every(({ durationMs }) => Number(durationMs) > 0)).toBe(true);
    });
  });

  describe('metrics', () => {
    test('of its own say what the database says', async () => {
      const { simulationId } = simulation;
      const outcome = (name: string) =>
        rig.db.shoppingSession.count({ where: { simulationId, outcome: name } });
      const day = (status: string) => rig.db.shoppingDay.count({ where: { simulationId, status } });

      expect({
        completedDays: valueOf(metrics, 'mercato_shopping_days_total', 'status="completed"'),
        failedDays: valueOf(metrics, 'mercato_shopping_days_total', 'status="failed"'),
        timedDays: valueOf(metrics, 'mercato_shopping_day_seconds_count'),
        agentFailures: valueOf(metrics, 'mercato_agent_failures_total'),
        bought: valueOf(metrics, 'mercato_sessions_total', 'outcome="completed"'),
        abandoned: valueOf(metrics, 'mercato_sessions_total', 'outcome="abandoned"'),
        empty: valueOf(metrics, 'mercato_sessions_total', 'outcome="empty_cart"'),
        orders: valueOf(metrics, 'mercato_orders_total'),
        committed: valueOf(metrics, 'mercato_days_committed_total'),
        dealt: valueOf(metrics, 'mercato_coupons_dealt_total'),
      }).toEqual({
        completedDays: await day('completed'),
        failedDays: await day('failed'),
        timedDays: await day('completed'),
        agentFailures: await day('failed'),
        bought: await outcome('completed'),
        abandoned: await outcome('abandoned'),
        empty: await outcome('empty_cart'),
        orders: await rig.db.order.count({ where: { simulationId } }),
        committed: 3,
        dealt: await rig.db.userCoupon.count({ where: { simulationId } }),
      });
    });

    test.each([
      'mercato_process_resident_memory_bytes',
      'mercato_process_start_time_seconds',
      'mercato_database_answer_seconds',
      'mercato_main_thread_blocked_seconds',
      'temporal_worker_task_slots_available',
      'temporal_activity_execution_failed',
      'temporal_workflow_endtoend_latency_seconds_count',
    ])('contain %s', (name) => {
      expect(metrics).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
    });

    test.each(['metrics.md', 'grafana.json'])('are what docs/%s speaks of', (name) => {
      const text = readFileSync(path.join(__dirname, '..', 'docs', name), 'utf8');
      const named = new Set(text.match(/\b(mercato|temporal)_[a-z_]+/g));

      const unknown = [...named].filter((metric) => !shown().has(metric) && !ONLY_IN_TROUBLE.has(metric));
      expect([named.size > 10, unknown]).toEqual([true, []]);
    });

    test('of its own are all described in docs/metrics.md', () => {
      const text = readFileSync(path.join(__dirname, '..', 'docs', 'metrics.md'), 'utf8');
      const own = [...metrics.matchAll(/^# TYPE (mercato_\w+)/gm)].map(([, name = '']) => name);

      expect([own.length > 5, own.filter((name) => !text.includes(`\`${name}`))]).toEqual([true, []]);
    });

    /** Names of series and of the metrics that they belong to. */
    function shown(): Set<string> {
      const names = [...metrics.matchAll(/^(?:# TYPE )?((?:mercato|temporal)_\w+)/gm)];
      return new Set(names.map(([, name = '']) => name));
    }

    test('name no simulation and no agent: each would be a series for ever', () => {
      expect(metrics).not.toContain(simulation.simulationId);
      expect(metrics).not.toContain(BROKEN);
    });
  });

  test('health is 200 with what an operator asks first', () => {
    expect(healthy).toEqual({
      status: 200,
      report: {
        status: 'ok',
        reason: null,
        state: 'RUNNING',
        database: { isOk: true, ms: expect.any(Number) as number },
        temporal: { isOk: true, ms: expect.any(Number) as number },
        inFlight: { activities: 0, workflowTasks: 0 },
        cachedWorkflows: expect.any(Number) as number,
        longestBlockMs: expect.any(Number) as number,
        uptimeSeconds: expect.any(Number) as number,
      },
    });
  });

  describe('traces', () => {
    test('have a span for every attempt of an activity, the last ones sent at the shutdown', async () => {
      const { simulationId } = simulation;
      const attempts = await rig.db.shoppingDay.count({
        where: { simulationId, status: { in: ['completed', 'failed'] } },
      });
      const ofDays = collector.spans.filter(({ name }) => name === 'runShoppingDay');

      expect(ofDays.length).toBe(attempts);
      expect(new Set(collector.spans.map(({ name }) => name))).toEqual(
        new Set([
          ...['noteStatus', 'runOfferCycle', 'planDay', 'runShoppingDay', 'settleDays', 'commitDay'],
          ...['finishSimulation', 'simulationDay'],
        ]),
      );
    });

    test('carry whom they are about', () => {
      const failed = collector.spans.find(
        ({ name, status }) => name === 'runShoppingDay' && status.code === 2,
      );

      expect(failed).toMatchObject({
        status: { message: expect.stringContaining('preferredCategories') as string },
        attributes: {
          simulation: simulation.simulationId,
          day: expect.any(String) as string,
          date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string,
          agent: BROKEN,
          attempt: '1',
          workflowType: 'shoppingDay',
        },
      });
    });

    test('hold a simulated day together, whoever lived it', () => {
      const days = collector.spans.filter(({ name }) => name === 'simulationDay');
      const inDays = collector.spans.filter(
        ({ name, attributes }) => attributes.date !== undefined && name !== 'simulationDay',
      );
      const parentOf = ({ traceId, parentSpanId }: Span) =>
        days.find((day) => day.traceId === traceId && day.spanId === parentSpanId);

      expect(days.map(({ attributes }) => attributes.day)).toEqual(['0', '1', '2']);
      expect(inDays.filter((span) => parentOf(span)?.attributes.date !== span.attributes.date)).toEqual([]);
    });

    test('are sent with the headers that the collector wants', () => {
      expect(new Set(collector.headers.map((headers) => headers['x-key']))).toEqual(new Set(['open sesame']));
    });
  });
});

test('a collector that is away costs a line in the log, and nothing else', async () => {
  const worker = await startWorkerProcess(rig, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  });

  const { status } = await runSimulation(rig, aSimulation({ days: 1 }));

  worker.child.kill('SIGTERM');
  expect([status, await worker.exit]).toEqual(['completed', 0]);
  expect(worker.lines().filter(({ msg }) => msg === 'Traces could not be sent').length).toBe(1);
});

test('the log stays readable while Temporal is away, and the worker comes back with it', async () => {
  const temporal = await startProxy(Number(rig.temporalAddress.split(':')[1]));
  const worker = await startWorkerProcess({ ...rig, temporalAddress: temporal.address });
  const simulation = aSimulation({ days: 1 });

  temporal.refuse();
  const complaints = () => worker.lines().filter(({ level }) => level === 'warn' || level === 'error');
  await eventually(
    async () => complaints().length,
    (said) => said > 0,
  );
  const refusedBefore = temporal.refused();
  await eventually(
    async () => temporal.refused(),
    (refused) => refused > refusedBefore + 20,
  );
  const said = complaints();
  temporal.accept();
  const { status } = await runSimulation(rig, simulation);

  worker.child.kill('SIGTERM');
  await worker.exit;
  expect(status).toBe('completed');
  expect(said.length).toBeLessThan(10);
});

describe('health', () => {
  test('is 503 while the database is silent, with the reason, and 200 when it is back', async () => {
    const { worker, database, port } = await startOnProxiedDatabase();

    database.beSilent();
    const silent = await askHealth(port);
    database.accept();
    const after = await eventually(
      () => askHealth(port),
      ({ status }) => status === 200,
    );

    worker.child.kill('SIGTERM');
    await worker.exit;
    expect([silent.status, silent.report.reason]).toEqual([503, 'the database does not answer within 2 s']);
    expect(after.report.reason).toBeNull();
  });

  test('stays 200 while Temporal is away, and says so', async () => {
    const temporal = await startProxy(Number(rig.temporalAddress.split(':')[1]));
    const port = await freePort();
    const worker = await startWorkerProcess(
      { ...rig, temporalAddress: temporal.address },
      { MERCATO_HEALTH_PORT: String(port) },
    );

    temporal.refuse();
    const { status, report } = await askHealth(port);

    temporal.accept();
    worker.child.kill('SIGTERM');
    await worker.exit;
    expect([status, report.temporal.isOk]).toEqual([200, false]);
  });

  test('is 503 while the worker ends', async () => {
    const { worker, database, port } = await startOnProxiedDatabase();
    database.beSilent();
    const simulation = aSimulation({ days: 1 });
    await startSimulation(rig, simulation);
    await eventually(
      () => askHealth(port),
      ({ report }) => report.inFlight.activities > 0,
    );

    worker.child.kill('SIGTERM');
    const ending = await eventually(
      () => askHealth(port),
      ({ report }) => report.state !== 'RUNNING',
    );

    database.accept();
    await worker.exit;
    const next = await startWorkerProcess(rig);
    await waitForSimulation(rig, simulation.simulationId);
    next.child.kill('SIGTERM');
    await next.exit;
    expect(ending.status).toBe(503);
    expect(ending.report.reason).toMatch(/^the worker is (stopping|draining)$/);
  });

  test('is 503 after the main thread was blocked', async () => {
    const port = await freePort();
    const worker = await startWorkerProcess(rig, {
      MERCATO_HEALTH_PORT: String(port),
      NODE_OPTIONS: `--require ${aPreload('blockFor', 6_000)}`,
    });

    worker.child.kill('SIGHUP');
    // It hears of the signal sooner or later, and answers when it is free again.
    const { status, report } = await eventually(
      () => askHealth(port),
      ({ report: { reason } }) => reason !== null && reason.includes('main thread'),
    );

    worker.child.kill('SIGTERM');
    await worker.exit;
    expect(status).toBe(503);
    expect(report.reason).toMatch(/^the main thread was blocked for \d+ s$/);
  });

  test('is asked at /healthz alone', async () => {
    const port = await freePort();
    const worker = await startWorkerProcess(rig, { MERCATO_HEALTH_PORT: String(port) });

    const { status } = await fetch(`http://127.0.0.1:${port}/`);

    worker.child.kill('SIGTERM');
    await worker.exit;
    expect(status).toBe(404);
  });
});

describe('a worker whose main thread hangs', () => {
  test('is killed, after one line that says where it hung', async () => {
    const worker = await startWorkerProcess(rig, {
      MERCATO_WATCHDOG_SECONDS: '2',
      NODE_OPTIONS: `--require ${aPreload('hangForEver', null)}`,
    });

    worker.child.kill('SIGHUP');

    expect(await worker.exit).toBe('SIGKILL');
    expect(worker.lines().at(-1)).toMatchObject({
      level: 'error',
      msg: 'The main thread did not run for 2 s: the process is killed, to be started again',
      pid: worker.child.pid,
      stack: expect.arrayContaining([
        expect.stringMatching(/^hangForEver \(.*hangForEver\.cjs:1\)$/),
      ]) as string[],
    });
  });

  test('is left alone when nobody is to watch', async () => {
    const worker = await startWorkerProcess(rig, {
      MERCATO_WATCHDOG_SECONDS: '0',
      NODE_OPTIONS: `--require ${aPreload('blockFor', 3_000)}`,
    });

    worker.child.kill('SIGHUP');
    worker.child.kill('SIGTERM');

    expect(await worker.exit).toBe(0);
  });
});

describe('the local stack', () => {
  test('gives a worker its ports', () => {
    const addresses = {
      databaseUrl: 'postgresql://db',
      temporalAddress: 'a:1',
      namespace: 'n',
      webUiUrl: null,
    };

    expect(workerProgram('worker-1', addresses, 'log', { health: 5_001, metrics: 5_002 }).env).toMatchObject({
      MERCATO_HEALTH_PORT: '5001',
      MERCATO_METRICS_PORT: '5002',
    });
  });

  test('shows in its status where a worker answers', async () => {
    const home = dataFolderAt(await createHome());
    createDataFolder(home);
    const service = { status: 'running', stopSignal: 'SIGTERM', restarts: 0, logFile: 'log' } as const;
    const rest = {
      ...service,
      process: identify(process.pid),
      since: new Date().toISOString(),
      address: null,
    };
    const { health, metrics } = workerPortNames('worker-1');
    writeState(home, {
      supervisor: null,
      addresses: null,
      services: [
        { ...rest, name: 'temporal' },
        { ...rest, name: 'worker-1' },
      ],
      ports: { temporal: 5_000, [health]: 5_001, [metrics]: 5_002 },
    });

    const urls = readStatus(home).services.map(({ name, healthUrl, metricsUrl }) => [
      name,
      healthUrl,
      metricsUrl,
    ]);

    expect(urls).toEqual([
      ['temporal', null, null],
      ['worker-1', 'http://127.0.0.1:5001/healthz', 'http://127.0.0.1:5002/metrics'],
    ]);
  });
});

function failuresOf(lines: LogLine[], activityType: string): LogLine[] {
  return lines.filter((line) => line.msg === 'Activity failed' && line.activityType === activityType);
}

/** In the order in which they were lived. */
function failedDays({ simulationId }: SimulationConfig): Promise<{ day: number; date: string }[]> {
  return rig.db.$queryRaw`
    SELECT (d.simulated_date - s.start_date)::int AS day, d.simulated_date::text AS date
    FROM shopping_days d JOIN simulation_state s USING (simulation_id)
    WHERE simulation_id = ${simulationId} AND d.status = 'failed' ORDER BY 1`;
}

/** What the lines about committed days are to say. */
function storedDays({ simulationId }: SimulationConfig): Promise<object[]> {
  return rig.db.$queryRaw`
    SELECT 'info' AS level, n.day, (s.start_date + n.day)::text AS date,
           (SELECT count(*)::int FROM shopping_days d WHERE d.simulation_id = s.simulation_id
              AND d.simulated_date = s.start_date + n.day AND d.status IN ('completed', 'failed')) AS shoppers,
           (SELECT count(*)::int FROM shopping_sessions v WHERE v.simulation_id = s.simulation_id
              AND v.simulated_date = s.start_date + n.day) AS sessions,
           (SELECT count(*)::int FROM shopping_sessions v WHERE v.simulation_id = s.simulation_id
              AND v.simulated_date = s.start_date + n.day AND v.outcome = 'completed') AS orders,
           (SELECT count(*)::int FROM shopping_days d WHERE d.simulation_id = s.simulation_id
              AND d.simulated_date = s.start_date + n.day AND d.status = 'failed') AS failed
    FROM simulation_state s CROSS JOIN generate_series(0, 2) AS n(day)
    WHERE s.simulation_id = ${simulationId} ORDER BY n.day`;
}

/** The value of a metric with such a label; 0 when it was never counted. */
function valueOf(metrics: string, name: string, label = ''): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name}{`) && text.includes(label));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function askHealth(port: number): Promise<{ status: number; report: HealthReport }> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  return { status: response.status, report: (await response.json()) as HealthReport };
}

async function startOnProxiedDatabase(): Promise<{ worker: WorkerProcess; database: Proxy; port: number }> {
  const url = new URL(rig.databaseUrl);
  const database = await startProxy(Number(url.port));
  url.host = database.address;
  const port = await freePort();
  const settings = { MERCATO_HEALTH_PORT: String(port) };
  return { worker: await startWorkerProcess({ ...rig, databaseUrl: url.href }, settings), database, port };
}

/** A script that the worker loads first: at SIGHUP its main thread stands still. */
function aPreload(name: string, ms: number | null): string {
  const file = path.join(folder, `${name}.cjs`);
  const limit = ms === null ? '' : `, ${ms}`;
  writeFileSync(
    file,
    `function ${name}() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0${limit}); }\n` +
      `process.on('SIGHUP', ${name});\n`,
  );
  return file;
}

type Proxy = {
  address: string;
  accept(): void;
  /** Ends all connections, and each new one at once. */
  refuse(): void;
  /** Keeps all connections, and passes nothing on. */
  beSilent(): void;
  refused(): number;
};

/** A way to a server that can be cut. */
async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<net.Socket>();
  let state: 'open' | 'refusing' | 'silent' = 'open';
  let refused = 0;
  const server = net.createServer((inner) => {
    if (state === 'refusing') {
      refused += 1;
      inner.destroy();
      return;
    }
    const outer = net.connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      if (state === 'silent') from.pause();
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    accept() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    refuse() {
      state = 'refusing';
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    beSilent() {
      state = 'silent';
      for (const socket of sockets) socket.pause();
    },
    refused: () => refused,
  };
}

type Span = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code?: number; message?: string };
  attributes: Record<string, string>;
};

type Collector = { url: string; spans: Span[]; headers: IncomingHttpHeaders[] };

/** Speaks OTLP/HTTP, in JSON. */
async function startCollector(): Promise<Collector> {
  const collector: Collector = { url: '', spans: [], headers: [] };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      if (request.url !== '/v1/traces') return response.writeHead(404).end();
      collector.headers.push(request.headers);
      collector.spans.push(...spansOf(body));
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}

type Message = {
  resourceSpans: {
    scopeSpans: {
      spans: (Omit<Span, 'attributes'> & { attributes: { key: string; value: Record<string, string> }[] })[];
    }[];
  }[];
};

function spansOf(body: string): Span[] {
  const { resourceSpans } = JSON.parse(body) as Message;
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map((span) => ({
    ...span,
    attributes: Object.fromEntries(
      span.attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']),
    ),
  }));
}
