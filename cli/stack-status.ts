import { type DataFolder, readState, type ServiceState } from '../stack/data-folder.ts';
import { isRunning, memoryOf } from '../stack/process.ts';
import { workerPortNames } from '../stack/workers.ts';

export type StackStatus = {
  isRunning: boolean;
  dataFolder: string;
  databaseUrl: string | null;
  temporalAddress: string | null;
  webUiUrl: string | null;
  supervisorPid: number | null;
  services: {
    name: string;
    status: 'starting' | 'running' | 'restarting' | 'gone';
    pid: number | null;
    address: string | null;
    restarts: number;
    since: string;
    /** Resident memory of the process in MB, now and at its highest; null where the system does not tell. */
    memory: { nowMb: number; peakMb: number } | null;
    /** Where a worker answers health checks, and shows its metrics to Prometheus; null for the other services. */
    healthUrl: string | null;
    metricsUrl: string | null;
    logFile: string;
  }[];
};

/** What the state says, compared with the processes that there are. */
export function readStatus(folder: DataFolder): StackStatus {
  const { supervisor, addresses, services, ports } = readState(folder);
  const isSupervised = supervisor !== null && isRunning(supervisor);
  return {
    isRunning: isSupervised && addresses !== null,
    dataFolder: folder.root,
    databaseUrl: addresses?.databaseUrl ?? null,
    temporalAddress: addresses?.temporalAddress ?? null,
    webUiUrl: addresses?.webUiUrl ?? null,
    supervisorPid: isSupervised ? supervisor.pid : null,
    services: services.map((service) => ({ ...statusOf(service), ...urlsOf(service, ports) })),
  };
}

function statusOf({ name, status, process, address, restarts, since, logFile }: ServiceState) {
  const isThere = process !== null && isRunning(process);
  const real = isThere || status !== 'running' ? status : ('gone' as const);
  const memory = isThere ? memoryOf(process.pid) : null;
  return { name, status: real, pid: isThere ? process.pid : null, address, restarts, since, memory, logFile };
}

function urlsOf({ name }: ServiceState, ports: Readonly<Record<string, number>>) {
  const names = workerPortNames(name);
  const urlAt = (port: number | undefined, path: string) =>
    port === undefined ? null : `http://127.0.0.1:${port}/${path}`;
  return {
    healthUrl: urlAt(ports[names.health], 'healthz'),
    metricsUrl: urlAt(ports[names.metrics], 'metrics'),
  };
}

export function printStatus(status: StackStatus, isJson: boolean): void {
  if (isJson) console.log(JSON.stringify(status, null, 2));
  else console.log(describeStatus(status));
}

/** For screens that others see, too; programs find all of it with `--json`. */
function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = '';
  return url.href;
}

export function describeStatus(status: StackStatus): string {
  const { services, dataFolder, databaseUrl, temporalAddress, webUiUrl } = status;
  const places = {
    'Web UI': webUiUrl,
    Temporal: temporalAddress,
    Database: databaseUrl === null ? null : withoutPassword(databaseUrl),
    Data: dataFolder,
  };
  const known = Object.entries(places).filter(([, place]) => place !== null);
  const head = ['service', 'status', 'pid', 'address', 'restarts', 'since', 'memory (peak) MB'];
  const rows = services.map((service) => [
    service.name,
    service.status,
    service.pid ?? '-',
    service.address ?? '-',
    service.restarts,
    service.since,
    service.memory === null ? '-' : `${service.memory.nowMb} (${service.memory.peakMb})`,
  ]);
  const table = rows.length === 0 ? [] : ['', ...inColumns([head, ...rows])];
  const urls = services
    .filter(({ healthUrl, metricsUrl }) => healthUrl !== null || metricsUrl !== null)
    .map(({ name, healthUrl, metricsUrl }) => [name, healthUrl ?? '-', metricsUrl ?? '-']);
  const urlTable = urls.length === 0 ? [] : ['', ...inColumns([['worker', 'health', 'metrics'], ...urls])];
  const lines = inColumns(known.map(([name, place]) => [name, place ?? '']));
  return [headline(status), ...lines, ...table, ...urlTable].join('\n');
}

function headline({ isRunning, supervisorPid, services }: StackStatus): string {
  if (isRunning) return 'Mercato is running.';
  if (supervisorPid !== null) return 'Mercato is starting.';
  if (services.length === 0) return 'Mercato is not running.';
  return 'The supervisor is gone: `mercato up` takes over, `mercato down` ends what is left.';
}

function inColumns(rows: (string | number)[][]): string[] {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => String(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
