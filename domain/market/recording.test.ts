import { Table } from './recording.ts';
import { FILLED } from './order-book.ts';
import { parseMarketConfig } from './market-config.ts';
import { MESSAGE_NAMES } from './message.ts';
import { presetConfig } from './presets.ts';
import type { Profile } from './recording.ts';
import { parseClockTime } from './session-time.ts';
import { simulate } from './simulate.ts';
import { orderActions } from './strategy.ts';
import type { Strategy } from './strategy.ts';

test('a table grows and keeps its columns of equal length', () => {
  const table = new Table({ timeNs: { type: 'long' }, price: { type: 'whole' } });
  for (let row = 0; row < 1000; row++) table.push(row * 8.64e10, row);

  expect(table.rows).toBe(1000);
  expect(table.column('timeNs')).toHaveLength(1000);
  expect([table.column('timeNs')[999], table.last('price')]).toEqual([999 * 8.64e10, 999]);
});

test('of an empty table nothing is the last', () => {
  expect(new Table({ a: { type: 'whole' } }).last('a')).toBeUndefined();
});

describe('a recorded day', () => {
  const config = { ...presetConfig('rmsc04')!, close: '09:40' };
  const record = (profile: Profile) => {
    const { recording, ...run } = simulate(config, 1, { profile });
    return { recording: recording!, run };
  };
  const { recording, run } = record('full');

  test('is the same day with every profile', () => {
    expect(record('quant').run).toEqual(run);
    expect(record('summary').run).toEqual(run);
  });

  test('keeps nothing but measures with the smallest profile', () => {
    expect(record('summary').recording).toBeNull();
    expect(run.metrics.fills).toBe(run.fills);
  });

  test('has a row for each fill, and for each event of the book', () => {
    const types = recording.events.column('event');

    expect(recording.trades.rows).toBe(run.fills);
    expect(types.filter((type) => type === FILLED)).toHaveLength(run.fills);
  });

  test('has quotes that change from row to row, in order of time, and never cross', () => {
    const { quotes } = recording;
    const [times, bids, asks] = [
      quotes.column('timeNs'),
      quotes.column('bidCents'),
      quotes.column('askCents'),
    ];

    expect(quotes.rows).toBeGreaterThan(100);
    for (let row = 1; row < quotes.rows; row++) {
      expect(times[row]).toBeGreaterThanOrEqual(times[row - 1]!);
      if (bids[row]! > 0 && asks[row]! > 0) expect(asks[row]).toBeGreaterThan(bids[row]!);
    }
  });

  test('has the best level of each side as its first', () => {
    const { depth, quotes } = recording;
    const last = quotes.last('bidCents')!;
    const levels = depth.column('level');
    const prices = depth.column('priceCents');
    const sides = depth.column('side');
    let best = 0;
    for (let row = 0; row < depth.rows; row++) if (levels[row] === 1 && sides[row] === 0) best = prices[row]!;

    expect(best).toBe(last);
  });

  test('has quotes and trades alone with the smaller profile', () => {
    const small = record('quant').recording;

    expect(Object.keys(small.tables)).toEqual(['quotes', 'trades', 'fundamental', 'accounts']);
    expect([small.depth.rows, small.events.rows, small.agentLog.rows]).toEqual([0, 0, 0]);
    expect([small.quotes.rows, small.trades.rows]).toEqual([recording.quotes.rows, recording.trades.rows]);
  });

  test('has the fundamental on its grid', () => {
    const times = recording.fundamental.column('timeNs');

    expect(recording.fundamental.rows).toBe(601);
    expect([times[0], times[600]]).toEqual([parseClockTime('09:30'), parseClockTime('09:40')]);
    expect(recording.fundamental.column('valueCents')[0]).toBe(100_000);
  });

  test('has an account for everybody, which together end with what they began with', () => {
    const { accounts } = recording;
    const sum = (name: 'startingCashCents' | 'cashCents' | 'shares'): number =>
      Array.from(accounts.column(name)).reduce((total, value) => total + value, 0);

    expect(accounts.rows).toBe(1116);
    expect(sum('cashCents')).toBe(sum('startingCashCents'));
    expect(sum('shares')).toBe(0);
  });

  test('has in the agent log what every trader sent and was told, in order of time', () => {
    const { agentLog } = recording;
    const times = agentLog.column('timeNs');
    const names = Array.from(agentLog.column('event'), (code) => MESSAGE_NAMES[code]);
    const count = (name: string): number => names.filter((one) => one === name).length;

    expect(times.every((time, row) => row === 0 || time >= times[row - 1]!)).toBe(true);
    expect(count('limit_order') + count('market_order')).toBe(run.orders);
    expect(count('cancel_order')).toBe(run.cancels);
    expect(count('order_executed')).toBe(2 * run.fills);
    // What was asked is answered, but for what is under way at the end.
    expect(count('query_spread') - count('spread')).toBeLessThan(3);
    expect(agentLog.column('agent').every((agent) => agent > 0)).toBe(true);
  });

  test('says in the agent log which order, and why it was refused', () => {
    const limits = { maxOrderQuantity: 5 };
    const strategy: Strategy = {
      initialize: () => undefined,
      onTick: ({ bestAsk }) => (bestAsk === null ? [] : [orderActions.buy(6, bestAsk)]),
      onMarketData: () => [],
      onOrderUpdate: () => [],
      onSimulationEnd: () => undefined,
    };
    const limited = parseMarketConfig({ ...config, close: '09:31', strategy: { limits } });
    const { agentLog, participants } = simulate(limited, 1, { profile: 'full', strategy }).recording!;
    const me = participants.findIndex(({ name }) => name === 'strategy');
    const mine = Array.from({ length: agentLog.rows }, (_, row) => row).filter(
      (row) => agentLog.column('agent')[row] === me,
    );
    const wordOf = (name: 'event' | 'reason' | 'side', row: number): string | undefined =>
      agentLog.columns[name].labels![agentLog.column(name)[row]!];
    const asked = mine.find((row) => wordOf('event', row) === 'limit_order')!;
    const refused = mine.find((row) => wordOf('event', row) === 'order_rejected')!;

    expect(agentLog.column('quantity')[asked]).toBe(6);
    expect(wordOf('side', asked)).toBe('buy');
    expect(agentLog.column('order')[refused]).toBe(agentLog.column('order')[asked]);
    expect(wordOf('reason', refused)).toBe('order_size_limit');
  });
});
