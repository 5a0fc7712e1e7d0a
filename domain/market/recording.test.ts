import { Recorder, Table } from './recording.ts';
import { FILLED } from './order-book.ts';
import { presetConfig } from './presets.ts';
import { simulate } from './simulate.ts';

test('a table grows and keeps its columns of equal length', () => {
  const table = new Table({ timeNs: 'f8', price: 'i4' });
  for (let row = 0; row < 1000; row++) table.push(row * 8.64e10, row);

  expect(table.rows).toBe(1000);
  expect(table.column('timeNs')).toHaveLength(1000);
  expect([table.column('timeNs')[999], table.last('price')]).toEqual([999 * 8.64e10, 999]);
});

test('of an empty table nothing is the last', () => {
  expect(new Table({ a: 'i4' }).last('a')).toBeUndefined();
});

describe('a recorded day', () => {
  const config = { ...presetConfig('rmsc04')!, close: '09:40' };
  const record = (profile: 'quant' | 'full') => {
    const recorder = new Recorder(profile);
    return { recorder, run: simulate(config, 1, { tape: recorder }) };
  };
  const { recorder, run } = record('full');

  test('has the digest that it has unrecorded', () => {
    expect(run).toEqual(simulate(config, 1));
  });

  test('has a row for each fill, and for each event of the book', () => {
    const types = recorder.events.column('type');

    expect(recorder.trades.rows).toBe(run.fills);
    expect(types.filter((type) => type === FILLED)).toHaveLength(run.fills);
  });

  test('has quotes that change from row to row, in order of time, and never cross', () => {
    const { quotes } = recorder;
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
    const { depth, quotes } = recorder;
    const last = quotes.last('bidCents')!;
    const levels = depth.column('level');
    const prices = depth.column('priceCents');
    const sides = depth.column('side');
    let best = 0;
    for (let row = 0; row < depth.rows; row++) if (levels[row] === 1 && sides[row] === 0) best = prices[row]!;

    expect(best).toBe(last);
  });

  test('has quotes and trades alone with the smaller profile', () => {
    const small = record('quant').recorder;

    expect([small.depth.rows, small.events.rows]).toEqual([0, 0]);
    expect([small.quotes.rows, small.trades.rows]).toEqual([recorder.quotes.rows, recorder.trades.rows]);
  });
});
