import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseBookScripts, replayBook } from './book-replay.ts';
import type { BookScript, ReplayedBook } from './book-replay.ts';

type Json = Record<string, unknown>;

/** Replays a script as it would stand in a file. */
function replay(script: { initial?: Json[]; ops?: Json[]; depth?: number }): ReplayedBook {
  const text = JSON.stringify({ initial: [], ops: [], ...script });
  return replayBook(parseBookScripts(text) as BookScript);
}

const bid = (id: string, qty: number, price: number, rest: Json = {}): Json => ({
  op: 'limit',
  id,
  side: 'bid',
  qty,
  price,
  ...rest,
});
const ask = (id: string, qty: number, price: number, rest: Json = {}): Json => ({
  op: 'limit',
  id,
  side: 'ask',
  qty,
  price,
  ...rest,
});
const buy = (id: string, qty: number): Json => ({ op: 'market', id, side: 'bid', qty });
const sell = (id: string, qty: number): Json => ({ op: 'market', id, side: 'ask', qty });

const EMPTY: ReplayedBook = {
  bids: [],
  asks: [],
  executions: [],
  bids_l3: [],
  asks_l3: [],
  hidden_bids: [],
  hidden_asks: [],
  orders: {},
  l1: { bid: null, ask: null },
  last_trade: null,
  imbalance: { value: 0, side: null },
  traded_volume: { buy: 0, sell: 0 },
};

describe('a replayed script', () => {
  test('trades against what was there first', () => {
    const script = {
      initial: [{ id: 'a1', side: 'ask', qty: 10, price: 100 }],
      ops: [{ op: 'limit', id: 't1', side: 'bid', qty: 4, price: 101 }],
    };
    expect(replay(script)).toEqual({
      ...EMPTY,
      asks: [[100, 6]],
      executions: [{ maker: 'a1', taker: 't1', price: 100, qty: 4 }],
      asks_l3: [[100, [6]]],
      orders: {
        a1: { status: 'open', filled: 4, open: 6 },
        t1: { status: 'filled', filled: 4, open: 0 },
      },
      l1: { bid: null, ask: [100, 6] },
      last_trade: 100,
      imbalance: { value: 1, side: 'ask' },
      traded_volume: { buy: 4, sell: 0 },
    });
  });

  test('that is empty gives an empty book', () => {
    expect(replay({})).toEqual(EMPTY);
  });

  test('forgets what the first orders traded among themselves, but not what became of them', () => {
    const { executions, last_trade, traded_volume, orders, bids } = replay({
      initial: [ask('a1', 4, 100), bid('b1', 10, 100)],
    });
    expect([executions, last_trade, traded_volume]).toEqual([[], null, { buy: 0, sell: 0 }]);
    expect(orders).toEqual({
      a1: { status: 'filled', filled: 4, open: 0 },
      b1: { status: 'open', filled: 4, open: 6 },
    });
    expect(bids).toEqual([[100, 6]]);
  });

  test('lets no stop fire by what the first orders traded', () => {
    const { orders } = replay({
      initial: [ask('a1', 4, 100), bid('b1', 10, 100)],
      ops: [{ op: 'stop', id: 's1', side: 'bid', qty: 1, stop: 50 }],
    });
    expect(orders['s1']).toEqual({ status: 'open', filled: 0, open: 1 });
  });

  test('may be several scripts, none of which knows of the others', () => {
    const one = { initial: [ask('a1', 1, 100)], ops: [buy('t1', 1)] };
    const scripts = parseBookScripts(JSON.stringify([one, one])) as BookScript[];
    expect(scripts.map(replayBook)).toEqual([replay(one), replay(one)]);
  });
});

