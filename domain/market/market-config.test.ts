import { parseMarketConfig } from './market-config.ts';
import { MODIFIER_NAMES, PRESET_NAMES, presetConfig } from './presets.ts';

const GOOD = presetConfig('rmsc04')!;

test.each(PRESET_NAMES)('%s goes out as JSON and comes in again', (name) => {
  const config = presetConfig(name)!;

  expect(parseMarketConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test('a modifier adds its group, or takes the place of the one that is there', () => {
  const types = (name: string): string[] => presetConfig(name)!.traders.map(({ type }) => type);

  expect(MODIFIER_NAMES).toEqual(['with_momentum', 'with_execution']);
  expect(types('thin_market+with_momentum+with_execution')).toEqual(['noise', 'value', 'momentum', 'pov']);
  expect(types('rmsc03+with_execution')).toEqual(types('rmsc03'));
});

test.each(['nowhere', 'rmsc04+nothing', '', 'constructor', 'rmsc04+constructor', '__proto__'])(
  'there is no preset "%s"',
  (name) => {
    expect(presetConfig(name)).toBeNull();
  },
);

describe('what is wrong is named with its path, its value and what would be allowed:', () => {
  const [noise, value, ...others] = GOOD.traders;
  const broken: readonly (readonly [string, object, string])[] = [
    ['a close before the open', { close: '09:00' }, 'close: must be after the open at 09:30, and is 09:00'],
    [
      'a time that is none',
      { open: '25:00' },
      'open: must be a time of day, such as 09:30 or 09:30:15.250 (it is "25:00")',
    ],
    [
      'an end after midnight',
      { close: '23:59:59', afterCloseSeconds: 10 },
      'afterCloseSeconds: must end before midnight (it is 10)',
    ],
    [
      'a price off the tick',
      { tickSizeCents: 7 },
      'openingPriceCents: must be a multiple of the tick of 7 cents (it is 100000)',
    ],
    [
      'too many traders',
      { traders: [{ ...noise, count: 1e6 }] },
      'traders.0.count: Too big: expected number to be <=100000 (it is 1000000)',
    ],
    [
      'half a trader',
      { traders: [{ ...noise, count: 1.5 }] },
      'traders.0.count: Invalid input: expected int, received number (it is 1.5)',
    ],
    [
      'a kind that does not exist',
      { traders: [{ type: 'wizard', count: 1 }] },
      "traders.0.type: Invalid discriminator value. Expected 'noise' | 'value'",
    ],
    [
      'a name that is used twice',
      { traders: [noise, { ...value, name: 'noise' }, ...others] },
      'traders.1.name: "noise" is the name of another group (it is "noise")',
    ],
    [
      'a window that ends before it begins',
      { traders: [{ ...noise, wake: { type: 'once', from: '12:00', until: '11:00' } }] },
      'traders.0.wake.until: must be after 12:00 (it is "11:00")',
    ],
    [
      'a negative variance',
      { traders: [{ ...value, observationVariance: -1 }] },
      'traders.0.observationVariance: Too small: expected number to be >=0 (it is -1)',
    ],
    [
      'a parameter that does not exist',
      { traders: [{ ...noise, speed: 3 }] },
      'traders.0: Unrecognized key: "speed"',
    ],
    [
      'a series with a value too few',
      { fundamental: { type: 'series', times: ['09:30', '10:00'], valuesCents: [1] } },
      'fundamental.valuesCents: must be as many as times: 2, not 1',
    ],
    [
      'a series whose times do not grow',
      { fundamental: { type: 'series', times: ['10:00', '10:00'], valuesCents: [1, 2] } },
      'fundamental.times.1: 10:00 is not after 10:00 (it is "10:00")',
    ],
    [
      'a band of latencies that ends before it begins',
      { latency: { type: 'bands', default: [2000, 1000] } },
      'latency.default.1: must be at least 2000 (it is 1000)',
    ],
    [
      'latencies of traders that are not there',
      { latency: { type: 'bands', default: [1, 2], byType: { pov: [1, 2] } } },
      'latency.byType.pov: is no type of the traders: noise, value, market_maker, momentum',
    ],
    [
      'a grid that is too fine',
      { fundamental: { ...GOOD.fundamental, stepSeconds: 0.001 } },
      'fundamental.stepSeconds: makes 23400000 steps of this session; at most 1000000 are possible (it is 0.001)',
    ],
    [
      'too many traders of all groups',
      { traders: ['a', 'b', 'c'].map((name) => ({ ...noise, name, count: 1e5 })) },
      'traders: are 300000 together; at most 200000 are possible',
    ],
    [
      'sizes without any weight',
      {
        traders: [
          {
            ...noise,
            orderSize: {
              type: 'mixture',
              oddLots: { weight: 0, mean: 1, deviation: 1 },
              roundLots: [0],
              deviation: { type: 'shares', value: 1 },
            },
          },
        ],
      },
      'traders.0.orderSize: must have a weight above 0',
    ],
    [
      'traders that would never let the day end',
      { traders: [{ ...value, meanIntervalSeconds: 0.001, count: 10_000 }] },
      'traders: would wake up, and put up ladders, 2.3e+11 times in this session; at most 20000000 are possible',
    ],
    [
      'more market makers than can be told of every change',
      { traders: [{ type: 'market_maker', count: 1001, meanIntervalSeconds: 3600, share: 0.1 }] },
      'traders: are 1001 market makers; at most 1000 are possible',
    ],
    [
      'lots that no order fills',
      { lotSize: 10_000 },
      'traders.0.orderSize: has no size that comes near a lot of 10000 shares',
    ],
    [
      'a fundamental without a mean',
      { fundamental: { ...GOOD.fundamental, meanCents: undefined } },
      'fundamental.meanCents: Invalid input: expected number, received undefined',
    ],
  ];

  test.each(broken)('%s', (_, changes, message) => {
    expect(() => parseMarketConfig({ ...GOOD, ...changes })).toThrow(message);
  });

  test('something that is no object', () => {
    expect(() => parseMarketConfig('rmsc04')).toThrow(
      'the configuration: Invalid input: expected object, received string',
    );
  });
});
