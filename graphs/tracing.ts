import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { Client } from 'langsmith';
import type { ShoppingState } from './retail/shopping-state.ts';

/** Where graph runs are traced to, beside the decision events in the database: nowhere, or LangSmith. */
export type TraceSink = {
  readonly callbacks: readonly BaseCallbackHandler[];
  /** Sends what is still waiting; call before the process ends. */
  flush(): Promise<void>;
};

export const NO_TRACE: TraceSink = { callbacks: [], flush: async () => {} };

export type LangSmithOptions = {
  readonly apiKey: string;
  readonly endpoint: string | undefined;
  readonly project: string;
};

const TIMEOUT_MS = 3_000;

/** Sends every graph run and each of its nodes to LangSmith. A LangSmith that is away never fails a shopping day. */
export function traceToLangSmith({ apiKey, endpoint, project }: LangSmithOptions): TraceSink {
  const client = new Client({
    apiKey,
    ...(endpoint === undefined ? {} : { apiUrl: endpoint }),
    fetchImplementation: fetchOnce,
    hideInputs: summaryOf,
    hideOutputs: summaryOf,
  });
  return {
    callbacks: [new LangChainTracer({ client, projectName: project })],
    flush: () => client.awaitPendingTraceBatches(),
  };
}

/**
 * Gives up after one failure. Traces are a convenience, and the client's own retries, which no option limits, hold a
 * worker that wants to end for more than a minute; a message that starts with `AbortError` is what stops them.
 */
async function fetchOnce(...[url, request]: Parameters<typeof fetch>): Promise<Response> {
  let response: Response;
  try {
    // eslint-disable-next-line no-restricted-globals -- sending is what this file is for
    response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new Error('AbortError: LangSmith cannot be reached', { cause });
  }
  if (response.status >= 500) throw new Error(`AbortError: LangSmith answered ${response.status}`);
  return response;
}

type Traced = Partial<ShoppingState> | { readonly summary: object };

/**
 * What a trace shows of a graph's state: the state itself carries the catalogue and every choice set, megabytes a
 * trip, which would be written out for each node. The client may ask twice about the same run.
 */
function summaryOf(state: Traced): { summary: object } {
  if ('summary' in state) return state;
  const { context, session, needs, wanted, visit, hasReturned, isBuying } = state;
  const summary = {
    ...(context && { agentId: context.persona.agentId, date: context.date, trip: context.trip }),
    ...(visit && { visit }),
    ...(session && {
      tripType: session.tripType,
      cart: session.cart.map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPriceCents })),
      discounts: session.priced.discounts.map(({ code, amountCents }) => ({ code, amountCents })),
      outcome: session.outcome,
      lastEvent: session.events.at(-1)?.type ?? null,
    }),
    ...(needs && {
      needs: needs.filter(({ lines }) => lines > 0).map(({ category, lines }) => ({ category, lines })),
    }),
    ...(wanted && { wanted: wanted.map(({ coupon }) => coupon.code) }),
    ...(hasReturned !== undefined && { hasReturned }),
    ...(isBuying !== undefined && { isBuying }),
  };
  return { summary };
}