describe('the book that is told', () => {
  const initial = [
    bid('b1', 1, 99),
    bid('b2', 2, 98),
    bid('b3', 3, 99),
    ask('a1', 4, 101),
    ask('a2', 5, 103),
  ];

  test('has its levels best first, and queues in their order', () => {
    const { bids, asks, bids_l3, asks_l3, l1 } = replay({ initial });
    expect({ bids, asks, bids_l3, asks_l3, l1 }).toEqual({
      bids: [
        [99, 4],
        [98, 2],
      ],
      asks: [
        [101, 4],
        [103, 5],
      ],
      bids_l3: [
        [99, [1, 3]],
        [98, [2]],
      ],
      asks_l3: [
        [101, [4]],
        [103, [5]],
      ],
      l1: { bid: [99, 4], ask: [101, 4] },
    });
  });

  test.each([0, 1, 2, 5])('is cut at depth %d', (depth) => {
    const whole = replay({ initial });
    const { bids, asks, l1 } = replay({ initial, depth });
    expect({ bids, asks, l1 }).toEqual({
      bids: whole.bids.slice(0, depth),
      asks: whole.asks.slice(0, depth),
      l1: whole.l1,
    });
  });

  test('has hidden shares apart', () => {
    const told = replay({
      initial: [bid('b1', 1, 99), bid('h1', 2, 99, { hidden: true }), bid('h2', 3, 99, { hidden: true })],
      ops: [ask('h3', 4, 105, { hidden: true }), ask('h4', 5, 104, { hidden: true })],
    });
    expect(told).toMatchObject({
      bids: [[99, 1]],
      bids_l3: [[99, [1]]],
      asks: [],
      hidden_bids: [[99, 5]],
      hidden_asks: [
        [104, 5],
        [105, 4],
      ],
      imbalance: { value: 1, side: 'bid' },
    });
  });

  test('shows a price-to-comply order at its price and hides it one tick better', () => {
    const told = replay({ ops: [bid('p1', 5, 100, { price_to_comply: true })] });
    expect(told).toMatchObject({ bids: [[100, 5]], hidden_bids: [[101, 5]] });
    expect(told.orders).toEqual({ p1: { status: 'open', filled: 0, open: 5 } });
  });

  test('counts volume by the side of the taker, and has the price of the last trade', () => {
    const { last_trade, traded_volume } = replay({ initial, ops: [buy('t1', 5), sell('t2', 2)] });
    expect({ last_trade, traded_volume }).toEqual({ last_trade: 99, traded_volume: { buy: 5, sell: 2 } });
  });

  test('is more on one side by so much', () => {
    expect(replay({ initial }).imbalance).toEqual({ value: 1 - 6 / 9, side: 'ask' });
  });
});

