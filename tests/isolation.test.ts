// One agent's trouble stays its own, and what somebody ends from outside has a documented end.
import { randomUUID } from 'node:crypto';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { reviewSimulation } from '../client/report.ts';
import { advance, setScale, startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { ShoppingDayInput } from '../activities/retail/shopping-days.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { TripContext } from '../domain/retail/choice-context.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import { listQuarantines, releaseAgent } from '../prisma/quarantine-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { shardDayWorkflowId, shoppingDayWorkflowId, simulationDayWorkflowId } from '../workflows/ids.ts';
import type { SimulationResult } from '../domain/retail/simulation-input.ts';
import { agentRows } from './agent-rows.ts';
import {
  aSimulation,
  aSmallDataset,
  createRig,
  eventually,
  handleOf,
  runSimulation,
} from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const POISONED = 7;
/** One in ten is poisoned; those are frequent shoppers, so that it shows. */
const AGENTS = 10 * POISONED;
const DATASET = withHealthyOnes(aSmallDataset({ agents: POISONED }));
const [throws, hangs, noShop, noCheckout, noQuantity, noNotice, noPersona, ...healthy] = DATASET.agents.map(
  (agent) => agent.agentId,
) as [string, string, string, string, string, string, string, ...string[]];

let rig: Rig;
let reference: SimulationConfig;
/** What the policy does before it decides whether an agent shops; the tests set it. */
let beforeShopping: (context: TripContext) => Promise<void> = async () => {};
let isPoisoned = false;
/** How often it was asked whether an agent shops on a day, while there is poison. */
const questions = new Map<string, number>();

function aRun(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return aSimulation({
    days: 6,
    offerCycleDays: 3,
    channel: 'online',
    execution: 'workflow',
    agents: 8,
    agentTimeoutSeconds: 2,
    ...given,
  });
}

const isAgent = (context: TripContext, agentId: string) => isPoisoned && context.persona.agentId === agentId;

/** The rules, but for some agents they break, each in a way of its own. */
const policy: ShoppingPolicy = {
  ...rulesPolicy,
  async decideShop(context) {
    await beforeShopping(context);
    const question = `${context.persona.agentId}/${context.day}`;
    if (isPoisoned) questions.set(question, (questions.get(question) ?? 0) + 1);
    if (isAgent(context, throws)) throw new TypeError('broken by a test');
    if (isAgent(context, hangs)) await new Promise(() => undefined);
    const decision = await rulesPolicy.decideShop(context);
    return isAgent(context, noShop) ? { ...decision, probability: NaN } : decision;
  },
  async decideCheckout(context, cart) {
    const decision = await rulesPolicy.decideCheckout(context, cart);
    return isAgent(context, noCheckout) ? { ...decision, draw: NaN } : decision;
  },
  async chooseProducts(context, needs, cart, wanted) {
    const choices = await rulesPolicy.chooseProducts(context, needs, cart, wanted);
    return isAgent(context, noQuantity) ? choices.map((choice) => ({ ...choice, quantity: 1.5 })) : choices;
  },
  async viewCoupons(context, cart) {
    const decision = await rulesPolicy.viewCoupons(context, cart);
    const coupons = decision.view.coupons.map((coupon) => ({ ...coupon, noticeProbability: NaN }));
    return isAgent(context, noNotice) ? { ...decision, view: { ...decision.view, coupons } } : decision;
  },
  async browse(context) {
    const decision = await rulesPolicy.browse(context);
    // Looks at the wallet later, so that the question above is asked.
    return isAgent(context, noNotice) ? { ...decision, walletFirst: null } : decision;
  },
};

/** Shopping days whose activity has ended, whatever became of its execution. */
const ended = new Set<string>();

const notesShoppingDays: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } finally {
        const { simulationId, day, agentId } = input.args[0] as ShoppingDayInput;
        if (info.activityType === 'runShoppingDay') ended.add(`${simulationId}/${day}/${agentId}`);
      }
    },
  },
});

beforeAll(async () => {
  rig = await createRig(DATASET);
  await rig.startWorker({ policy, interceptors: { activity: [notesShoppingDays] } });
  reference = aRun();
  await runSimulation(rig, reference);
});

afterAll(() => rig.close());

