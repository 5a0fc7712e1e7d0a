// Experiments as durable executions: run, interrupted, killed, taken up again; and what their report adds up to.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { experimentPage, writeExperimentPage } from '../cli/experiment-page.ts';
import { renderExperiment } from '../cli/render-experiment.ts';
import {
  reportExperiment,
  startExperiment,
  stopExperiment,
  viewExperiment,
  waitForExperiment,
} from '../client/experiments.ts';
import type { ExperimentReport } from '../client/experiments.ts';
import type { ExperimentConfigInput } from '../domain/retail/experiment.ts';
import { LIFT_PARTS } from '../domain/retail/lift.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { createSimulation } from '../prisma/simulation-store.ts';
import { aSmallDataset, createRig, eventually } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';
import { killWorkerProcesses, startWorkerProcess } from './worker-processes.ts';

const AGENTS = 8;

let rig: Rig;
let reference: ExperimentReport;

/** Two seeds, one week after one of burn-in, of shoppers who use what coupons they find. */
function anExperiment(
  experimentId: string,
  given: Partial<ExperimentConfigInput> = {},
): ExperimentConfigInput {
  return {
    experimentId,
    arms: [
      { name: 'none', offers: { offerPolicy: 'none' } },
      { name: 'prior', offers: { offerPolicy: 'prior_buyers', refreshPolicy: 'staggered' } },
    ],
    seeds: ['1', '2'],
    weeks: 1,
    burnInWeeks: 1,
    simulation: { agents: AGENTS },
    ...given,
  };
}

async function run(experiment: ExperimentConfigInput): Promise<ExperimentReport> {
  const { experimentId } = await startExperiment(rig, experiment);
  await waitForExperiment(rig, experimentId);
  return reportExperiment(rig.db, experimentId);
}

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: AGENTS, areHunters: true }));
  const stop = await rig.startWorker();
  reference = await run(anExperiment('reference'));
  await stop();
}, 240_000);

afterAll(async () => {
  killWorkerProcesses();
  await rig.close();
});

