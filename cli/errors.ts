// Turns what the libraries throw into one sentence that says what is wrong and what to do. What it does not know is
// passed on with its own message.
import { AppError } from '../domain/errors.ts';

export function explain(error: unknown): AppError {
  if (error instanceof AppError) return error;
  for (const link of chainOf(error)) {
    const explanation = EXPLANATIONS.find(({ matches }) => matches(link));
    if (explanation) return new AppError(explanation.code, explanation.sentence(link), { cause: error });
  }
  return new AppError('unexpected', error instanceof Error ? error.message : String(error), { cause: error });
}

/** The fields by which Node, pg, Prisma, and Temporal name what happened. */
type Link = { name: string; message: string; code: string; kind: string; path: string; address: string };

type Explanation = { code: string; matches: (link: Link) => boolean; sentence: (link: Link) => string };

const MIGRATE = 'start Mercato with `mercato up`, or run `mercato migrate` on a database of yours';

const EXPLANATIONS: Explanation[] = [
  {
    code: 'database_not_migrated',
    matches: ({ code, kind }) => ['3D000', 'P1003'].includes(code) || kind === 'DatabaseDoesNotExist',
    sentence: () => `The database does not exist: ${MIGRATE}.`,
  },
  {
    code: 'database_not_migrated',
    matches: ({ code, kind }) =>
      ['42P01', '42703', 'P2021', 'P2022'].includes(code) ||
      kind === 'TableDoesNotExist' ||
      kind === 'ColumnNotFound',
    sentence: () => `The database lacks a table or column that this version needs: ${MIGRATE}.`,
  },
  {
    code: 'database_unreachable',
    matches: ({ code, kind }) => code === '28P01' || code === '28000' || kind === 'AuthenticationFailed',
    sentence: () => 'The database refuses the user or password of DATABASE_URL.',
  },
  {
    code: 'database_unreachable',
    matches: ({ code, kind }) => code === '53300' || kind === 'TooManyConnections',
    sentence: () =>
      'The database has no free connection: lower DATABASE_POOL_SIZE, or end other programs that use it.',
  },
  {
    code: 'temporal_unreachable',
    matches: isTemporalUnavailable,
    sentence: () =>
      'Temporal does not answer: see `mercato status`, or TEMPORAL_ADDRESS when the server is yours.',
  },
  {
    code: 'database_unreachable',
    matches: ({ code, kind }) =>
      ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', '57P03', '57P01', 'P1001'].includes(code) ||
      kind === 'DatabaseNotReachable',
    sentence: ({ address }) =>
      `The database does not answer${address}: see \`mercato status\`, or DATABASE_URL when the server is yours.`,
  },
  {
    code: 'port_taken',
    matches: ({ code }) => code === 'EADDRINUSE',
    sentence: ({ address }) => `Another program uses the port${address}.`,
  },
  {
    code: 'disk_unusable',
    matches: ({ code }) => code === 'EROFS',
    sentence: ({ path }) => `The file system is read-only: ${path} cannot be written.`,
  },
  {
    code: 'disk_unusable',
    matches: ({ code }) => code === 'ENOSPC' || code === '53100',
    sentence: () => 'The disk is full.',
  },
  {
    code: 'disk_unusable',
    matches: ({ code }) => code === 'EACCES',
    sentence: ({ path }) => `Permission is denied for ${path}.`,
  },
];

// The client gives gRPC's number, the worker's native connection its own class.
function isTemporalUnavailable({ name, code, message }: Link): boolean {
  if (name === 'TransportError') return true;
  const isGrpc = /^\d+$/.test(code) || /gRPC|Temporal|deadline/i.test(message);
  return (isGrpc && code === '14') || /Failed to connect (to Temporal|before the deadline)/.test(message);
}

/** The error, its causes, the parts of an AggregateError, and what Prisma's driver adapter reported. */
function chainOf(error: unknown, depth = 0): Link[] {
  if (typeof error !== 'object' || error === null || depth > 8) return [];
  const fields = error as Record<string, unknown>;
  const meta = fields.meta as Record<string, unknown> | undefined;
  const parts: unknown[] = Array.isArray(fields.errors) ? fields.errors : [];
  const inner = [fields.cause, meta?.driverAdapterError, ...parts];
  return [linkOf(fields), ...inner.flatMap((one) => chainOf(one, depth + 1))];
}

function linkOf(fields: Record<string, unknown>): Link {
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const address = text('address') === '' ? '' : ` at ${text('address')}:${text('port')}`;
  const code = text('code') || text('originalCode');
  return {
    name: text('name'),
    message: text('message'),
    code,
    kind: text('kind'),
    path: text('path'),
    address,
  };
}
