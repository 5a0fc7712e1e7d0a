import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CONFIG_VARIABLES, parseConfig } from './config.ts';

describe('parseConfig', () => {
  test('an empty environment gives the published defaults', () => {
    expect(parseConfig({})).toEqual({
      simulationMode: false,
      timeScale: 168,
      offerCycleDays: 7,
      offerExpirationDays: 14,
      maxWalletCapacity: 32,
      frontstorePerCycle: 2,
      categoryBrandPerCycle: 30,
      database: { url: null, poolSize: 10 },
      temporal: { address: null, namespace: 'default', cliPath: null },
      home: null,
      workers: 1,
      logLevel: 'info',
      listen: { host: '127.0.0.1', healthPort: null, metricsPort: null },
      watchdogSeconds: 30,
      otlp: { endpoint: null, headers: {} },
      langsmith: {
        isTracing: false,
        apiKey: null,
        project: 'mercato',
        endpoint: 'https://api.smith.langchain.com',
      },
    });
  });

  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('SIMULATION_MODE=%s is %s', (text, expected) => {
    expect(parseConfig({ SIMULATION_MODE: text }).simulationMode).toBe(expected);
  });

  test.each([
    ['max', 'max'],
    ['0.5', 0.5],
    ['604800', 604_800],
  ])('TIME_SCALE=%s is accepted', (text, expected) => {
    expect(parseConfig({ TIME_SCALE: text }).timeScale).toBe(expected);
  });

  test.each([
    ['SIMULATION_MODE', 'yes'],
    ['TIME_SCALE', '0'],
    ['TIME_SCALE', '-1'],
    ['TIME_SCALE', 'fast'],
    ['TIME_SCALE', 'Infinity'],
    ['OFFER_CYCLE_DAYS', '0'],
    ['OFFER_EXPIRATION_DAYS', '1.5'],
    ['MAX_WALLET_CAPACITY', '-3'],
    ['FRONTSTORE_PER_CYCLE', 'two'],
    ['CATEGORY_BRAND_PER_CYCLE', '1e9'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['MERCATO_WORKERS', '0'],
    ['MERCATO_LOG_LEVEL', 'loud'],
    ['MERCATO_LISTEN_HOST', 'localhost'],
    ['MERCATO_HEALTH_PORT', '70000'],
    ['MERCATO_METRICS_PORT', 'on'],
    ['MERCATO_WATCHDOG_SECONDS', '-1'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['LANGSMITH_ENDPOINT', 'ftp://example.com'],
  ])('%s=%s is refused with its name, its value and what is allowed', (name, value) => {
    const allowed = CONFIG_VARIABLES.find((variable) => variable.name === name)?.allowed;

    expect(() => parseConfig({ [name]: value })).toThrow(`${name} is "${value}", but must be ${allowed}`);
  });

  test('every wrong variable is named at once', () => {
    expect(() => parseConfig({ TIME_SCALE: 'x', MERCATO_WORKERS: 'y' })).toThrow(
      /TIME_SCALE.*MERCATO_WORKERS/,
    );
  });

  test('an empty value counts as unset', () => {
    expect(parseConfig({ DATABASE_URL: '', TIME_SCALE: '' })).toMatchObject({
      database: { url: null },
      timeScale: 168,
    });
  });

  test('a password in a wrong address is not shown', () => {
    expect(() => parseConfig({ DATABASE_URL: 'mysql://me:secret@localhost/x' })).toThrow(
      'mysql://me:***@localhost/x',
    );
  });

  test('ports and the watchdog are off at 0', () => {
    const config = parseConfig({
      MERCATO_HEALTH_PORT: '0',
      MERCATO_METRICS_PORT: '0',
      MERCATO_WATCHDOG_SECONDS: '0',
    });

    expect(config).toMatchObject({ listen: { healthPort: null, metricsPort: null }, watchdogSeconds: null });
  });

  test('headers for a collector are read as OpenTelemetry writes them', () => {
    const { otlp } = parseConfig({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YTpi=, x-team=retail',
    });

    expect(otlp.headers).toEqual({ authorization: 'Basic YTpi=', 'x-team': 'retail' });
  });

  test.each(['topsecret', 'key=topsecret%'])(
    'headers for a collector are not shown when they are wrong: %s',
    (given) => {
      expect(() => parseConfig({ OTEL_EXPORTER_OTLP_HEADERS: given })).toThrow(
        'OTEL_EXPORTER_OTLP_HEADERS is set to something else, but must be name=value pairs',
      );
    },
  );

  test('tracing without a key is refused', () => {
    expect(() => parseConfig({ LANGSMITH_TRACING: 'true' })).toThrow('LANGSMITH_API_KEY is not set');
  });
});

test('.env.example shows every variable with its default and meaning', () => {
  const example = readFileSync(path.join(__dirname, '.env.example'), 'utf8');

  for (const { name, meaning } of CONFIG_VARIABLES) {
    expect(example).toContain(`# ${meaning}`);
    expect(example).toMatch(new RegExp(`^#${name}=`, 'm'));
  }
});
