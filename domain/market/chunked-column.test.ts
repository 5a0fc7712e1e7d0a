import { ChunkedColumn } from './chunked-column.ts';

test('what was set is there, and 0 everywhere else', () => {
  const column = new ChunkedColumn(Int32Array);
  column.set(5000, -7);
  column.set(3, 8);

  expect([3, 4, 5000, 5001, 1e9].map((index) => column.at(index))).toEqual([8, 0, -7, 0, 0]);
  expect(column.length).toBe(5001);
});

test('what is added comes one after the other, over the end of a chunk', () => {
  const column = new ChunkedColumn(Float64Array);
  for (let i = 0; i < 3000; i++) column.push(i / 2);

  expect(Array.from({ length: column.length }, (_, i) => column.at(i))).toEqual(
    Array.from({ length: 3000 }, (_, i) => i / 2),
  );
});
