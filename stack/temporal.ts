import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { StackError } from './errors.ts';
import type { Program } from './process.ts';

const { IndexedValueType } = temporal.api.enums.v1;

export type TemporalServerOptions = {
  cliPath: string;
  /** Where histories are kept; they survive a kill. */
  databaseFile: string;
  namespace: string;
  port: number;
  uiPort: number;
  logFile: string;
};

export function temporalProgram(options: TemporalServerOptions): Program {
  const { cliPath, databaseFile, namespace, port, uiPort, logFile } = options;
  return {
    name: 'temporal',
    command: cliPath,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
      // Without these a file is synced at every write, and the server is several times slower.
      ...[
        '--db-filename',
        databaseFile,
        '--sqlite-pragma',
        'journal_mode=wal',
        '--sqlite-pragma',
        'synchronous=normal',
      ],
      // One shard reads its task queues at most 20 times a second by default: 50 ms for every step of every workflow.
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
      ...['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=2000'],
      // For clocks that differ between servers timers are rounded up to a second; here is one server.
      ...['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="20ms"'],
      // The answer to a workflow task brings the activities that it asks for: no way through a task queue.
      ...['--dynamic-config-value', 'system.enableActivityEagerExecution=true'],
      ...['--namespace', namespace, '--log-level', 'warn', '--log-format', 'json'],
    ],
    logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 15_000,
    startTimeoutMs: 60_000,
    isReady: () => hasNamespace(`127.0.0.1:${port}`, namespace),
  };
}

export type SearchAttribute = { name: string; type: 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' };

const ATTRIBUTE_TYPES = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Double: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
  Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
};

/** Registers those that the namespace does not have yet. */
export async function registerSearchAttributes(
  address: string,
  namespace: string,
  attributes: readonly SearchAttribute[],
): Promise<void> {
  const connection = await connect(address);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = attributes.filter(({ name }) => !Object.hasOwn(customAttributes, name));
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(
      missing.map(({ name, type }) => [name, ATTRIBUTE_TYPES[type]]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } finally {
    await connection.close();
  }
}

async function connect(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: '5s' });
  } catch (error) {
    throw new StackError('temporal_unreachable', `No Temporal server answers at ${address}.`, {
      cause: error,
    });
  }
}

async function hasNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
