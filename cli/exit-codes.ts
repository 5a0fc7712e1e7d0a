/** What a script can tell from the exit code; the README lists them. */
export const EXIT_CODES = {
  ok: 0,
  /** Something unexpected. */
  failure: 1,
  /** A wrong option, value or environment variable. */
  usage: 2,
  /** Mercato, or the simulation that was named, does not run. */
  notRunning: 3,
  /** The database or Temporal does not answer, or a local service cannot be started. */
  unreachable: 4,
  notFound: 5,
  /** It is in a state in which this cannot be done. */
  conflict: 6,
  /** A check was carried out and found something wrong. */
  checkFailed: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

const BY_ERROR_CODE: Record<string, ExitCode> = {
  invalid_input: EXIT_CODES.usage,
  invalid_config: EXIT_CODES.usage,
  not_running: EXIT_CODES.notRunning,
  already_running: EXIT_CODES.conflict,
  conflict: EXIT_CODES.conflict,
  simulation_mode_disabled: EXIT_CODES.conflict,
  not_found: EXIT_CODES.notFound,
  folder_unusable: EXIT_CODES.unreachable,
  service_failed: EXIT_CODES.unreachable,
  database_unreachable: EXIT_CODES.unreachable,
  temporal_unreachable: EXIT_CODES.unreachable,
  disk_unusable: EXIT_CODES.unreachable,
  port_taken: EXIT_CODES.unreachable,
  database_not_migrated: EXIT_CODES.checkFailed,
  migration_failed: EXIT_CODES.checkFailed,
  lab_interrupted: EXIT_CODES.interrupted,
};

export function exitCodeOf(errorCode: string): ExitCode {
  return BY_ERROR_CODE[errorCode] ?? EXIT_CODES.failure;
}
