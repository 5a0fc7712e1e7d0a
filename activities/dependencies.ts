import type { Database } from '../prisma/client.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import type { TraceSink } from '../graphs/tracing.ts';

/** What activities need from the process they run in. */
export type Dependencies = {
  readonly db: Database;
  readonly policy: ShoppingPolicy;
  readonly trace: TraceSink;
};