describe('agents that cannot live their days', () => {
  const unpoisoned = aRun({ agents: AGENTS });
  const poisoned = aRun({ agents: AGENTS });
  let result: SimulationResult;

  beforeAll(async () => {
    await runSimulation(rig, unpoisoned);
    isPoisoned = true;
    // The database allows an empty list, the persona's schema does not.
    await rig.db.$executeRaw`UPDATE agents SET preferred_categories = '{}' WHERE agent_id = ${noPersona}`;
    result = await runSimulation(rig, poisoned);
    isPoisoned = false;
    const { preferredCategories } = DATASET.agents.find((agent) => agent.agentId === noPersona)!;
    await rig.db.agent.update({ where: { agentId: noPersona }, data: { preferredCategories } });
  }, 180_000);

  test('do not keep the simulation from its end', () => {
    expect([result.status, result.committedDays]).toEqual(['completed', 6]);
  });

  test.each([
    ['a policy that throws', throws, 'broken by a test'],
    ['a policy that never answers', hangs, 'no answer within 2 s'],
    ['no number for decide_shop', noShop, 'the policy answered decide_shop with probability NaN'],
    ['no number for decide_checkout', noCheckout, 'the policy answered decide_checkout'],
    ['a quantity that is no whole number', noQuantity, 'cannot be stored'],
    ['a probability of noticing that is no number', noNotice, 'cannot be stored'],
    ['a malformed persona', noPersona, 'preferredCategories'],
  ])('fail with a reason: %s', async (_what, agentId, reason) => {
    const days = await rig.db.shoppingDay.findMany({
      where: { simulationId: poisoned.simulationId, agentId, status: 'failed' },
    });

    const reasons = days.map((day) => (day.failure as { reason: string }).reason);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.filter((given) => !given.includes(reason))).toEqual([]);
  });

  test('leave all others exactly as they would have been', async () => {
    expect(await agentRows(rig.db, poisoned.simulationId, healthy)).toEqual(
      await agentRows(rig.db, unpoisoned.simulationId, healthy),
    );
  });

  test('are counted', async () => {
    const failed = await rig.db.shoppingDay.count({
      where: { simulationId: poisoned.simulationId, status: 'failed' },
    });

    expect([result.totals.failedDays, failed > 0]).toEqual([failed, true]);
  });

  test('leave everything else in the review in order', async () => {
    const { checks } = await reviewSimulation(rig.db, poisoned.simulationId);

    expect(checks.filter((check) => !check.isOk).map((check) => check.name)).toEqual([
      'shopping days that failed',
      'shopping days of agents in quarantine',
    ]);
  });

  test('are left alone after three days that failed', async () => {
    const days = await rig.db.shoppingDay.findMany({
      where: { simulationId: poisoned.simulationId, agentId: noPersona, status: { not: 'home' } },
      orderBy: { simulatedDate: 'asc' },
    });
    const [quarantine, ...others] = (await listQuarantines(rig.db, poisoned.simulationId)).filter(
      (record) => record.agentId === noPersona,
    );

    // A persona that cannot be read is planned on every day.
    expect(days.map((day) => day.status)).toEqual([
      ...Array<string>(3).fill('failed'),
      ...Array<string>(3).fill('quarantined'),
    ]);
    expect(others).toEqual([]);
    expect(quarantine).toMatchObject({ sinceDate: '2026-01-08', failedDays: 3, releasedDate: null });
    expect(quarantine?.reason).toContain('preferredCategories');
  });

  test('are asked again before a day is given up', () => {
    const perDay = [...questions].filter(([day]) => day.startsWith(`${throws}/`));

    expect(perDay.length).toBeGreaterThan(0);
    expect(perDay.map(([, count]) => count)).toEqual(perDay.map(() => 3));
  });

  test('mark their days and the simulation as degraded', async () => {
    const days = await rig.db.simulationDay.findMany({ where: { simulationId: poisoned.simulationId } });
    const shown = await eventually(
      () => rig.temporal.workflow.count(`SimulationId = '${poisoned.simulationId}' AND IsDegraded = true`),
      ({ count }) => count > 0,
    );

    expect([days.length, new Set(days.map((day) => day.status))]).toEqual([6, new Set(['degraded'])]);
    expect(shown.count).toBeGreaterThan(0);
  });

  test('leave nothing of a failed day behind', async () => {
    const left = await rig.db.shoppingSession.count({
      where: { simulationId: poisoned.simulationId, day: { status: 'failed' } },
    });

    expect(left).toBe(0);
  });
});

describe('an agent in quarantine that is released', () => {
  const simulation = aRun({ days: 12, timeScale: 1, execution: 'activity' });
  let released: string;

  beforeAll(async () => {
    try {
      isPoisoned = true;
      await startSimulation(rig, simulation);
      await advance(rig, simulation.simulationId, { days: 8 });
      await eventually(
        () => loadSimulation(rig.db, simulation.simulationId),
        ({ committedDays }) => committedDays === 8,
      );
    } finally {
      isPoisoned = false;
    }
    released = await releaseAgent(rig.db, simulation.simulationId, throws);
    await setScale(rig, simulation.simulationId, 'max');
    await waitForSimulation(rig, simulation.simulationId);
  }, 240_000);

  const statusesOf = async (agentId: string, from: string) => {
    const days = await rig.db.shoppingDay.findMany({
      where: { simulationId: simulation.simulationId, agentId, simulatedDate: { gte: new Date(from) } },
    });
    return new Set(days.map((day) => day.status).filter((status) => status !== 'home'));
  };

  test('is released from the first day that is not planned', () => {
    expect(released).toBe('2026-01-13');
  });

  test('shops again', async () => {
    expect(await statusesOf(throws, released)).toEqual(new Set(['completed']));
  });

  test('does not take others with it', async () => {
    expect(await statusesOf(hangs, released)).toEqual(new Set(['quarantined']));
  });

  test('cannot be released twice', async () => {
    await expect(releaseAgent(rig.db, simulation.simulationId, throws)).rejects.toThrow(
      `Simulation "${simulation.simulationId}" is completed.`,
    );
  });
});

