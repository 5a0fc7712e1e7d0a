import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { SimulationConfig } from './simulation.ts';

/** What is wrong with a config, as `path: message`. */
function complaints(given: object): string[] {
  const result = SimulationConfig.safeParse({ simulationId: 'test', ...given });
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('a config with nothing but an id', () => {
  test('has the numbers of seed 000', () => {
    expect(SimulationConfig.parse({ simulationId: 'test' })).toMatchObject({
      timeScale: 168,
      days: 42,
      offerCycleDays: 7,
      offerExpirationDays: 14,
      walletCapacity: 32,
      frontstorePerCycle: 2,
      categoryBrandPerCycle: 30,
    });
  });

  test('is itself when parsed again', () => {
    const config = SimulationConfig.parse({ simulationId: 'test' });
    expect(SimulationConfig.parse(config)).toEqual(config);
  });

  test('survives JSON', () => {
    const config = SimulationConfig.parse({ simulationId: 'test' });
    expect(SimulationConfig.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});

describe('a config is refused', () => {
  test('for an unknown field, by its name', () => {
    expect(complaints({ walletCapacty: 16 })[0]).toContain('walletCapacty');
  });

  test('for an unknown parameter of the choice model, by its name', () => {
    expect(complaints({ choice: { priceSlop: 4 } })[0]).toMatch(/^choice: .*priceSlop/);
  });

  test('without an id', () => {
    expect(complaints({ simulationId: undefined })).toHaveLength(1);
  });

  test.each([
    ['simulationId', 'a b'],
    ['simulationId', ''],
    ['agents', 0],
    ['agents', 1.5],
    ['agents', '300'],
    ['days', 0],
    ['days', 3661],
    ['startDate', '2026-02-30'],
    ['startDate', '5 January'],
    ['timeScale', 0],
    ['timeScale', -1],
    ['timeScale', NaN],
    ['timeScale', Infinity],
    ['timeScale', 'fast'],
    ['catchUp', 'never'],
    ['channel', 'phone'],
    ['profile', 'all'],
    ['offerPolicy.type', 'best', 'offerPolicy'],
    ['refreshPolicy', 'never'],
    ['offerCycleDays', 0],
    ['offerExpirationDays', -14],
    ['walletCapacity', 0],
    ['frontstorePerCycle', -1],
    ['categoryBrandPerCycle', 2.5],
    ['noRepeatCycles', 53],
    ['returnToShelves', 'yes'],
    ['shardSize', 101],
    ['seed', ''],
  ])('for %s = %p', (field, value, given = field) => {
    expect(complaints({ [given]: value }).map((complaint) => complaint.split(':')[0])).toEqual([field]);
  });

  test.each([
    ['extraTrip', 0.9],
    ['stockUpShare', 1],
    ['shelfSize', 1],
    ['priceByIncome', [1, 2, 3]],
    ['noticeCoupon', 1.5],
    ['visitShape', 0],
    ['brandCarryOver', 1],
    ['onlineCompletion', NaN],
  ])('for choice.%s = %p', (parameter, value) => {
    expect(complaints({ choice: { [parameter]: value } })[0]).toContain(`choice.${parameter}`);
  });
});

describe('a seed', () => {
  test.each([
    [1, '1'],
    ['1', '1'],
    ['Mercato', 'Mercato'],
  ])('%p becomes %p', (seed, text) => {
    expect(SimulationConfig.parse({ simulationId: 'test', seed }).seed).toBe(text);
  });

  // `null` from JSON would otherwise become the seed "null", and a forgotten variable the seed "undefined".
  test.each([null, {}, [], true])('%p is refused', (seed) => {
    expect(complaints({ seed })).not.toEqual([]);
  });
});

describe('parameters of the choice model', () => {
  test('that are not given keep their defaults', () => {
    const { choice } = SimulationConfig.parse({ simulationId: 'test', choice: { shelfSize: 6 } });
    expect(choice).toEqual({ ...DEFAULT_CHOICE_PARAMETERS, shelfSize: 6 });
  });

  test('are all known to the parser: the defaults pass it', () => {
    expect(complaints({ choice: DEFAULT_CHOICE_PARAMETERS })).toEqual([]);
  });
});
