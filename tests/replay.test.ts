// Histories that were recorded on earlier code (`temporal workflow show --output json`) replay on the code of today, and code or
// histories that do not fit each other are refused.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  DefaultLogger,
  Runtime,
  Worker,
  bundleWorkflowCode,
  makeTelemetryFilterString,
} from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';

const ROOT = path.join(__dirname, '..');
const HISTORIES = path.join(__dirname, 'histories');
const FILES = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .sort();

type RecordedHistory = { events: Record<string, unknown>[] };

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  shutdownSignals: [],
});

test('there is a history of every workflow', () => {
  const types = new Set(FILES.map((file) => typeOf(read(file))));

  expect([...types].sort()).toEqual([
    'experiment',
    'offerCycle',
    'shardDay',
    'shoppingDay',
    'simulation',
    'simulationDay',
  ]);
});

describe('replays on the code of today:', () => {
  test.each(FILES)('%s', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });
});

describe('is refused:', () => {
  test('a history in which another activity was called', async () => {
    const history = read('2026-11-first/workflow-shopping-day.json');
    const broken = JSON.parse(
      JSON.stringify(history).replaceAll('runShoppingDay', 'runAnotherDay'),
    ) as RecordedHistory;

    await expect(replay(broken)).rejects.toThrow(/determinis/i);
  });

  test('a history in which the children came in another order', async () => {
    const text = JSON.stringify(read('2026-11-first/workflow-simulation-first.json'));
    const broken = JSON.parse(text.replaceAll('"offerCycle"', '"anotherCycle"')) as RecordedHistory;

    await expect(replay(broken)).rejects.toThrow(/determinis/i);
  });

  test('code that was changed without `patched`, by the history of an execution it would have changed', async () => {
    const bundle = await bundleWithout("if (patched('mark-degraded')) ");

    await expect(replay(read('2026-11-first/failing-simulation.json'), bundle)).rejects.toThrow(
      /determinis/i,
    );
  }, 60_000);
});

async function replay(history: RecordedHistory, workflowBundle?: WorkflowBundleWithSourceMap): Promise<void> {
  const bundle = workflowBundle ?? { codePath: path.join(ROOT, 'dist', 'workflow-bundle.js') };
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, idOf(history));
}

/** The workflows as they would be without a piece of their code. */
async function bundleWithout(code: string): Promise<WorkflowBundleWithSourceMap> {
  // Inside the clone, so that packages are found.
  const folder = mkdtempSync(path.join(ROOT, 'dist', 'unpatched-'));
  try {
    for (const part of ['workflows', 'domain'])
      cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
    const file = path.join(folder, 'workflows', 'retail', 'simulation.ts');
    const source = readFileSync(file, 'utf8');
    if (!source.includes(code)) throw new Error(`${code} is not in ${file}.`);
    writeFileSync(file, source.replace(code, ''));
    return await bundleWorkflowCode({
      workflowsPath: path.join(folder, 'workflows', 'index.ts'),
      logger: new DefaultLogger('ERROR'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(file: string): RecordedHistory {
  return JSON.parse(readFileSync(path.join(HISTORIES, file), 'utf8')) as RecordedHistory;
}

type Started = { workflowType: { name: string }; workflowId: string };

function startOf(history: RecordedHistory): Started {
  return history.events[0]!['workflowExecutionStartedEventAttributes'] as Started;
}

function typeOf(history: RecordedHistory): string {
  return startOf(history).workflowType.name;
}

function idOf(history: RecordedHistory): string {
  return startOf(history).workflowId;
}