/** Holds one agent of one simulated day until it is released. Days are asked about by date, simulations by seed. */
function hold(agentId: string, day: number): { isHeld: Promise<void>; release: () => void } {
  let release = () => {};
  let arrived = () => {};
  const isHeld = new Promise<void>((resolve) => (arrived = resolve));
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  beforeShopping = async (context) => {
    if (context.persona.agentId !== agentId || context.day !== day) return;
    arrived();
    await isReleased;
  };
  return {
    isHeld,
    release: () => {
      beforeShopping = async () => {};
      release();
    },
  };
}

type ShopDay = { readonly agentId: string; readonly day: number; readonly date: string };

/** An agent that shops, and the first day on which it does. */
async function aShopDay(): Promise<ShopDay> {
  const found = await rig.db.shoppingDay.findFirstOrThrow({
    where: {
      simulationId: reference.simulationId,
      status: 'completed',
      simulatedDate: { gte: new Date('2026-01-06') },
    },
    orderBy: [{ simulatedDate: 'asc' }, { agentId: 'asc' }],
  });
  const date = found.simulatedDate.toISOString().slice(0, 10);
  return { agentId: found.agentId, day: Number(date.slice(-2)) - 5, date };
}

describe('a shopping day that somebody terminates while its policy hangs', () => {
  const simulation = aRun();
  let result: SimulationResult;
  let held: ShopDay;

  beforeAll(async () => {
    held = await whileHeld(simulation, async ({ agentId, date }) => {
      await rig.temporal.workflow
        .getHandle(shoppingDayWorkflowId(simulation.simulationId, date, agentId))
        .terminate('by a test');
      // To the end of the simulation: the policy answers after that.
      result = await waitForSimulation(rig, simulation.simulationId);
    });
  });

  test('does not keep the simulation from its end', () => {
    expect([result.status, result.committedDays, result.totals.failedDays]).toEqual(['completed', 6, 1]);
  });

  test('is recorded as failed, with the reason', async () => {
    const day = await dayOf(simulation.simulationId, held.agentId, held.date);

    expect([day.status, day.failure]).toEqual([
      'failed',
      { type: 'ended_from_outside', reason: expect.stringMatching(/terminated/i) as string },
    ]);
  });

  test('stays failed when the policy answers after all', async () => {
    const { agentId, day, date } = held;
    await eventually(
      async () => ended,
      () => ended.has(`${simulation.simulationId}/${day}/${agentId}`),
    );

    expect((await dayOf(simulation.simulationId, agentId, date)).status).toBe('failed');
  });

  test('leaves totals that the rows confirm', async () => {
    const { checks } = await reviewSimulation(rig.db, simulation.simulationId);

    expect(checks.filter((check) => !check.isOk).map((check) => check.name)).toEqual([
      'shopping days that failed',
    ]);
  });
});

