import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { parseCsv, readCsv } from './csv.ts';
import type { CsvRow } from './csv.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'csv-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(content: string | Buffer): Promise<CsvRow[]> {
  const file = path.join(folder, 'given.csv');
  writeFileSync(file, content);
  const rows: CsvRow[] = [];
  for await (const batch of readCsv(file)) rows.push(...batch);
  return rows;
}

test('fields stay text, whatever they look like', () => {
  expect(parseCsv('id,n\r\n007,1.50\r\n')).toEqual([
    { number: 1, fields: ['id', 'n'] },
    { number: 2, fields: ['007', '1.50'] },
  ]);
});

test('a row is numbered as a spreadsheet does it, with empty rows and line feeds in quotes', () => {
  expect(parseCsv('a,b\n"one\ntwo",2\n\n3,"say ""hi"", please"')).toEqual([
    { number: 1, fields: ['a', 'b'] },
    { number: 2, fields: ['one\ntwo', '2'] },
    { number: 4, fields: ['3', 'say "hi", please'] },
  ]);
});

test('semicolons and tabs separate as well', () => {
  expect(parseCsv('a;"b;b";c\n1;2,5;3')[1]!.fields).toEqual(['1', '2,5', '3']);
  expect(parseCsv('a\tb\n1\t2')[1]!.fields).toEqual(['1', '2']);
});

test('a byte-order mark is not part of the first header', async () => {
  expect(await readAll('\uFEFFid,n\n1,2\n')).toEqual(parseCsv('id,n\n1,2\n'));
});

test('an unclosed quote and text after a quote are said to be where they are', () => {
  expect(() => parseCsv('a,b\n1,2\n3,"4\n5,6\n')).toThrow('row 3: a quote is opened and not closed');
  expect(() => parseCsv('a,b\n1,"2"x\n')).toThrow('row 2: text after a closing quote');
});

test('a file in another encoding is refused', async () => {
  await expect(readAll(Buffer.from('name\ncaf\xe9\n', 'latin1'))).rejects.toThrow(/not UTF-8/);
});

test('rows that lie across the pieces of a large file are whole', async () => {
  const long = 'x'.repeat(700);
  const rows = Array.from({ length: 4_000 }, (_, index) => `${index},"é ""${index}"", ${long}"`);
  const read = await readAll(`n,text\r\n${rows.join('\r\n')}\r\n`);
  expect(read).toHaveLength(4_001);
  for (const [index, { number, fields }] of read.slice(1).entries())
    expect({ number, fields }).toEqual({
      number: index + 2,
      fields: [String(index), `é "${index}", ${long}`],
    });
});

test('what is written by the rules is read as it was', () => {
  const field = fc
    .string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r', ' ', '7') })
    .map((text) => text.trim());
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (table) => {
      const text = table
        .map((fields) => fields.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
        .join('\n');
      const rows = parseCsv(`h,h\n${text}`).slice(1);
      // Empty rows are not rows.
      expect(rows.map(({ fields }) => fields)).toEqual(
        table.filter((fields) => fields.some((value) => value !== '')),
      );
    }),
  );
});