describe('an experiment', () => {
  test('has one simulation for each arm and seed, all of them lived to their end', async () => {
    const { record, simulations } = await viewExperiment(rig.db, 'reference');

    expect(record.status).toBe('completed');
    expect(simulations).toEqual(
      ['none-1', 'prior-1', 'none-2', 'prior-2'].map((name) => ({
        simulationId: `reference-${name}`,
        status: 'completed',
        committedDays: 14,
        days: 14,
      })),
    );
  });

  test('reports what the rows say', async () => {
    const { lift, seeds, comparison, failedDays, missingSeeds } = reference;
    const [{ units }] = await rig.db.$queryRaw<[{ units: number }]>`
      SELECT sum(l.quantity)::int AS units FROM orders o JOIN order_lines l ON l.order_id = o.id
      WHERE o.simulation_id IN ('reference-prior-1', 'reference-prior-2') AND l.line_discount_cents + l.order_discount_cents > 0
        AND o.simulated_at >= '2026-01-12T00:00:00Z'`;

    expect(units).toBeGreaterThan(0);
    expect(LIFT_PARTS.reduce((sum, part) => sum + lift.parts[part].units, 0)).toBe(units);
    const margin = (arm: 0 | 1): number => seeds.reduce((sum, seed) => sum + seed.margin[arm], 0);
    expect(comparison.measures.margin.meanA * AGENTS * 2).toBeCloseTo(margin(0), 4);
    expect(comparison.measures.margin.meanB * AGENTS * 2).toBeCloseTo(margin(1), 4);
    expect(comparison.measures.units.difference * AGENTS * 2).toBeCloseTo(lift.netUnits, 6);
    expect([failedDays, missingSeeds, comparison.seeds]).toEqual([0, [], 2]);
  });

  test('is a page that needs nothing else, and says what it says as text', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-page-'));
    try {
      const file = path.join(folder, 'report.html');
      await writeExperimentPage(file, reference);
      const page = readFileSync(file, 'utf8');
      expect(page.match(/<svg/g)).toHaveLength(3);
      expect(page).not.toMatch(/<script|<link|src=/);
      for (const text of [page.replaceAll('&gt;', '>'), renderExperiment(reference)])
        expect(text).toContain(reference.comparison.verdict);
      await expect(writeExperimentPage(path.join(folder, 'no', 'where.html'), reference)).rejects.toThrow(
        'cannot be written',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('cannot smuggle markup into its page', async () => {
    const { experiment } = reference;
    const [a, b] = experiment.config.arms;
    const page = await experimentPage({
      ...reference,
      experiment: {
        ...experiment,
        config: { ...experiment.config, arms: [{ ...a, offers: { x: '<img src=1>' } }, b] },
      },
    });
    expect(page).not.toContain('<img');
  });
});

describe('is refused before anything is stored:', () => {
  const offers = { offerPolicy: 'none' };
  test.each<[string, Partial<ExperimentConfigInput>, string]>([
    [
      'an arm that sets more than offers',
      {
        arms: [
          { name: 'a', offers },
          { name: 'b', offers: { channel: 'online', agents: 3 } },
        ],
      },
      'arm "b" sets channel, agents; an arm may set offerPolicy',
    ],
    [
      'an arm with a wrong field',
      {
        arms: [
          { name: 'a', offers },
          { name: 'b', offers: { offerPolicy: { type: 'bandit', exploration: 0 } } },
        ],
      },
      'Arm "b" is wrong: offerPolicy.exploration',
    ],
    [
      'arms of one name',
      {
        arms: [
          { name: 'a', offers },
          { name: 'a', offers },
        ],
      },
      'both are called "a"',
    ],
    ['a seed twice', { seeds: ['1', '2', '1'] }, 'seeds: "1" is there twice'],
    ['a field that the experiment sets', { simulation: { seed: '7' } }, 'seed cannot be set'],
    ['a wrong field of all simulations', { simulation: { agents: 0 } }, 'agents'],
    ['a single agent', { simulation: { agents: 1 } }, '1 agent is no comparison'],
    ['more agents than there are', { simulation: { agents: 99 } }, 'has 8 active agents, not 99'],
    ['a dataset that is not there', { simulation: { datasetId: 'none' } }, 'no dataset "none"'],
    [
      'events of categories that are not there',
      {
        simulation: {
          agents: AGENTS,
          events: [
            {
              name: 'x',
              dates: [{ from: '01-01', to: '12-31' }],
              demand: [{ category: 'Nowhere', factor: 2 }],
            },
          ],
        },
      },
      'Nowhere',
    ],
  ])('%s', async (_name, given, message) => {
    await expect(startExperiment(rig, anExperiment('refused', given))).rejects.toThrow(message);
    await expect(viewExperiment(rig.db, 'refused')).rejects.toThrow('There is no experiment "refused"');
  });

  test('another experiment under a name that is taken', async () => {
    await expect(startExperiment(rig, anExperiment('reference', { weeks: 2 }))).rejects.toThrow(
      'exists with another configuration',
    );
  });

  test('a new one that would have a simulation whose name is taken', async () => {
    const other = { simulationId: 'new-prior-2', agents: AGENTS, days: 1 };
    await createSimulation(rig.db, SimulationConfig.parse(other));
    await expect(startExperiment(rig, anExperiment('new'))).rejects.toThrow(
      'would have a simulation "new-prior-2", which exists already',
    );
    await expect(viewExperiment(rig.db, 'new')).rejects.toThrow('There is no experiment "new"');
  });
});

test('one that is stopped ends its simulations, also those that have continued as new', async () => {
  const stopWorker = await rig.startWorker();
  const { experimentId } = await startExperiment(rig, anExperiment('ended', { weeks: 40, seeds: ['1'] }));
  await eventually(
    () => viewExperiment(rig.db, experimentId),
    ({ simulations }) => simulations.every(({ committedDays }) => committedDays > 7),
  );
  await stopExperiment(rig, experimentId);
  await expect(waitForExperiment(rig, experimentId)).rejects.toThrow();
  const { simulations } = await eventually(
    () => viewExperiment(rig.db, experimentId),
    (view) => view.simulations.every(({ status }) => status !== 'running'),
  );
  expect(simulations.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  await stopWorker();
}, 60_000);

test('workers that are killed -9 in the middle change nothing: the same report', async () => {
  const { experimentId } = await startExperiment(rig, anExperiment('killed'));
  for (const days of [3, 20]) {
    const worker = await startWorkerProcess(rig);
    await eventually(
      async () =>
        (await viewExperiment(rig.db, experimentId)).simulations.reduce(
          (sum, { committedDays }) => sum + committedDays,
          0,
        ),
      (committed) => committed >= days,
    );
    worker.child.kill('SIGKILL');
    await worker.exit;
  }
  await startWorkerProcess(rig);
  await waitForExperiment(rig, experimentId);
  killWorkerProcesses();

  const { experiment, ...killed } = await reportExperiment(rig.db, experimentId);
  const { experiment: _reference, ...undisturbed } = reference;
  const { simulationId: _id, ...simulation } = killed.simulation;
  expect(experiment.status).toBe('completed');
  expect({ ...killed, simulation }).toEqual({
    ...undisturbed,
    simulation: expect.objectContaining(simulation) as unknown,
  });
}, 240_000);

test('one that is stopped goes on where it was; a seed that is not there yet is named', async () => {
  const stopWorker = await rig.startWorker();
  const given = anExperiment('stopped', { inFlight: 1 });
  const { experimentId } = await startExperiment(rig, given);
  await eventually(
    () => viewExperiment(rig.db, experimentId),
    ({ simulations }) => simulations.filter(({ status }) => status === 'completed').length === 2,
  );
  await stopExperiment(rig, experimentId);
  await expect(waitForExperiment(rig, experimentId)).rejects.toThrow();
  const { record } = await viewExperiment(rig.db, experimentId);
  const partial = await reportExperiment(rig.db, experimentId);
  expect([record.status, partial.missingSeeds, partial.comparison.seeds]).toEqual(['cancelled', ['2'], 1]);

  const report = await run(given);
  expect([report.digest, report.missingSeeds]).toEqual([reference.digest, []]);
  // Completed: starting it once more starts nothing.
  expect((await startExperiment(rig, given)).status).toBe('completed');
  await stopWorker();
}, 240_000);