describe('what somebody ends from outside while it is at work:', () => {
  test('a day that is terminated is lived again, and changes nothing', async () => {
    const simulation = aRun();
    await whileHeld(simulation, async ({ date }) => {
      const day = rig.temporal.workflow.getHandle(simulationDayWorkflowId(simulation.simulationId, date));
      await day.terminate();
      // The next try is under way; it meets the shard of the first one, or that has ended by then.
      await eventually(
        async () => (await day.fetchHistory()).events ?? [],
        (events) =>
          !events.some((event) => event.workflowExecutionTerminatedEventAttributes != null) &&
          events.some(
            (event) =>
              event.startChildWorkflowExecutionFailedEventAttributes != null ||
              event.childWorkflowExecutionStartedEventAttributes != null,
          ),
      );
    });

    await waitForSimulation(rig, simulation.simulationId);

    await expectReferenceDigest(simulation.simulationId);
  });

  test('a day that is cancelled is lived again, and changes nothing', async () => {
    const simulation = aRun();
    await whileHeld(simulation, ({ date }) =>
      rig.temporal.workflow.getHandle(simulationDayWorkflowId(simulation.simulationId, date)).cancel(),
    );

    await waitForSimulation(rig, simulation.simulationId);

    await expectReferenceDigest(simulation.simulationId);
  });

  test('a shopping day that is cancelled while it writes is written, and changes nothing', async () => {
    const simulation = aRun();
    await whileHeld(simulation, ({ agentId, date }) =>
      rig.temporal.workflow.getHandle(shoppingDayWorkflowId(simulation.simulationId, date, agentId)).cancel(),
    );

    await waitForSimulation(rig, simulation.simulationId);

    await expectReferenceDigest(simulation.simulationId);
  });

  test('a shard that is terminated costs the days that it had not lived', async () => {
    const simulation = aRun();
    const held = await whileHeld(simulation, async ({ date }) => {
      await rig.temporal.workflow
        .getHandle(shardDayWorkflowId(simulation.simulationId, date, 0))
        .terminate('by a test');
      await waitForSimulation(rig, simulation.simulationId);
    });

    const { checks } = await reviewSimulation(rig.db, simulation.simulationId);
    const { status } = await dayOf(simulation.simulationId, held.agentId, held.date);
    expect(status).toBe('failed');
    expect(checks.filter((check) => !check.isOk).map((check) => check.name)).toEqual([
      'shopping days that failed',
    ]);
  });

  test('a simulation that is reset to its beginning finds its days lived, and changes nothing', async () => {
    const simulation = aRun({ offerCycleDays: 30 });
    await runSimulation(rig, simulation);
    const before = await digestSimulation(rig.db, simulation.simulationId);
    const handle = handleOf(rig, simulation.simulationId);

    await rig.temporal.workflowService.resetWorkflowExecution({
      namespace: rig.namespace,
      workflowExecution: { workflowId: handle.workflowId },
      workflowTaskFinishEventId: await firstTaskOf(handle),
      requestId: randomUUID(),
      reason: 'by a test',
    });

    expect(await waitForSimulation(rig, simulation.simulationId)).toMatchObject({ status: 'completed' });
    expect((await digestSimulation(rig.db, simulation.simulationId)).digest).toBe(before.digest);
  });
});

describe('a simulation that is cancelled', () => {
  const simulation = aRun();

  beforeAll(async () => {
    await whileHeld(simulation, () => handleOf(rig, simulation.simulationId).cancel());
    await waitForSimulation(rig, simulation.simulationId).catch(() => undefined);
  });

  test('ends as cancelled', async () => {
    expect((await handleOf(rig, simulation.simulationId).describe()).status.name).toBe('CANCELLED');
  });

  test('is cancelled in the database, its cycle closed', async () => {
    const { status, finishedAt } = await loadSimulation(rig.db, simulation.simulationId);
    const open = await rig.db.offerCycle.count({
      where: { simulationId: simulation.simulationId, endsAt: null },
    });

    expect([status, finishedAt, open]).toEqual(['cancelled', expect.any(Date), 0]);
  });

  test('leaves no execution behind', async () => {
    const query = `SimulationId = '${simulation.simulationId}' AND ExecutionStatus = 'Running'`;

    await eventually(
      () => rig.temporal.workflow.count(query),
      ({ count }) => count === 0,
    );
  });
});

/** Starts a simulation and does something to it while one of its shopping days is at work. */
async function whileHeld(
  simulation: SimulationConfig,
  act: (held: ShopDay) => Promise<unknown>,
): Promise<ShopDay> {
  const held = await aShopDay();
  const { isHeld, release } = hold(held.agentId, held.day);
  try {
    await startSimulation(rig, simulation);
    await isHeld;
    await act(held);
  } finally {
    release();
  }
  return held;
}

async function expectReferenceDigest(simulationId: string): Promise<void> {
  const [expected, digest] = await Promise.all(
    [reference.simulationId, simulationId].map((id) => digestSimulation(rig.db, id)),
  );
  expect(firstDifference(expected!, digest!)).toBeNull();
}

/** The first workflow task, as an event id to reset to. */
async function firstTaskOf(handle: ReturnType<typeof handleOf>) {
  const { events } = await handle.fetchHistory();
  return events!.find((event) => event.workflowTaskCompletedEventAttributes != null)!.eventId!;
}

function dayOf(simulationId: string, agentId: string, date: string) {
  return rig.db.shoppingDay.findUniqueOrThrow({
    where: { simulationId_agentId_simulatedDate: { simulationId, agentId, simulatedDate: new Date(date) } },
  });
}

/** The rest of the shipped grocer's shoppers, up to the number of agents. */
function withHealthyOnes(dataset: Dataset): Dataset {
  const poisoned = new Set(dataset.agents.map((agent) => agent.agentId));
  const others = generateShippedDataset('mercato').agents.filter((agent) => !poisoned.has(agent.agentId));
  return { ...dataset, agents: [...dataset.agents, ...others.slice(0, AGENTS - POISONED)] };
}
