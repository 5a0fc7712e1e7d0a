import { AppError, NotFoundError } from '../domain/errors.ts';
import { explain } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';

const refused = { code: 'ECONNREFUSED', address: '127.0.0.1', port: 5432, message: 'connect ECONNREFUSED' };

test.each([
  ['a database that does not answer', refused, 'database_unreachable', 'at 127.0.0.1:5432'],
  [
    'the same behind an AggregateError',
    { errors: [refused], code: 'ECONNREFUSED' },
    'database_unreachable',
    'does not answer',
  ],
  [
    "the same in Prisma's words",
    { code: 'P2010', meta: { driverAdapterError: { cause: { kind: 'DatabaseNotReachable' } } } },
    'database_unreachable',
    'does not answer',
  ],
  ['a database that does not exist', { code: '3D000' }, 'database_not_migrated', 'does not exist'],
  ['a table that does not exist', { cause: { code: 'P2021' } }, 'database_not_migrated', 'lacks a table'],
  ['a wrong password', { code: '28P01' }, 'database_unreachable', 'refuses the user or password'],
  [
    'a Temporal server that does not answer',
    { code: 14, message: 'UNAVAILABLE: no connection' },
    'temporal_unreachable',
    'Temporal does not answer',
  ],
  [
    'a port that is taken',
    { code: 'EADDRINUSE', address: '127.0.0.1', port: 7233 },
    'port_taken',
    'at 127.0.0.1:7233',
  ],
  ['a read-only disk', { code: 'EROFS', path: '/data/x' }, 'disk_unusable', '/data/x'],
  ['a full disk', { code: 'ENOSPC' }, 'disk_unusable', 'The disk is full.'],
])('%s is explained', (_what, error, code, words) => {
  const explained = explain(Object.assign(new Error('library words'), error));

  expect(explained).toMatchObject({ code });
  expect(explained.message).toContain(words);
});

test('an error of our own keeps its words', () => {
  const error = new NotFoundError('There is no simulation "x".');

  expect(explain(error)).toBe(error);
});

test('an unknown error keeps its message and its cause', () => {
  const cause = new Error('something else');

  expect(explain(cause)).toMatchObject({ code: 'unexpected', message: 'something else', cause });
});

test.each([
  ['not_running', 3],
  ['database_unreachable', 4],
  ['unheard_of', 1],
])('%s ends with exit code %i', (code, expected) => {
  expect(exitCodeOf(new AppError(code, '').code)).toBe(expected);
});
