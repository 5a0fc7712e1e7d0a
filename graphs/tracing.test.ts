import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { aTrip } from '../tests/builders.ts';
import { createShoppingGraph } from './retail/shopping-graph.ts';
import { startTrip } from './retail/shopping-state.ts';
import type { ShoppingState } from './retail/shopping-state.ts';
import { NO_TRACE, traceToLangSmith } from './tracing.ts';
import type { TraceSink } from './tracing.ts';

const YES = { probability: 1, draw: 0.5, isYes: true, terms: {} };
const METADATA = { agent_id: 'agent_001', simulated_date: '2026-01-05' };

type Request = { url: string; apiKey: string | undefined; body: Buffer };
type Run = {
  name: string;
  id: string;
  parent_run_id?: string;
  session_name?: string;
  extra?: { metadata?: Record<string, unknown> };
};

/** A LangSmith on this machine: takes what is sent to it and answers with one status, or never. */
async function startLangSmith(
  answer: number | 'never',
): Promise<{ server: Server; endpoint: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      requests.push({
        url: request.url ?? '',
        apiKey: request.headers['x-api-key'] as string | undefined,
        body,
      });
      if (answer === 'never') return;
      response.writeHead(request.url === '/info' && answer === 202 ? 200 : answer, {
        'content-type': 'application/json',
      });
      response.end(
        request.url === '/info'
          ? JSON.stringify({ batch_ingest_config: { use_multipart_endpoint: true } })
          : '{}',
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The runs in multipart bodies: parts `post.<id>` carry a run, parts `post.<id>.inputs` and the like its contents. */
function runsIn(requests: readonly Request[]): Run[] {
  const runs = new Map<string, Run>();
  for (const { body } of requests.filter(({ url }) => url === '/runs/multipart')) {
    for (const part of body.toString('utf8').split(/\r\n--|^--/)) {
      const name = /name="(?:post|patch)\.([0-9a-f-]{36})(?:\.(\w+))?"/.exec(part);
      const content = part.slice(part.indexOf('\r\n\r\n') + 4);
      if (name === null) continue;
      const [, id = '', field] = name;
      const before = runs.get(id);
      const value = JSON.parse(content) as object;
      runs.set(id, { ...before, ...(field === undefined ? value : { [field]: value }), id } as Run);
    }
  }
  return [...runs.values()];
}

async function shop(sink: TraceSink): Promise<ShoppingState> {
  const runTrip = createShoppingGraph({
    policy: { ...rulesPolicy, decideShop: () => YES },
    profile: 'full',
    returnToShelves: true,
  });
  return runTrip(startTrip(aTrip(), 600), { callbacks: sink.callbacks, metadata: METADATA });
}

const traced = (endpoint: string): TraceSink =>
  traceToLangSmith({ apiKey: 'test-key', endpoint, project: 'mercato-test' });

beforeEach(() => {
  // The client reports every failure here; the tests below provoke them.
  jest.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

describe('a trip that is traced to LangSmith', () => {
  let requests: Request[];
  let runs: Run[];

  beforeAll(async () => {
    const langSmith = await startLangSmith(202);
    const sink = traced(langSmith.endpoint);
    await shop(sink);
    await sink.flush();
    await stop(langSmith.server);
    requests = langSmith.requests;
    runs = runsIn(requests);
  });

  test('has one run for the trip and one below it for each node', () => {
    const root = runs.find((run) => run.name === 'shopping_trip')!;
    // LangGraph's own first step is a run too.
    const nodes = runs
      .filter((run) => run.parent_run_id === root.id && run.name !== '__start__')
      .map((run) => run.name);
    expect(nodes.sort()).toEqual([
      'add_to_cart',
      'browse_products',
      'complete_checkout',
      'decide_checkout',
      'decide_shop',
      'view_coupons',
    ]);
  });

  test('says on every run who shopped and on which simulated date', () => {
    const metadata = runs.map((run) => run.extra?.metadata ?? {});
    expect(
      metadata.filter((each) => each['agent_id'] !== 'agent_001' || each['simulated_date'] !== '2026-01-05'),
    ).toEqual([]);
  });

  test('goes to its project, with its key', () => {
    expect([
      new Set(runs.map((run) => run.session_name)),
      new Set(requests.map((request) => request.apiKey)),
    ]).toEqual([new Set(['mercato-test']), new Set(['test-key'])]);
  });

  test('shows the cart, and not the catalogue', () => {
    const sent = Buffer.concat(requests.map((request) => request.body)).toString('utf8');
    expect([/"cart":\[\{[^}]*"sku":/.test(sent), sent.includes('basketWeight')]).toEqual([true, false]);
  });

  test('is sent in less than a quarter of a megabyte', () => {
    expect(requests.reduce((sum, request) => sum + request.body.length, 0)).toBeLessThan(250_000);
  });
});

describe('a LangSmith that does not work', () => {
  const untraced = { sink: NO_TRACE, tidy: async () => {} };

  const broken: [string, () => Promise<{ sink: TraceSink; tidy: () => Promise<void> }>][] = [
    [
      'is away',
      async () => {
        const { server, endpoint } = await startLangSmith(202);
        await stop(server);
        return { sink: traced(endpoint), tidy: async () => {} };
      },
    ],
    [
      'answers 500',
      async () => {
        const { server, endpoint } = await startLangSmith(500);
        return { sink: traced(endpoint), tidy: () => stop(server) };
      },
    ],
    [
      'refuses the key',
      async () => {
        const { server, endpoint } = await startLangSmith(403);
        return { sink: traced(endpoint), tidy: () => stop(server) };
      },
    ],
  ];

  test.each(broken)('because it %s changes nothing about a trip', async (_, start) => {
    const { sink, tidy } = await start();
    const [state, expected] = [await shop(sink), await shop(untraced.sink)];
    await sink.flush();
    await tidy();
    expect(state.session).toEqual(expected.session);
  });

  test('because it never answers does not hold up a trip', async () => {
    const { server, endpoint } = await startLangSmith('never');
    const sink = traced(endpoint);
    // Resolves although nothing that was sent is answered.
    const [state, expected] = [await shop(sink), await shop(untraced.sink)];
    await stop(server);
    expect(state.session).toEqual(expected.session);
  });

  test.each(broken)('because it %s lets a worker end', async (_, start) => {
    const { sink, tidy } = await start();
    await shop(sink);
    await expect(sink.flush()).resolves.toBeUndefined();
    await tidy();
  });

  test('because it never answers lets a worker end', async () => {
    const { server, endpoint } = await startLangSmith('never');
    const sink = traced(endpoint);
    await shop(sink);
    await expect(sink.flush()).resolves.toBeUndefined();
    await stop(server);
  }, 60_000);
});
