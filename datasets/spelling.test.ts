import fc from 'fast-check';
import { closest, editDistance } from './spelling.ts';

test('a misspelling is found, another word is not', () => {
  expect(closest('Bred', ['Milk', 'Bread'])).toBe('Bread');
  expect(closest('Wine', ['Milk', 'Bread'])).toBeNull();
});

test('the distance is a metric', () => {
  const word = fc.string({ maxLength: 6 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});
