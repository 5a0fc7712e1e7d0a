// Every environment variable, read in one place. The table is the single source: parsing, `.env.example` and the
// README's table come from it.
import { z } from 'zod';
import { AppError } from './domain/errors.ts';
import { MAX_TIME_SCALE, parseTimeScale, type TimeScale } from './domain/retail/clock.ts';

export class ConfigError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('invalid_config', message, options);
    this.name = 'ConfigError';
  }
}

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true' || text === '1');
const integer = (fallback: number, minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum)
    .default(fallback);
const timeScale = z
  .string()
  .default('168')
  .transform((given, context): TimeScale => {
    const scale = parseTimeScale(given);
    if (scale === null) context.addIssue('not a time scale');
    return scale ?? z.NEVER;
  });
const text = (pattern = /./) => z.string().regex(pattern);
const port = integer(0, 0, 65_535);
// As OpenTelemetry writes them: `name=value`, with the value percent-encoded.
const headers = z
  .string()
  .regex(/^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$/)
  .transform((given, context): Record<string, string> => {
    try {
      return Object.fromEntries(given.split(',').map(toHeader));
    } catch {
      context.addIssue('not percent-encoded');
      return z.NEVER;
    }
  })
  .optional();

function toHeader(pair: string): [string, string] {
  const [name = '', ...value] = pair.split('=');
  return [name.trim(), decodeURIComponent(value.join('=').trim())];
}

type Variable = {
  schema: z.ZodType;
  allowed: string;
  meaning: string;
  byDefault: string;
  /** Never shown, not even when it is wrong. */
  isSecret?: boolean;
};

const VARIABLES = {
  SIMULATION_MODE: {
    schema: flag(false),
    allowed: 'true, false, 1 or 0',
    meaning: 'Simulated shoppers and the simulated clock are allowed. `demo` and `up` switch it on.',
    byDefault: 'false',
  },
  TIME_SCALE: {
    schema: timeScale,
    allowed: `a number above 0 and at most ${MAX_TIME_SCALE}, or max`,
    meaning: 'Simulated time per real time: 168 is a week in an hour; `max` goes as fast as the machine can.',
    byDefault: '168',
  },
  OFFER_CYCLE_DAYS: {
    schema: integer(7, 1, 365),
    allowed: 'a whole number from 1 to 365',
    meaning: 'Simulated days between two refreshes of the offers.',
    byDefault: '7',
  },
  OFFER_EXPIRATION_DAYS: {
    schema: integer(14, 1, 365),
    allowed: 'a whole number from 1 to 365',
    meaning: 'Simulated days for which a coupon can be used.',
    byDefault: '14',
  },
  MAX_WALLET_CAPACITY: {
    schema: integer(32, 1, 500),
    allowed: 'a whole number from 1 to 500',
    meaning: 'Active coupons that a wallet holds.',
    byDefault: '32',
  },
  FRONTSTORE_PER_CYCLE: {
    schema: integer(2, 0, 500),
    allowed: 'a whole number from 0 to 500',
    meaning: 'Frontstore coupons dealt to a user in each cycle.',
    byDefault: '2',
  },
  CATEGORY_BRAND_PER_CYCLE: {
    schema: integer(30, 0, 500),
    allowed: 'a whole number from 0 to 500',
    meaning: 'Category and brand coupons dealt to a user in each cycle.',
    byDefault: '30',
  },
  DATABASE_URL: {
    schema: text(/^postgres(ql)?:\/\//).optional(),
    allowed: 'postgresql://user:password@host:port/database',
    meaning: 'A Postgres of yours, instead of the embedded one.',
    byDefault: 'embedded Postgres',
  },
  DATABASE_POOL_SIZE: {
    schema: integer(10, 1, 500),
    allowed: 'a whole number from 1 to 500',
    meaning: 'Database connections of each process.',
    byDefault: '10',
  },
  TEMPORAL_ADDRESS: {
    schema: text(/^[^/\s]+:\d+$/).optional(),
    allowed: 'host:port',
    meaning: 'A Temporal server of yours, instead of the local development server.',
    byDefault: 'local development server',
  },
  TEMPORAL_NAMESPACE: {
    schema: text().default('default'),
    allowed: 'the name of a namespace',
    meaning: 'Namespace in which the workflows run.',
    byDefault: 'default',
  },
  TEMPORAL_CLI_PATH: {
    schema: text().optional(),
    allowed: 'the path of the program `temporal`',
    meaning: 'The Temporal CLI to use for the local development server.',
    byDefault: 'found on PATH or fetched',
  },
  MERCATO_HOME: {
    schema: text().optional(),
    allowed: 'a path',
    meaning: 'Folder for the data, logs and state of the local services.',
    byDefault: '.mercato in the clone',
  },
  MERCATO_WORKERS: {
    schema: integer(1, 1, 64),
    allowed: 'a whole number from 1 to 64',
    meaning: 'Worker processes that `up` and `demo` start.',
    byDefault: '1',
  },
  MERCATO_LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    allowed: 'debug, info, warn or error',
    meaning: 'What is logged; `debug` also shows stack traces of expected errors.',
    byDefault: 'info',
  },
  MERCATO_LISTEN_HOST: {
    schema: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
    allowed: 'an IP address',
    meaning: 'Where workers listen for health checks and metrics; 0.0.0.0 in a container.',
    byDefault: '127.0.0.1',
  },
  MERCATO_HEALTH_PORT: {
    schema: port,
    allowed: 'a port, or 0 for none',
    meaning: 'A worker answers GET /healthz there. `up` and `demo` give each worker a port of its own.',
    byDefault: '0',
  },
  MERCATO_METRICS_PORT: {
    schema: port,
    allowed: 'a port, or 0 for none',
    meaning:
      'A worker answers GET /metrics there, for Prometheus. `up` and `demo` give each a port of its own.',
    byDefault: '0',
  },
  MERCATO_WATCHDOG_SECONDS: {
    schema: integer(30, 0, 3_600),
    allowed: 'a whole number from 0 to 3600',
    meaning:
      'A worker whose main thread hangs for so long is killed, to be started again; 0 switches that off.',
    byDefault: '30',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    allowed: 'an http or https address',
    meaning: 'A collector that gets traces of the workers by OTLP/HTTP, usually on port 4318.',
    byDefault: 'none',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: headers,
    allowed: 'name=value pairs with commas between them',
    meaning: 'Headers of what is sent to the collector, such as a key.',
    byDefault: 'none',
    isSecret: true,
  },
  LANGSMITH_TRACING: {
    schema: flag(false),
    allowed: 'true, false, 1 or 0',
    meaning: 'Traces of the shopping graphs are sent to LangSmith.',
    byDefault: 'false',
  },
  LANGSMITH_API_KEY: {
    schema: text().optional(),
    allowed: 'a LangSmith API key',
    meaning: 'Key for LangSmith.',
    byDefault: 'none',
  },
  LANGSMITH_PROJECT: {
    schema: text().default('mercato'),
    allowed: 'the name of a project',
    meaning: 'LangSmith project that receives the traces.',
    byDefault: 'mercato',
  },
  LANGSMITH_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/ }).default('https://api.smith.langchain.com'),
    allowed: 'an http or https address',
    meaning: 'Address of LangSmith, or of a collector that speaks its protocol.',
    byDefault: 'https://api.smith.langchain.com',
  },
} satisfies Record<string, Variable>;