describe('the fate of an order', () => {
  function fates(ops: Json[], initial: Json[] = []): ReplayedBook['orders'] {
    return replay({ initial, ops }).orders;
  }

  test('a limit order that rests is open, also in part', () => {
    expect(fates([bid('b1', 10, 100), sell('t1', 4)])['b1']).toEqual({ status: 'open', filled: 4, open: 6 });
  });

  test('what is left of a market order is cancelled', () => {
    expect(fates([ask('a1', 4, 100), buy('t1', 10)])['t1']).toEqual({
      status: 'cancelled',
      filled: 4,
      open: 0,
    });
  });

  test.each(['ioc', 'IOC'])('what is left of an %s order is cancelled', (tif) => {
    expect(fates([ask('a1', 4, 100), bid('b1', 10, 100, { tif })])['b1']).toEqual({
      status: 'cancelled',
      filled: 4,
      open: 0,
    });
  });

  test.each(['fok', 'FOK'])('an %s order that cannot be filled is rejected', (tif) => {
    expect(fates([ask('a1', 4, 100), bid('b1', 10, 100, { tif })])['b1']).toEqual({
      status: 'rejected',
      filled: 0,
      open: 0,
      reason: 'fok_not_fillable',
    });
  });

  test('a post-only order that would trade is rejected', () => {
    expect(fates([ask('a1', 4, 100), bid('b1', 10, 100, { post_only: true })])['b1']).toMatchObject({
      status: 'rejected',
      reason: 'post_only_would_trade',
    });
  });

  test('a cancelled order keeps what it was filled', () => {
    expect(fates([bid('b1', 10, 100), sell('t1', 4), { op: 'cancel', id: 'b1' }])['b1']).toEqual({
      status: 'cancelled',
      filled: 4,
      open: 0,
    });
  });

  test('an order whose rest is cancelled in parts is cancelled; filled, when a fill was the last', () => {
    const part = (qty: number): Json => ({ op: 'partial_cancel', id: 'b1', qty });
    expect(fates([bid('b1', 10, 100), part(3), part(7)])['b1']!.status).toBe('cancelled');
    expect(fates([bid('b1', 10, 100), part(3), sell('t1', 7)])['b1']).toEqual({
      status: 'filled',
      filled: 7,
      open: 0,
    });
  });

  test('a modified order has its new quantity and price', () => {
    const { orders, bids } = replay({
      ops: [bid('b1', 10, 100), { op: 'modify', id: 'b1', qty: 12, price: 90 }],
    });
    expect([orders['b1'], bids]).toEqual([{ status: 'open', filled: 0, open: 12 }, [[90, 12]]]);
  });

  test('a modified order that is left without a price keeps its own', () => {
    expect(replay({ ops: [bid('b1', 10, 100), { op: 'modify', id: 'b1', qty: 3 }] }).bids).toEqual([
      [100, 3],
    ]);
  });

  test('a replaced order is cancelled, the new one open', () => {
    const replace = { op: 'replace', oldId: 'b1', newId: 'b2', side: 'bid', qty: 5, price: 101 };
    expect(fates([bid('b1', 10, 100), sell('t1', 4), replace])).toEqual({
      b1: { status: 'cancelled', filled: 4, open: 0 },
      t1: { status: 'filled', filled: 4, open: 0 },
      b2: { status: 'open', filled: 0, open: 5 },
    });
  });

  test('a stop that waits is open; one that fired is what became of its market order', () => {
    const stop = { op: 'stop', id: 's1', side: 'bid', qty: 5, stop: 100 };
    expect(fates([stop])['s1']).toEqual({ status: 'open', filled: 0, open: 5 });
    expect(fates([ask('a1', 3, 100), stop, buy('t1', 1)])['s1']).toEqual({
      status: 'cancelled',
      filled: 2,
      open: 0,
    });
  });

  test.each([
    ['a quantity of 0', bid('b1', 0, 100), 'invalid_quantity'],
    ['a negative quantity', bid('b1', -5, 100), 'invalid_quantity'],
    ['half a share', bid('b1', 0.5, 100), 'invalid_quantity'],
    ['a price of 0', bid('b1', 5, 0), 'invalid_price'],
    ['a negative price', bid('b1', 5, -100), 'invalid_price'],
    ['half a cent', bid('b1', 5, 100.5), 'invalid_price'],
    ['a market order of nothing', buy('b1', 0), 'invalid_quantity'],
    ['a stop at 0', { op: 'stop', id: 'b1', side: 'bid', qty: 5, stop: 0 }, 'invalid_price'],
    ['two kinds that contradict', bid('b1', 5, 100, { tif: 'ioc', post_only: true }), 'invalid_kind'],
  ])('%s is the order’s fault, not the script’s', (_name, op, reason) => {
    const told = replay({ ops: [op] });
    expect(told).toEqual({
      ...EMPTY,
      orders: { b1: { status: 'rejected', filled: 0, open: 0, reason } },
    });
  });

  test('an id that is used again is not entered, and leaves the first order as it was', () => {
    const again = [
      bid('b1', 5, 200),
      sell('b1', 1),
      { op: 'stop', id: 'b1', side: 'bid', qty: 5, stop: 1 },
      { op: 'replace', oldId: 'b2', newId: 'b1', side: 'bid', qty: 5, price: 99 },
    ];
    const first = [bid('b1', 10, 100), bid('b2', 10, 90)];
    expect(replay({ initial: first, ops: again })).toEqual(replay({ initial: first }));
  });

  test('unknown ids leave the book as it was', () => {
    const initial = [bid('b1', 10, 100)];
    const ops = [
      { op: 'cancel', id: 'x' },
      { op: 'partial_cancel', id: 'x', qty: 1 },
      { op: 'modify', id: 'x', qty: 1, price: 50 },
    ];
    expect(replay({ initial, ops })).toEqual(replay({ initial }));
  });

  test('an order that should replace an unknown one is rejected', () => {
    const initial = [bid('b1', 10, 100)];
    const ops = [{ op: 'replace', oldId: 'x', newId: 'y', side: 'bid', qty: 1, price: 50 }];
    const { orders, ...book } = replay({ initial, ops });
    const { orders: before, ...unchanged } = replay({ initial });
    expect(book).toEqual(unchanged);
    expect(orders).toEqual({
      ...before,
      y: { status: 'rejected', filled: 0, open: 0, reason: 'unknown_order' },
    });
  });

  test('an id may be any string', () => {
    const ids = ['', '__proto__', 'constructor', 'ä b', '1'];
    const { orders } = replay({ ops: ids.map((id) => bid(id, 1, 100)) });
    expect(Object.keys(orders).sort()).toEqual([...ids].sort());
  });
});

