// Prisma's schema engine without its download: the same engine, compiled to WebAssembly, over one `pg` connection.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { AppError } from '../domain/errors.ts';

export class MigrationError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('migration_failed', message, options);
    this.name = 'MigrationError';
  }
}

export async function withSchemaEngine<T>(
  databaseUrl: string,
  datamodels: [path: string, schema: string][],
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  // One connection: the engine's advisory lock belongs to a session.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const adapters = new EngineAdapterFactory(pool);
  try {
    // Fails with the driver's own error, which the engine would hide.
    await pool.query('SELECT 1');
    const { SchemaEngine } = await loadEngine();
    const adapter = bindMigrationAwareSqlAdapterFactory(adapters);
    return await use(await SchemaEngine.new({ datamodels }, () => undefined, adapter));
  } catch (error) {
    throw adapters.scriptError ?? error;
  } finally {
    await pool.end();
  }
}

/** PrismaPg with the two things that the engine needs and it lacks. */
class EngineAdapterFactory extends PrismaPg {
  scriptError: MigrationError | null = null;
  readonly #charColumns: WeakMap<unknown[], number[]>;

  constructor(pool: pg.Pool) {
    super(pool);
    this.#charColumns = rememberCharColumns(pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const column of this.#charColumns.get(result.rows) ?? []) {
        result.columnTypes[column] = ColumnTypeEnum.Character;
      }
      return result;
    };
    adapter.executeScript = (script) => this.#executeWhole(adapter.underlyingDriver(), script);
    return adapter;
  }

  // PrismaPg cuts a script at every semicolon, also inside the bodies of functions. Postgres takes the script whole,
  // and so applies a migration entirely or not at all.
  async #executeWhole(driver: pg.Pool, script: string): Promise<void> {
    try {
      await driver.query(script);
    } catch (error) {
      this.scriptError = new MigrationError(`A migration failed: ${describe(error, script)}.`, {
        cause: error,
      });
      throw error;
    }
  }
}

/** PrismaPg refuses catalogue columns of the type "char": they pass as text, and are remembered by their rows. */
function rememberCharColumns(pool: pg.Pool): WeakMap<unknown[], number[]> {
  const { CHAR, TEXT } = pg.types.builtins;
  const remembered = new WeakMap<unknown[], number[]>();
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryArrayResult>;
  const rememberingQuery = async (...args: unknown[]) => {
    const result = await query(...args);
    const chars = result.fields?.flatMap((field, index) =>
      field.dataTypeID === (CHAR as number) ? [index] : [],
    );
    for (const index of chars ?? []) Object.assign(result.fields[index] ?? {}, { dataTypeID: TEXT });
    if (chars?.length) remembered.set(result.rows, chars);
    return result;
  };
  pool.query = rememberingQuery as typeof pool.query;
  return remembered;
}

function describe(error: unknown, script: string): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  if (error.position === undefined) return error.message;
  const before = script.slice(0, Number(error.position)).split('\n');
  return `${error.message} at line ${before.length}: ${script.split('\n')[before.length - 1]?.trim() ?? ''}`;
}

// Node has it; its types leave it to the browser's.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: { __wbindgen_start(): void } }>;
};

type EngineModule = typeof import('@prisma/schema-engine-wasm');
let engineModule: Promise<EngineModule> | undefined;

function loadEngine(): Promise<EngineModule> {
  engineModule ??= instantiate();
  return engineModule;
}

// The package's own entry imports the .wasm file as a module, which Node cannot do without a flag.
async function instantiate(): Promise<EngineModule> {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
  const module = await WebAssembly.compile(await readFile(path.join(folder, 'schema_engine_bg.wasm')));
  const imports = { './schema_engine_bg.js': { ...bindings, ...unreferencedTimers(bindings) } };
  const { exports } = await WebAssembly.instantiate(module, imports);
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  return bindings;
}

// The engine never clears the ten seconds that it gives its advisory lock, and would keep the process alive for them.
function unreferencedTimers(bindings: EngineModule): Record<string, unknown> {
  const names = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const startTimer = (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref();
  return Object.fromEntries(names.map((name) => [name, startTimer]));
}
