import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { InvalidInputError } from '../domain/errors.ts';
import { readZip } from './zip.ts';

const LIMITS = { maxEntries: 10, maxInflatedBytes: 100_000_000, maxRatio: 100 };

test('gives back what was packed, stored or deflated', () => {
  const files = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.uint8Array({ maxLength: 2_000 }), {
    maxKeys: 5,
  });
  fc.assert(
    fc.property(files, fc.constantFrom(0 as const, 6 as const), (content, level) => {
      const entries = readZip(Buffer.from(zipSync(content, { level })), LIMITS);
      expect([...entries].map(([name, bytes]) => [name, new Uint8Array(bytes)])).toEqual(
        Object.entries(content),
      );
    }),
  );
});

test('inflates only what is wanted', () => {
  const archive = Buffer.from(zipSync({ a: strToU8('one'), b: strToU8('two') }));
  expect([...readZip(archive, LIMITS, (name) => name === 'b').keys()]).toEqual(['b']);
});

describe('a hostile archive is refused before it fills the memory', () => {
  const bomb = Buffer.from(zipSync({ zeros: new Uint8Array(20_000_000) }));

  test('when it would inflate many times', () => {
    expect(() => readZip(bomb, LIMITS)).toThrow(/inflate \d+ times; at most 100 times/);
  });

  test('when it would inflate to too much', () => {
    expect(() => readZip(bomb, { ...LIMITS, maxRatio: 1e9, maxInflatedBytes: 10_000_000 })).toThrow(
      /20 MB; at most 10 MB/,
    );
  });

  test('when it says that it is smaller than it is', () => {
    const lying = Buffer.from(bomb);
    lying.writeUInt32LE(1_000, directoryOf(lying) + 24);
    expect(() => readZip(lying, LIMITS)).toThrow(/"zeros" cannot be read/);
  });

  test('when it has too many entries', () => {
    const many = zipSync(
      Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`file-${index}`, strToU8('x')])),
    );
    expect(() => readZip(Buffer.from(many), LIMITS)).toThrow(/11 entries; at most 10/);
  });
});

test('whatever is done to its bytes, it is read or refused, never anything else', () => {
  const archive = Buffer.from(zipSync({ a: strToU8('some text '.repeat(50)), b: strToU8('other') }));
  const changes = fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, fc.nat(archive.length), (bytes, length) => {
      const damaged = Buffer.from(archive);
      for (const [at, value] of bytes) damaged[at] = value;
      try {
        readZip(damaged.subarray(0, length), LIMITS);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
      }
    }),
    { numRuns: 500 },
  );
});

function directoryOf(archive: Buffer): number {
  return archive.lastIndexOf(Buffer.from('504b0102', 'hex'));
}
