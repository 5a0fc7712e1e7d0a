// A worker that kills itself at one point, named by MERCATO_FAULT_POINT, the way a machine goes: by SIGKILL, without a
// word to anybody. As a program: `node --require tsx/cjs tests/faulty-worker.ts`.
import path from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import type { Transaction } from '../prisma/rows.ts';
import { workerOptions } from '../workers/simulation.ts';

type Fault =
  /** All is written in the activity's transaction of that number in an attempt, and not committed. */
  | {
      readonly type: 'commit';
      readonly activity: string;
      readonly execution: number;
      readonly transaction: number;
    }
  /** The activity is done, and its answer not yet sent. */
  | { readonly type: 'answer'; readonly activity: string; readonly execution: number }
  /** The simulation has decided to continue as new, and the server not yet heard of it. */
  | { readonly type: 'continue_as_new' };

/** `execution`: the how many-th one that runs the activity, however often it does. */
export const FAULTS = {
  before_commit: { type: 'commit', activity: 'runShoppingDay', execution: 4, transaction: 1 },
  after_commit: { type: 'answer', activity: 'runShoppingDay', execution: 4 },
  // The first transaction opens the cycle, each further one deals to 200 wallets.
  during_assignment: { type: 'commit', activity: 'runOfferCycle', execution: 2, transaction: 3 },
  after_plan: { type: 'answer', activity: 'planDay', execution: 2 },
  at_day_commit: { type: 'commit', activity: 'commitDay', execution: 2, transaction: 1 },
  after_day_commit: { type: 'answer', activity: 'commitDay', execution: 2 },
  at_continue_as_new: { type: 'continue_as_new' },
} as const satisfies Record<string, Fault>;
export type FaultPoint = keyof typeof FAULTS;

async function main({ env }: NodeJS.Process): Promise<void> {
  const fault: Fault = FAULTS[env.MERCATO_FAULT_POINT as FaultPoint];
  const db = createDatabase(env.DATABASE_URL!, { poolSize: 10 });
  const worker = await Worker.create({
    ...workerOptions({ db: withFaultyCommits(db, fault), policy: rulesPolicy, trace: NO_TRACE }),
    ...withFaultyAnswers(fault),
    ...withFaultyContinuation(fault),
    connection: await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS! }),
    namespace: env.TEMPORAL_NAMESPACE!,
    workflowBundle: { codePath: path.join(__dirname, '..', 'dist', 'workflow-bundle.js') },
  });
  await worker.run();
}

type Transactions = (work: unknown, options?: unknown) => Promise<unknown>;

function withFaultyCommits(db: Database, fault: Fault): Database {
  if (fault.type !== 'commit') return db;
  const isIt = isExecution(fault.execution);
  const transactions = new Map<string, number>();
  const transaction: Transactions = (work, options) => {
    const run = db.$transaction.bind(db) as Transactions;
    const { activityType, attempt, workflowExecution } = activityInfo();
    if (typeof work !== 'function' || activityType !== fault.activity) return run(work, options);
    const id = workflowExecution!.workflowId;
    const number = (transactions.get(`${id}/${attempt}`) ?? 0) + 1;
    transactions.set(`${id}/${attempt}`, number);
    return run(async (tx: unknown) => {
      const result = await (work as (tx: unknown) => Promise<unknown>)(tx);
      if (isIt(id) && number === fault.transaction) await die();
      return result;
    }, options);
  };
  // A transaction of one statement: as a part of a longer one it can be left uncommitted.
  const statement = (sql: TemplateStringsArray, ...values: unknown[]): Promise<unknown> =>
    sql.some((part) => part.includes('save_shopping_day'))
      ? transaction((tx: Transaction) => tx.$queryRaw(sql, ...values))
      : db.$queryRaw(sql, ...values);
  return new Proxy(db, {
    get(target, name) {
      if (name === '$transaction') return transaction;
      if (name === '$queryRaw') return statement;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function withFaultyAnswers(fault: Fault): Pick<WorkerOptions, 'interceptors'> {
  if (fault.type !== 'answer') return {};
  const isIt = isExecution(fault.execution);
  return {
    interceptors: {
      activity: [
        ({ info: { activityType, workflowExecution } }) => ({
          inbound: {
            async execute(input, next) {
              const result = await next(input);
              if (activityType === fault.activity && isIt(workflowExecution!.workflowId)) await die();
              return result;
            },
          },
        }),
      ],
    },
  };
}

/** What an execution hands on to the next one is encoded when its last workflow task has run, before it is sent. */
function withFaultyContinuation(fault: Fault): Pick<WorkerOptions, 'dataConverter'> {
  if (fault.type !== 'continue_as_new') return {};
  return {
    dataConverter: {
      payloadCodecs: [
        {
          async encode(payloads) {
            const isHandedOn = payloads.some(({ data }) => Buffer.from(data ?? []).includes('"carried":'));
            if (isHandedOn) await die();
            return payloads;
          },
          decode: async (payloads) => payloads,
        },
      ],
    },
  };
}

/** Whether an execution is the n-th of those that were asked about. An activity that is tried again is in the same. */
function isExecution(nth: number): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => [...seen.add(id)][nth - 1] === id;
}

/** Never returns: what comes next must not happen in the moment that a signal takes. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

if (require.main === module) void main(process);
