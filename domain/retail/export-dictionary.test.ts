import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EXPORT_TABLES, dictionaryAsMarkdown, exportedTables } from './export-dictionary.ts';
import { OBSERVABLE_EVENT_FIELDS, splitPayload } from './export-events.ts';
import { Persona } from './persona.ts';
import { ShoppingEvent } from './shopping-event.ts';

const columnsOf = (name: string) => EXPORT_TABLES.find((table) => table.name === name)!.columns;
const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe.each(EXPORT_TABLES)('$name', ({ columns, key, row }) => {
  test('every column is explained, once', () => {
    expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
    expect(columns.filter(({ meaning }) => !/^.{3,}\.$/.test(meaning))).toEqual([]);
    expect(row.length).toBeGreaterThan(5);
  });

  test('its key are columns that are always there', () => {
    const present = columns.filter(({ isNullable, isLatent }) => !isNullable && !isLatent);

    expect(key.filter((name) => !present.some((column) => column.name === name))).toEqual([]);
  });

  test('no surrogate ids', () => {
    expect(columns.filter(({ name }) => /uuid|session_id|order_id|user_id|user_coupon/.test(name))).toEqual(
      [],
    );
  });

  test('money is in cents', () => {
    expect(columns.filter(({ name, unit }) => name.endsWith('_cents') !== (unit === 'cents'))).toEqual([]);
  });
});

test('latent columns are left out unless they are wanted', () => {
  const open = exportedTables(false).flatMap(({ columns }) => columns);

  expect(open.filter(({ isLatent }) => isLatent)).toEqual([]);
  expect(exportedTables(true)).toEqual(EXPORT_TABLES);
});

test('every trait of a persona is latent, and none is missing but the time at which it was made', () => {
  const traits = Object.keys(Persona.shape)
    .map(snakeCase)
    .filter((name) => name !== 'agent_id');
  const latent = columnsOf('agents').filter(({ isLatent }) => isLatent);

  expect(latent.map(({ name }) => name).sort()).toEqual(
    traits.filter((name) => name !== 'generated_at').sort(),
  );
});

test('what the shop knows of a deal is not latent', () => {
  const known = columnsOf('deals').filter(({ isLatent }) => !isLatent);

  expect(known.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['assignment_probability', 'policy_version', 'candidate_count']),
  );
});

describe('events', () => {
  /** Fields by which a decision, an intention or a reason would show. */
  const HIDDEN = [
    'decision',
    'means',
    'draws',
    'lines',
    'primary',
    'tripType',
    'reason',
    'quantityMean',
    'quantityDraw',
  ];

  test.each(ShoppingEvent.options.map((option) => [option.shape.type.value, option] as const))(
    '%s shows only fields that it has, and none that is hidden',
    (type, option) => {
      // A coupon is named by its code and cycle.
      const fields = [...Object.keys(option.shape), 'cycleNumber'];
      const observable = OBSERVABLE_EVENT_FIELDS[type];
      // The number of lines of a cart is to be seen, the lines that somebody means to buy are not.
      const hidden = type === 'browse_products' ? HIDDEN : HIDDEN.filter((field) => field !== 'lines');

      expect(observable.filter((field) => !fields.includes(field) || hidden.includes(field))).toEqual([]);
    },
  );

  test('a payload falls into what can be seen and the rest; nothing is lost', () => {
    expect(
      splitPayload('view_coupon', { code: 'C', cycleNumber: 2, rank: 3, decision: { draw: 0.5 } }),
    ).toEqual({
      payload: { code: 'C', cycleNumber: 2, rank: 3 },
      latentPayload: { decision: { draw: 0.5 } },
    });
  });

  test('a field or an event that nobody has classified is latent', () => {
    expect(splitPayload('sneeze', { loudness: 3 })).toEqual({ payload: {}, latentPayload: { loudness: 3 } });
    expect(splitPayload('decide_shop', { trip: 0, mood: 'good' }).payload).toEqual({ trip: 0 });
  });
});

test('docs/export.md has the tables as they are (npx tsx scripts/document-export.ts)', () => {
  const document = readFileSync(path.join(__dirname, '..', '..', 'docs', 'export.md'), 'utf8');

  expect(document.split('## Tables\n')[1]!.trim()).toBe(dictionaryAsMarkdown(EXPORT_TABLES));
});