type VariableName = keyof typeof VARIABLES;
type Values = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]['schema']> };

export type Config = ReturnType<typeof shape>;

/** Parses the environment or throws a ConfigError that names every wrong variable. An empty value counts as unset. */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const values: Record<string, unknown> = {};
  const complaints: string[] = [];
  for (const [name, { schema, allowed, isSecret }] of Object.entries<Variable>(VARIABLES)) {
    const given = environment[name] || undefined;
    const result = schema.safeParse(given);
    if (result.success) values[name] = result.data;
    else complaints.push(`${name} is ${shown(given, isSecret)}, but must be ${allowed}`);
  }
  if (environment.LANGSMITH_TRACING && values.LANGSMITH_TRACING === true && !values.LANGSMITH_API_KEY) {
    complaints.push('LANGSMITH_TRACING is on, but LANGSMITH_API_KEY is not set');
  }
  if (complaints.length > 0) throw new ConfigError(`Wrong environment: ${complaints.join('; ')}.`);
  return shape(values as Values);
}

function shown(value = '', isSecret = false): string {
  return isSecret ? 'set to something else' : `"${value.replace(/:[^:@/]*@/, ':***@')}"`;
}

function shape(values: Values) {
  return {
    simulationMode: values.SIMULATION_MODE,
    timeScale: values.TIME_SCALE,
    offerCycleDays: values.OFFER_CYCLE_DAYS,
    offerExpirationDays: values.OFFER_EXPIRATION_DAYS,
    maxWalletCapacity: values.MAX_WALLET_CAPACITY,
    frontstorePerCycle: values.FRONTSTORE_PER_CYCLE,
    categoryBrandPerCycle: values.CATEGORY_BRAND_PER_CYCLE,
    database: { url: values.DATABASE_URL ?? null, poolSize: values.DATABASE_POOL_SIZE },
    temporal: {
      address: values.TEMPORAL_ADDRESS ?? null,
      namespace: values.TEMPORAL_NAMESPACE,
      cliPath: values.TEMPORAL_CLI_PATH ?? null,
    },
    home: values.MERCATO_HOME ?? null,
    workers: values.MERCATO_WORKERS,
    logLevel: values.MERCATO_LOG_LEVEL,
    /** Ports are null where nothing listens. */
    listen: {
      host: values.MERCATO_LISTEN_HOST,
      healthPort: values.MERCATO_HEALTH_PORT || null,
      metricsPort: values.MERCATO_METRICS_PORT || null,
    },
    /** Null where nobody watches. */
    watchdogSeconds: values.MERCATO_WATCHDOG_SECONDS || null,
    otlp: {
      endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
      headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    },
    langsmith: {
      isTracing: values.LANGSMITH_TRACING,
      apiKey: values.LANGSMITH_API_KEY ?? null,
      project: values.LANGSMITH_PROJECT,
      endpoint: values.LANGSMITH_ENDPOINT,
    },
  };
}

export type DocumentedVariable = { name: string; allowed: string; meaning: string; byDefault: string };

/** For the README, `.env.example` and `--help`. */
export const CONFIG_VARIABLES: readonly DocumentedVariable[] = Object.entries(VARIABLES).map(
  ([name, { allowed, meaning, byDefault }]) => ({ name, allowed, meaning, byDefault }),
);
