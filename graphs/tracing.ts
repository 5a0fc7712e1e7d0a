import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { Client } from 'langsmith';

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

/** Sends every graph run and each of its nodes to LangSmith. A LangSmith that is away never fails a shopping day. */
export function traceToLangSmith({ apiKey, endpoint, project }: LangSmithOptions): TraceSink {
  const client = new Client({ apiKey, ...(endpoint === undefined ? {} : { apiUrl: endpoint }) });
  return {
    callbacks: [new LangChainTracer({ client, projectName: project })],
    flush: () => client.awaitPendingTraceBatches(),
  };
}
