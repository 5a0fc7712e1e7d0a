// What a proof runs on: the local services as `mercato up` starts them, in a data folder of its own that is removed
// at the end.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withServices } from '../client/services.ts';
import type { Services } from '../client/simulations.ts';
import { parseConfig } from '../config.ts';
import { type Addresses, dataFolderAt, writeState } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { Supervisor } from '../stack/supervisor.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { interruption, say } from './run.ts';

export type LocalStack = {
  readonly services: Services;
  readonly addresses: Addresses;
  readonly supervisor: Supervisor;
  /** Aborts when the proof is interrupted. */
  readonly signal: AbortSignal;
};

export type LocalStackOptions = {
  readonly workers?: number;
  /** Settings for the services, over those of this process. */
  readonly environment?: Record<string, string>;
  /** What the supervisor says; a proof prints it or keeps it. */
  readonly onProgress?: (line: string) => void;
  /** When it aborts, everything is ended and removed. */
  readonly signal?: AbortSignal | undefined;
};

/** Starts Postgres, Temporal and workers on free ports for as long as `use` runs. */
export async function withLocalStack<T>(
  {
    workers = 1,
    environment = {},
    onProgress = say,
    signal = new AbortController().signal,
  }: LocalStackOptions,
  use: (stack: LocalStack) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'mercato-proof-'));
  // As root, Postgres runs as another user, who must be able to enter.
  chmodSync(home, 0o755);
  const settings = {
    SIMULATION_MODE: 'true',
    ...environment,
    MERCATO_HOME: home,
    MERCATO_WORKERS: `${workers}`,
  };
  // Workers inherit the environment of this process.
  Object.assign(process.env, settings);
  const folder = dataFolderAt(home);
  let supervisor: Supervisor | undefined;
  try {
    writeState(folder, {
      supervisor: null,
      addresses: null,
      services: [],
      // A developer's own Mercato may have the usual ones.
      ports: { temporal: await freePort(), temporalUi: await freePort() },
    });
    supervisor = await Supervisor.start({
      config: parseConfig(process.env),
      folder,
      searchAttributes: SEARCH_ATTRIBUTES,
      onProgress,
      abort: signal,
    });
    const stack = { addresses: supervisor.addresses, supervisor, signal };
    // What is interrupted keeps its connections, and would otherwise fail on closed ones while the rest is ended.
    return await Promise.race([
      withServices({ ...stack.addresses, poolSize: 5 }, (services) => use({ ...stack, services })),
      interruption(signal),
    ]);
  } finally {
    await supervisor?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