describe('inserting by id', () => {
  test('compares ids as numbers', () => {
    const { bids_l3 } = replay({
      initial: [bid('5', 5, 100), bid('100', 100, 100)],
      ops: [bid('20', 20, 100, { insert_by_id: true }), bid('3', 3, 100, { insert_by_id: true })],
    });
    expect(bids_l3).toEqual([[100, [3, 5, 20, 100]]]);
  });

  test('goes behind orders whose ids are no numbers', () => {
    const { bids_l3 } = replay({
      initial: [bid('x', 1, 100), bid('y', 2, 100)],
      ops: [bid('1', 3, 100, { insert_by_id: true })],
    });
    expect(bids_l3).toEqual([[100, [1, 2, 3]]]);
  });

  test.each(['a1', '', ' ', '1a', 'NaN', 'Infinity'])('rejects the id %j', (id) => {
    const { orders, bids } = replay({ ops: [bid(id, 1, 100, { insert_by_id: true })] });
    expect([orders[id]!.reason, bids]).toEqual(['invalid_id', []]);
  });
});

describe('the close', () => {
  const day = [bid('d1', 1, 100, { tif: 'DAY' }), bid('g1', 2, 100), ask('d2', 3, 105, { tif: 'day' })];

  test('M27: day orders leave, the others stay', () => {
    const { orders, bids, asks } = replay({ initial: day, ops: [{ op: 'close' }] });
    expect(orders).toMatchObject({
      d1: { status: 'cancelled', open: 0 },
      g1: { status: 'open', open: 2 },
      d2: { status: 'cancelled', open: 0 },
    });
    expect([bids, asks]).toEqual([[[100, 2]], []]);
  });

  test('M28: at the close orders are taken', () => {
    const { orders } = replay({ initial: day, ops: [{ op: 'close' }, bid('b1', 1, 100), sell('t1', 1)] });
    expect([orders['b1']!.status, orders['t1']!.status]).toEqual(['open', 'filled']);
  });

  test('M28: one nanosecond later they are not', () => {
    const ops = [
      { op: 'after_close' },
      bid('b1', 1, 100),
      sell('t1', 1),
      { op: 'stop', id: 's1', side: 'bid', qty: 1, stop: 100 },
      { op: 'replace', oldId: 'g1', newId: 'r1', side: 'bid', qty: 1, price: 99 },
    ];
    const { orders, bids, executions } = replay({ initial: [bid('g1', 2, 100)], ops });
    const refused = { status: 'rejected', filled: 0, open: 0, reason: 'market_closed' };
    expect(orders).toEqual({
      g1: { status: 'open', filled: 0, open: 2 },
      b1: refused,
      t1: refused,
      s1: refused,
      r1: refused,
    });
    expect([bids, executions]).toEqual([[[100, 2]], []]);
  });

  test.each([
    { op: 'cancel', id: 'g1' },
    { op: 'partial_cancel', id: 'g1', qty: 1 },
    { op: 'modify', id: 'g1', qty: 1 },
  ])('M28: nor is a $op', (change) => {
    const initial = [bid('g1', 2, 100)];
    expect(replay({ initial, ops: [{ op: 'after_close' }, change] })).toEqual(replay({ initial }));
  });

  test('M27: day orders have left by then too', () => {
    expect(replay({ initial: day, ops: [{ op: 'after_close' }] })).toEqual(
      replay({ initial: day, ops: [{ op: 'close' }] }),
    );
  });
});

describe('a script that does not fit', () => {
  const parse = (script: unknown) => () => parseBookScripts(JSON.stringify(script));

  test.each([
    ['a side that there is not', { initial: [], ops: [bid('b', 1, 1, { side: 'buy' })] }, 'ops[0].side'],
    ['an operation that there is not', { initial: [], ops: [buy('t', 1), { op: 'buy' }] }, 'ops[1].op'],
    ['no id', { initial: [{ side: 'bid', qty: 1, price: 1 }], ops: [] }, 'initial[0].id'],
    ['a number as id', { initial: [], ops: [{ op: 'cancel', id: 1 }] }, 'ops[0].id'],
    ['a quantity in quotes', { initial: [], ops: [{ ...buy('t', 1), qty: '1' }] }, 'ops[0].qty'],
    ['a time in force that there is not', { initial: [], ops: [bid('b', 1, 1, { tif: 'x' })] }, 'ops[0].tif'],
    ['a market order to begin with', { initial: [buy('t', 1)], ops: [] }, 'initial[0].op'],
    ['no operations', { initial: [] }, 'ops'],
    ['half a level', { initial: [], ops: [], depth: 1.5 }, 'depth'],
    ['a fault in the second of several', [{ initial: [], ops: [] }, { initial: [] }], '[1].ops'],
  ])('%s is named with its place', (_name, script, place) => {
    expect(parse(script)).toThrow(`at ${place}`);
  });

  test('a number that JSON has and JavaScript has not is named too', () => {
    const text = '{"initial":[],"ops":[{"op":"market","id":"t","side":"bid","qty":1e999}]}';
    expect(() => parseBookScripts(text)).toThrow('at ops[0].qty');
  });

  test.each(['', '{', 'null,', '{"initial":[],"ops":[],}'])('%j is not JSON', (text) => {
    expect(() => parseBookScripts(text)).toThrow('Not JSON');
  });

  test.each([null, 1, '"x"', true])('%j is no script', (script) => {
    expect(parse(script)).toThrow('Not a script');
  });

  test('notes beside what a script needs are left alone', () => {
    const script = { initial: [{ ...bid('b', 1, 1), why: 'a note' }], ops: [], title: 'a note' };
    expect(parse(script)).not.toThrow();
  });
});

describe('the command', () => {
  const ROOT = path.join(__dirname, '..', '..');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mercato-replay-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function run(text: string): Promise<{ stdout: string; stderr: string; code: number }> {
    const file = path.join(folder, 'script.json');
    await writeFile(file, text);
    const command = ['--import', 'tsx', 'scripts/book-replay.ts', file];
    return promisify(execFile)(process.execPath, command, { cwd: ROOT }).then(
      (output) => ({ ...output, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    );
  }

  test('prints one result for one script, and an array for an array', async () => {
    const script = '{"initial":[],"ops":[]}';
    const one = await run(script);
    const several = await run(`[${script}]`);
    expect([JSON.parse(one.stdout), JSON.parse(several.stdout)]).toEqual([EMPTY, [EMPTY]]);
    expect([one.stderr, several.stderr]).toEqual(['', '']);
  }, 30_000);

  test('ends with 2 and a message that names the file and the place', async () => {
    const { stdout, stderr, code } = await run('{"initial":[],"ops":[{"op":"cancel"}]}');
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/script\.json[^]*ops\[0\]\.id/);
  }, 30_000);
});
